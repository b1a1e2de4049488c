"""Targets: which file is made hostile, who reads it, and how that may end. Here it is said what is fed to what."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutators as change
import numpy as np
from room import Call, Room, idx

__all__ = ["CORPUS", "TARGETS", "Target", "seeds_of", "tried"]


CORPUS = Path(__file__).parent / "corpus"
"""What was found, in a folder for each target."""


@dataclass(frozen=True)
class Target:
    """A file of the room that becomes what the fuzzer makes, the ``calls`` that read it, and how these may end.

    A call is a command, or a function of the room's folder where a command would start processes of its own.
    ``seeds`` are more good files beside the one that is there; ``writes`` says whether the room must be put in order
    afterwards, and ``one_door`` that what the first call refuses, all would.
    """

    file: str
    calls: tuple[Call, ...]
    codes: frozenset[int]
    mutate: change.Mutator
    seeds: Callable[[Path], list[bytes]] = lambda _: []
    seal: Callable[[bytes], bytes] | None = None
    writes: bool = False
    one_door: bool = False


def _codes(*codes: int) -> frozenset[int]:
    return frozenset({0, *codes})


DATA = _codes(3)
TRAINED = _codes(3, 4)  # a training on wild numbers may diverge, and says so
MODEL = _codes(3, 6)  # 3: a good model that lacks what the input has

ASKED = (
    "show {} --json",
    "show {}",
    "predict {} few.csv -q --proba -o out.csv --overwrite",
    "evaluate {} rows.csv",
    "explain {} few.csv --row 2",
    "explain {} few.csv --json",
    "export {} --format json -o out.json --overwrite -q",
    "export {} --format csv -o out-coefficients.csv --overwrite -q",
)


def _of(calls: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(call.format(name) for call in calls)


def _table(*suffixes: str) -> tuple[str, ...]:
    return tuple(
        call.format(*suffixes)
        for call in (
            "train {0} -q --epochs 2 --out out --overwrite",
            "evaluate run {0} --json",
            "predict run {0} -q -o out.csv --overwrite",
            "predict run {0} -q --on-error blank --keep-all -o out.csv --overwrite",
            "explain run {0} --row 3",
        )
    )


def _npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _array_files(_: Path) -> list[bytes]:
    X, y = np.arange(24.0).reshape(12, 2) % 7, np.arange(12) % 3
    return [
        _npz(X=X, y=y),
        _npz(X=X.astype(np.float32), y=y.astype(np.str_), columns=np.array(["d", "a"])),
        _npz(X=(X.reshape(12, 2, 1)).astype(np.uint8), y=y),
    ]


def _parquet_files(_: Path) -> list[bytes]:
    import datetime

    import polars as pl

    rows, found = range(24), []
    frame = pl.DataFrame(
        {
            "a": [0.5 * n for n in rows],
            "b": list(rows),
            "c": ["uvw"[n % 3] for n in rows],
            "y": ["km"[n % 2] for n in rows],
        }
    )
    odd = frame.with_columns(
        pl.Series("a", [[n] for n in rows]),
        pl.Series("b", [datetime.date(2020, 1, 1 + n) for n in rows]),
        pl.Series("c", [None if n % 2 else b"\xff" for n in rows]),
    )
    nullish = frame.with_columns(
        pl.lit(None).alias("a"), pl.col("b").cast(pl.Decimal(38, 2)), pl.col("c").cast(pl.Categorical)
    )
    for each in (frame, odd, nullish):
        buffer = io.BytesIO()
        each.write_parquet(buffer, compression="uncompressed")
        found.append(buffer.getvalue())
    return found


def _tables(pristine: Path) -> list[bytes]:
    """A few rows of the room's own table, in the dialects that are read."""
    rows = list(csv.reader((pristine / "rows.csv").read_text().splitlines()))[:10]
    semicolons = "".join(";".join(cell.replace(".", ",") for cell in row) + "\n" for row in rows)
    quoted = "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    blank = "\n".join(",".join(row) + "\n" * (place % 3) for place, row in enumerate(rows))
    return [semicolons.encode(), quoted.encode("utf-8-sig"), blank.encode(), quoted.encode("utf-16")]


def _tabs(pristine: Path) -> list[bytes]:
    return [(pristine / "few.csv").read_bytes().replace(b",", b"\t")]


def _homework(_: Path) -> list[bytes]:
    from softreg.grading import spec_file
    from softreg.grading.courses import course
    from softreg.settings import COURSES

    return [spec_file.text(course(name)).encode() for name in COURSES]


def _read_homework(folder: Path) -> None:
    """The homework is what its own text says; its skeleton can be written."""
    from softreg.grading import spec_file
    from softreg.grading.asked import calls
    from softreg.grading.skeleton import skeleton

    spec = spec_file.read(folder / "hw.toml")
    (folder / "again.toml").write_text(spec_file.text(spec), encoding="utf-8")
    assert spec_file.read(folder / "again.toml") == spec
    skeleton(spec)
    calls(spec, False)


def _notebooks(_: Path) -> list[bytes]:
    cells = [
        {"cell_type": "markdown", "source": ["text"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import numpy as np\n"]},
        {"cell_type": "code", "source": "def softmax(z):\n    !ls\n    return z\n"},
        {"cell_type": "code", "source": "%%time\nx = softmax?\n"},
    ]
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": "def softmax(z): return z"}]}]}
    return [json.dumps(each).encode() for each in ({"cells": cells, "nbformat": 4}, old)]


def _scripts(_: Path) -> list[bytes]:
    return [
        b"import numpy as np\n\ndef softmax(z):\n    return np.exp(z)\n",
        b"if True:\n    x = lambda z: (z, -z)[0]\n",
    ]


def _read_notebook(folder: Path, name: str = "hw.ipynb") -> None:
    """What a teacher's own process reads of a submission: the rest is read in a process with limits."""
    from softreg.grading.courses import course
    from softreg.grading.parameters import misplaced
    from softreg.workflows.grade import _nearest, alone

    handed_in = alone(folder / name).read()
    _nearest(handed_in)
    misplaced(course("plain"), handed_in.content)


def _read_script(folder: Path) -> None:
    _read_notebook(folder, "hw.py")


def _read_kept(folder: Path) -> None:
    """A grade that was kept is either used for every report, or not at all."""
    from softreg.grading.courses import course
    from softreg.grading.kept import Kept
    from softreg.grading.reports.feedback import as_gradescope, as_markdown
    from softreg.grading.reports.summary import as_markdown as class_page
    from softreg.grading.reports.summary import summary
    from softreg.grading.reports.table import as_csv
    from softreg.grading.submissions import alone
    from softreg.runs import dumps

    (folder / "hw.py").write_text("x = 1\n")
    spec, submission = course("plain"), alone(folder / "hw.py")
    kept = Kept(folder / "grades", spec)
    path = folder / "grades/.softreg/hw.grade.json"
    key = kept.key(submission, submission.read())
    path.write_bytes(path.read_bytes().replace(b"THE KEY", key.encode()))
    grade = kept.grade(submission)
    if grade is not None:
        as_csv([grade], [each.check for each in grade.results])
        as_markdown(grade, spec)
        dumps(as_gradescope(grade, spec))
        class_page(summary([grade]), spec.title, [grade])
        dumps(grade.to_json())


def _kept_grades(_: Path) -> list[bytes]:
    from softreg.grading.grade import Grade
    from softreg.grading.judgement import Mistake, Result

    mistake = Mistake("clipped", ("softmax",), "It clips.", "Do not.")
    results = (
        Result("softmax", 1.0, 2.0, "PART", "found", "hint", (("a", "b"), ("1", "2"))),
        Result("loss", 0, 1, "FAIL", "x"),
    )
    grade = Grade(
        "hw", "hw", "hw.py", "graded", results, (mistake,), ("doubt",), ("note",), ("scipy",), True, (mistake,), ("n",)
    )
    return [json.dumps({"key": "THE KEY", "grade": grade.to_json()}).encode()]


def _downloads(_: Path) -> list[bytes]:
    import tempfile
    from dataclasses import replace

    import scipy.sparse as sp

    from softreg.data.cache import _keep
    from softreg.data.dataset import Dataset

    X, labels = np.arange(24.0).reshape(12, 2), np.array(["k", "m", "n"] * 4)
    origin = {"data": "covtype", "sha256": "x", "replayable": True}
    dense = Dataset("covtype", X, labels, ("a", "b"), np.arange(1, 13), origin=origin)
    others = [
        replace(dense, X=sp.csr_array(X)),
        replace(
            dense, X=(X % 7).astype(np.float32), pixels=True, image_shape=(2, 1), part=np.array(["train", "test"] * 6)
        ),
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for each in (dense, *others):
            _keep(each, Path(folder) / "x.npz")
            found.append((Path(folder) / "x.npz").read_bytes())
    return found


TARGETS: Mapping[str, Target] = {
    "model": Target(
        "model.npz",
        _of(ASKED, "model.npz"),
        MODEL,
        change.sealed_changed,
        seal=change.resealed,
        one_door=True,
    ),
    "model_of_pixels": Target(
        "pixels/model.npz",
        (
            "show pixels",
            "plot pixels --kind weights",
            "explain pixels images --row 2",
            "predict pixels images -q -o out.csv --overwrite",
        ),
        MODEL,
        change.sealed_changed,
        seal=change.resealed,
        one_door=True,
    ),
    "model_json": Target("model.json", _of(ASKED, "model.json"), MODEL, change.json_model_changed, one_door=True),
    "checkpoint": Target(
        "run/checkpoint.npz",
        ("plot run/checkpoint.npz", "show run/checkpoint.npz", "train --resume run -q --epochs 8"),
        _codes(3, 4, 6),
        change.sealed_changed,
        seal=change.resealed,
        writes=True,
        one_door=True,
    ),
    "checkpoint_cg": Target(
        "pixels/checkpoint.npz",
        ("train --resume pixels -q --epochs 5",),
        _codes(3, 4, 6),
        change.sealed_changed,
        seal=change.resealed,
        writes=True,
    ),
    "idx_images": Target(
        "images/train-images-idx3-ubyte",
        ("train images -q --epochs 2 --out out --overwrite", "datasets show images"),
        TRAINED,
        change.idx_changed,
    ),
    "idx_labels": Target(
        "images/t10k-labels-idx1-ubyte.gz",
        ("predict pixels images -q -o out.csv --overwrite", "evaluate pixels images", "datasets show images"),
        DATA,
        change.gzip_of(change.idx_changed),
        lambda _: [gzip.compress(idx([0, 1, 2] * 3, 9), mtime=0)],
    ),
    "csv": Target("rows.csv", _table("rows.csv"), TRAINED, change.csv_changed, _tables),
    "csv_gz": Target(
        "t.csv.gz",
        _table("t.csv.gz"),
        TRAINED,
        change.gzip_of(change.csv_changed),
        lambda pristine: [gzip.compress(each, mtime=0) for each in _tables(pristine)],
    ),
    "csv_encoded": Target(
        "t.tsv",
        tuple(
            f"{command} t.tsv --encoding {name}{more}"
            for command, more in (("evaluate run", ""), ("predict run", " -q -o out.csv --overwrite"))
            for name in ("utf-16-le", "utf-7", "unicode_escape", "cp1252", "utf-8-sig")
        ),
        DATA,
        change.csv_changed,
        _tabs,
    ),
    "config": Target(
        "c.toml",
        ("train --config c.toml -q --out out --overwrite",),
        _codes(2, 3, 4, 5),
        change.toml_changed,
        lambda _: [b'data = "rows.csv"\ntarget = "y"\nepochs = 2\nexclude = ["c"]\nl2 = 0.1\noptimizer = "gd"\n'],
    ),
    "run_config": Target(
        "run/config.toml",
        (
            "compare run other --json",
            "compare run other",
            "plot run --kind mistakes",
            "train --resume run -q",
            "check run -q",
        ),
        _codes(2, 3, 4, 6),
        change.toml_changed,
        writes=True,
        one_door=True,
    ),
    "plane_config": Target("plane/config.toml", ("plot plane --kind boundary",), _codes(2, 3), change.toml_changed),
    "spec": Target("hw.toml", (_read_homework,), DATA, change.toml_changed, _homework),
    "npz": Target(
        "t.npz",
        (
            "train t.npz -q --epochs 2 --out out --overwrite",
            "predict plane t.npz -q -o out.csv --overwrite",
            "evaluate plane t.npz",
        ),
        TRAINED,
        change.npz_changed,
        _array_files,
    ),
    "svmlight": Target(
        "s.svmlight",
        (
            "train s.svmlight -q --epochs 2 --out out --overwrite",
            "predict sparse s.svmlight -q -o out.csv --overwrite",
            "evaluate sparse s.svmlight",
            "explain sparse s.svmlight --row 2",
        ),
        TRAINED,
        change.text_changed,
        lambda _: [b"1 qid:3 0:1 2:2.5 # comment\n0 1:1\n", b"1,2 1:1\n2 2:1\n"],
    ),
    "parquet": Target("t.parquet", _table("t.parquet"), TRAINED, change.raw_changed, _parquet_files),
    "metrics": Target(
        "run/metrics.json",
        (
            "compare run other",
            "show run",
            "plot run --kind confusion",
            "plot run --kind path",
            "plot run --kind reliability",
            "plot run --kind coverage",
            "check run -q",
        ),
        DATA,
        change.json_changed,
        one_door=True,
    ),
    "history": Target(
        "run/history.csv",
        ("plot run", "plot run other -o out.png --overwrite"),
        DATA,
        change.csv_changed,
        one_door=True,
    ),
    "predictions": Target("run/predictions.csv", ("plot run --kind mistakes",), DATA, change.csv_changed),
    "predictions_of_pixels": Target(
        "pixels/predictions.csv", ("plot pixels --kind mistakes",), DATA, change.csv_changed
    ),
    "last": Target(
        "runs/.last",
        ("show last", "plot last", "check last -q"),
        DATA,
        change.raw_changed,
        lambda _: [b"run\n", b"runs/none\n", b""],
        one_door=True,
    ),
    "notebook": Target("hw.ipynb", (_read_notebook,), DATA, change.json_changed, _notebooks),
    "script": Target("hw.py", (_read_script,), DATA, change.text_changed, _scripts),
    "kept": Target("grades/.softreg/hw.grade.json", (_read_kept,), DATA, change.json_changed, _kept_grades),
    "download": Target(
        ".cache/softreg/covtype.npz",
        ("datasets show covtype", "train covtype -q --epochs 2 --out out --overwrite"),
        TRAINED,
        change.npz_changed,
        _downloads,
        one_door=True,
    ),
}
"""By name; ``make fuzz`` goes through all of them."""


def seeds_of(name: str, pristine: Path) -> list[bytes]:
    """Return the good files from which a target's hostile ones are made."""
    target = TARGETS[name]
    there = pristine / target.file
    return [*([there.read_bytes()] if there.is_file() else []), *target.seeds(pristine)]


def tried(room: Room, name: str, content: bytes, *, quickly: bool = False) -> set[int]:
    """Feed a file to all that read it, and return the exit codes; raises what does not end well."""
    target = TARGETS[name]
    calls = target.calls
    try:
        if quickly and target.one_door and room.try_file(target.file, content, calls[:1], target.codes) != {0}:
            return set()
        return room.try_file(target.file, content, calls, target.codes)
    finally:
        if target.writes:
            room.as_it_was()
