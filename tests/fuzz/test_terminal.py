"""Strings from files can not steer the terminal: at every place a nasty one is planted, and every command is called."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from room import Room
from shell import ROOT, Done

import softreg
from softreg.runs import dumps
from softreg.terminal import escaped, printable

LETTERS = "\x1b[2J]0;\x07\r\b\t\x0b\x7f\x85\x9b\x9d\u200e\u202e\u2066\u2028\ufeff\U000e0001"
ALL = "\x1b]0;owned\x07\x1b[2J\r\b\x7f\x9b31m\u202e\u2066\u2028\U000e0001"
nasty_words = st.text(st.sampled_from(LETTERS), min_size=1, max_size=8)


def clean(done: Done, *words: object) -> Done:
    """Nothing that steers is on stdout or stderr, and no error is unexpected."""
    strange = {char for char in done.out + done.err if not char.isprintable() and char != "\n"}
    assert not strange, (words, strange)
    assert done.code in {0, 2, 3, 4, 6, 7}, (words, done)
    assert "Traceback" not in done.err
    return done


def table(nasty: str, n_rows: int = 40) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([f"a{nasty}", "b", f"c{nasty}", f"id{nasty}", f"y{nasty}"])
    rng = np.random.default_rng(0)
    for place in range(n_rows):
        kind = place % 2
        cells = [f"{rng.normal(kind):.3f}", f"{rng.normal():.2f}", f"u{nasty}" if rng.random() < 0.5 else "v"]
        writer.writerow([*cells, f"{place}{nasty}", f"k{nasty}" if kind else "m"])
    return text.getvalue()


def commands(nasty: str, named: str) -> Iterator[list[str]]:
    """Every command on a table full of a nasty word, which stands in names of files too where these may hold it."""
    data, run, target = f"t{named}.csv", f"run{named}", f"y{nasty}"
    row = f"id{nasty}"
    yield ["train", data, "--target", target, "--id", row, "--out", run, "--epochs", "3", "--optimizer", "gd"]
    yield ["train", data, "--target", target, "--out", f"other{named}", "--exclude", "b", "--class-weight", "balanced"]
    yield ["train", data, "--target", target, "--out", f"json{named}", "--json"]
    for command in ("show", "plot", "check"):
        yield [command, run]
    yield ["plot", run, "--kind", "confusion"]
    yield ["check", run, "-v"]
    for command in ("check", "show"):
        yield [command, run, "--json"]
    yield ["train", "--resume", run, "--epochs", "5"]
    for command in ("evaluate", "explain"):
        yield [command, run, data]
        yield [command, run, data, "--json"]
    yield ["predict", run, data, "-o", f"out{named}.csv", "--threshold", "0.6"]
    yield ["predict", run, "rows.csv"]  # what the model needs is not there
    yield ["predict", "plane", data]
    yield ["compare", run, f"other{named}"]
    yield ["compare", run, f"other{named}", "--json"]
    yield ["compare", run, f"other{named}", "--test", data]
    yield ["export", run, "--format", "json", "-o", f"m{named}.json"]
    yield ["export", run, "--format", "json", "-o", "-"]
    yield ["datasets", "show", data, "--target", target]
    yield ["learn", "linear", "--data", data, "--target", target]
    yield ["learn", "generalization", "--data", data, "--target", target, "--json"]
    yield ["train", data]
    yield ["train", data, "--target", f"z{nasty}"]
    yield ["train", f"none{nasty}"]
    yield ["show", f"none{nasty}"]
    yield ["explain", run, data, "--why", nasty]
    yield ["evaluate", run, "rows.csv"]
    yield [nasty]
    yield ["train", f"--{nasty}"]
    yield ["train", "rows.csv", "--target", "y", "--epochs", nasty]
    yield ["train", "rows.csv", "--target", "y", "--separator", nasty]
    yield ["train", "rows.csv", "--target", "y", "--encoding", nasty]


@pytest.mark.parametrize("named", [True, False])
def test_names_and_cells_of_a_table_reach_no_terminal(pristine, tmp_path, named):
    room = Room(pristine, tmp_path / "room")
    name = ALL if named else "2"
    (room.folder / f"t{name}.csv").write_text(table(ALL), newline="", encoding="utf-8")
    codes = {" ".join(words): clean(room.shell(*words), *words).code for words in commands(ALL, name)}
    assert sum(code == 0 for code in codes.values()) >= 20, codes


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(nasty_words)
@example(ALL)
def test_any_nasty_word_is_kept_from_the_terminal(pristine, nasty):
    with tempfile.TemporaryDirectory() as folder:
        room = Room(pristine, Path(folder) / "room")
        (room.folder / "t.csv").write_text(table(nasty), newline="", encoding="utf-8")
        for words in commands(nasty, ""):
            if words[0] in {"train", "show", "evaluate", "explain", "compare"}:
                clean(room.shell(*words), *words)


def documents(room: Room, nasty: str) -> Iterator[list[str]]:
    """Plant the word in what softreg itself reads again: models, runs, configurations, homework, folders."""
    folder = room.folder
    model = json.loads((folder / "model.json").read_text())
    model.pop("sha256")
    text = json.dumps(model)
    for word in ("k", "a", "rows.csv", "y", "u"):
        (folder / "m.json").write_text(text.replace(json.dumps(word), json.dumps(f"{word}{nasty}")))
        yield ["show", "m.json"]
        yield ["show", "m.json", "--json"]
        yield ["predict", "m.json", "few.csv", "-o", "o.csv", "--overwrite"]
        yield ["evaluate", "m.json", "rows.csv"]
        yield ["explain", "m.json", "few.csv"]
    for name, whole in (("metrics.json", f'{{"{json.dumps(nasty)[1:-1]}": 1}}'), ("metrics.json", nasty)):
        (folder / "other" / name).write_text(whole, encoding="utf-8")
        yield ["compare", "run", "other"]
        yield ["plot", "other", "--kind", "path"]
    metrics = json.loads((folder / "run/metrics.json").read_text())
    metrics["test"]["classes"] = [nasty, "m", "n"]
    metrics["objective"]["stopped_because"] = nasty
    (folder / "run/metrics.json").write_text(json.dumps(metrics))
    yield ["plot", "run", "--kind", "confusion"]
    yield ["show", "run"]
    config = {"data": nasty, "target": nasty, "exclude": [nasty], "record": {nasty: nasty}}
    for one in (config, {nasty: 1}, {"data": "rows.csv", "optimizer": nasty}, {"data": "rows.csv", "target": nasty}):
        (folder / "c.toml").write_text(tomli_w.dumps(one), encoding="utf-8")
        (folder / "plane/config.toml").write_text(tomli_w.dumps(one), encoding="utf-8")
        yield ["train", "--config", "c.toml"]
        yield ["compare", "plane", "sparse"]
        yield ["plot", "plane", "--kind", "boundary"]
    (folder / "c.toml").write_text(f"a = {nasty}", encoding="utf-8")
    yield ["train", "--config", "c.toml"]
    (folder / "runs").mkdir(exist_ok=True)
    (folder / "runs/.last").write_text(nasty, encoding="utf-8")
    yield ["show", "last"]
    np.savez(folder / "t.npz", **{f"z{nasty}".replace("/", ""): np.ones(2)})
    yield ["train", "t.npz"]
    np.savez(folder / "t.npz", X=np.ones((4, 1)), y=np.array([nasty, "b", nasty, "b"]), columns=np.array([nasty]))
    yield ["train", "t.npz", "--out", "n"]
    (folder / "t.svmlight").write_text(f"1 1:2\n{nasty} 1:3\n", encoding="utf-8")
    yield ["train", "t.svmlight"]
    (folder / "images/train-images-idx3-ubyte").rename(folder / f"images/x{nasty}".replace("\0", ""))
    yield ["train", "images"]
    for spec in (
        {nasty: 1},
        {"functions": {"softmax": nasty}},
        {"title": nasty, "seed": nasty},
        {"points": {nasty: 1}},
    ):
        (folder / "hw.toml").write_text(tomli_w.dumps(spec), encoding="utf-8")
        yield ["grade", "no.py", "--spec", "hw.toml"]


GOOD = '[functions]\nsoftmax = "softmax(logits) -> proba"\n'


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(nasty_words)
@example(ALL)
def test_what_softreg_reads_again_reaches_no_terminal(pristine, nasty):
    with tempfile.TemporaryDirectory() as folder:
        room = Room(pristine, Path(folder) / "room")
        (room.folder / "no.py").write_text("x = 1\n")
        for words in documents(room, nasty):
            clean(room.shell(*words), *words)


def test_names_and_errors_of_homework_reach_no_terminal(pristine, tmp_path):
    room = Room(pristine, tmp_path / "room")
    class_ = room.folder / "class"
    class_.mkdir()
    script = f"import numpy as np\n# {ALL!r}\ndef softmax(logits):\n    raise ValueError({ALL!r})\nx = 1 is 1\n"
    cells = [{"cell_type": "code", "source": script}, {"cell_type": "code", "source": f"def f({ALL}"}]
    (class_ / f"ann{ALL}.py").write_text(script, encoding="utf-8")
    (class_ / "bob.py").write_text(f"x = '{ALL}'; x is 1\ndef softmax({ALL}", encoding="utf-8", newline="")
    (class_ / "cid.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (class_ / f"dir{ALL}").mkdir()
    (class_ / f"dir{ALL}" / f"x{ALL}.txt").write_text("")
    homework = tomli_w.dumps({"title": ALL}) + f"{GOOD}[points]\nshapes = 1\n"
    (room.folder / "hw.toml").write_text(homework, encoding="utf-8")
    for words in (
        ["grade", "class", "--spec", "hw.toml", "--out", f"grades{ALL}"],
        ["grade", "class", "--spec", "hw.toml", "--out", f"grades{ALL}", "--json"],
        *(["grade", f"class/{path.name}", "--spec", "hw.toml"] for path in sorted(class_.iterdir()) if path.is_file()),
        ["grade", "class/cid.ipynb", "--json"],
    ):
        assert clean(room.shell(*words), *words).code == 0


def test_in_a_pipe_and_in_a_file_the_bytes_of_answers_are_exact(pristine, tmp_path):
    room = Room(pristine, tmp_path / "room")
    (room.folder / "t.csv").write_text(table(ALL), newline="", encoding="utf-8")
    room.shell.ok("train", "t.csv", "--target", f"y{ALL}", "--out", "r", "-q")
    for words in (["predict", "r", "t.csv", "--keep-all", "--proba"], ["export", "r", "--format", "csv"]):
        more = ["-q"] if words[0] == "predict" else []
        room.shell.ok(*words, *more, "-o", "file.csv", "--overwrite")
        printed = subprocess.run(
            [sys.executable, "-m", "softreg", *words, *more, *([] if words[0] == "predict" else ["-o", "-"])],
            cwd=room.folder,
            env=room.shell.environment({"PYTHONPATH": str(ROOT)}),
            capture_output=True,
            check=True,
        )
        assert printed.stdout == (room.folder / "file.csv").read_bytes()
        assert ALL in printed.stdout.decode()


@pytest.mark.parametrize("words", ["predict r t.csv --keep-all -q", "export r --format csv -o - -q"])
def test_on_a_terminal_answers_are_shown_without_what_steers_it(pristine, tmp_path, words):
    pty = pytest.importorskip("pty")
    room = Room(pristine, tmp_path / "room")
    (room.folder / "t.csv").write_text(table(ALL), newline="", encoding="utf-8")
    room.shell.ok("train", "t.csv", "--target", f"y{ALL}", "--out", "r", "-q")
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "softreg", *words.split()],
        cwd=room.folder,
        env=room.shell.environment({"PYTHONPATH": str(ROOT), "TERM": "xterm"}),
        stdin=follower,
        stdout=follower,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(follower)
        seen = read_all(leader)
        assert process.wait() == 0
    shown = seen.decode().replace("\r\n", "\n")  # a terminal adds the returns itself
    assert not {char for char in shown if not char.isprintable() and char != "\n"}
    assert "\N{REPLACEMENT CHARACTER}" in shown
    assert shown.count("\n") > 5


def read_all(descriptor: int) -> bytes:
    seen = b""
    while True:
        try:
            piece = os.read(descriptor, 1 << 16)
        except OSError:  # Linux says so where the other end is closed
            piece = b""
        if not piece:
            os.close(descriptor)
            return seen
        seen += piece


def test_words_reach_a_terminal_through_one_door():
    """Whoever prints does so through ``words.say`` (words) or ``terminal.standard_output`` (bytes)."""
    doors = {"cli/words.py", "terminal.py"}
    found = []
    for path in Path(softreg.__file__).parent.rglob("*.py"):
        name = path.relative_to(Path(softreg.__file__).parent).as_posix()
        if name in doors or name.startswith("grading/inside/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}:
                found.append((name, called))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout.buffer", "sys.stderr.buffer"}:
                found.append((name, ast.unparse(node)))
    assert found == []


@given(st.text())
def test_printable_text_is_printable_and_plain_text_stays(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert all(new == old or not old.isprintable() for old, new in zip(text, shown, strict=True))


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_escaped_json_means_the_same(content):
    text = escaped(json.dumps(content, ensure_ascii=False))
    assert json.loads(text) == content
    assert text.isprintable()
    assert json.loads(dumps(content)) == content
