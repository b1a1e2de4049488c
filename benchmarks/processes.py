"""Whole processes, from the shell's prompt to the shell's prompt."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness import Absent, Effort, Ratio, at_least, at_most, interleaved

__all__ = ["of_help", "of_predict", "of_train", "predicting", "python", "softreg"]

TRAIN_RIVAL = "import sklearn.datasets, sklearn.model_selection, matplotlib.figure"


def of_help(effort: Effort) -> Iterator[Ratio]:
    pairs = _timed(softreg("--help"), python("import click"), effort)
    what = "`softreg --help`: our time / `python -c 'import click'`"
    yield Ratio(what, tuple(ours / theirs for ours, theirs in pairs), at_most(2))


def of_predict(effort: Effort) -> Iterator[Ratio | Absent]:
    what = "`softreg predict`, 150 rows of CSV: time of pandas and scikit-learn / ours"
    if find_spec("pandas") is None:
        yield Absent(what, "pandas is not installed")
        return
    pairs = _timed(
        softreg("predict", "run", "flowers.csv"),
        python(predicting("flowers.csv") + "pandas.DataFrame(answers).to_csv(sys.stdout, index=False)"),
        effort,
        prepare=_two_models,
    )
    yield Ratio(what, tuple(theirs / ours for ours, theirs in pairs), at_least(3))


def of_train(effort: Effort) -> Iterator[Ratio]:
    pairs = _timed(softreg("train", "iris"), python(TRAIN_RIVAL), effort)
    what = f"`softreg train iris`: our time / `python -c '{TRAIN_RIVAL}'`"
    yield Ratio(what, tuple(ours / theirs for ours, theirs in pairs), at_most(1.5))


def predicting(table: str) -> str:
    """The code that answers a table with pandas and a pickled model of scikit-learn: ``table``, ``answers``."""
    return f"""
import pickle, sys
import pandas, sklearn

with open("model.pickle", "rb") as file:
    model = pickle.load(file)
table = pandas.read_csv("{table}")
proba = model.predict_proba(table[model.feature_names_in_])
answers = {{"prediction": model.classes_[proba.argmax(axis=1)], "confidence": proba.max(axis=1)}}
"""


def softreg(*args: str) -> list[str]:
    """The command line of softreg in this Python's environment."""
    script = shutil.which("softreg", path=str(Path(sys.executable).parent))
    return [script, *args] if script else [sys.executable, "-m", "softreg", *args]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _timed(
    ours: list[str], theirs: list[str], effort: Effort, prepare: Callable[[Path], None] | None = None
) -> list[tuple[float, float]]:
    """Run two commands turn by turn in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        if prepare:
            prepare(Path(name))
        run = partial(subprocess.run, cwd=name, check=True, capture_output=True)
        return interleaved(partial(run, ours), partial(run, theirs), effort.times(15))


def _two_models(folder: Path) -> None:
    """Write a CSV of 150 flowers, softreg's model of them, and scikit-learn's."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    flowers = load_iris(as_frame=True)
    flowers.data.assign(species=flowers.target_names[flowers.target]).to_csv(folder / "flowers.csv", index=False)
    train = softreg("train", "flowers.csv", "--target", "species", "--out", "run", "--quiet")
    subprocess.run(train, cwd=folder, check=True)
    model = LogisticRegression(max_iter=1000).fit(flowers.data, flowers.target_names[flowers.target])
    (folder / "model.pickle").write_bytes(pickle.dumps(model))
