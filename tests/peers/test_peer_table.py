"""The table of scikit-learn's tests is whole: theirs are all in it, and ours exist."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest
import sklearn

TESTS = Path(__file__).parent.parent
PAGE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
FILES = re.findall(r"^## (\S+)$", PAGE, re.MULTILINE)
NEWEST = (1, 9)
"""The newest version of which every test is in the table."""


def rows(file: str) -> dict[str, str]:
    """Their tests in a file, as the page has them, with what it says of each."""
    section = PAGE.partition(f"## {file}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(test_\w+)` \| (.+) \|$", section, re.MULTILINE))


@functools.cache
def functions(path: Path) -> set[str]:
    """The names of the test functions of a file."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("file", FILES)
def test_every_test_of_scikit_learn_is_asked_here_or_has_a_reason_not_to_be(file: str) -> None:
    path = Path(sklearn.__file__).parent / file
    version = tuple(int(part) for part in re.findall(r"\d+", sklearn.__version__)[:2])
    if not path.exists():
        pytest.skip(f"the installed scikit-learn has no {file}")
    unknown = sorted(functions(path) - set(rows(file)))
    if unknown and version > NEWEST:
        pytest.skip(f"scikit-learn {sklearn.__version__} has tests that nobody has looked at: {', '.join(unknown)}")
    assert not unknown


@pytest.mark.parametrize("file", FILES)
def test_what_is_said_to_be_asked_is_asked(file: str) -> None:
    ours = {path.stem: path for path in TESTS.rglob("test_*.py")}
    assert rows(file)
    for theirs, told in rows(file).items():
        named = re.findall(r"`(test_\w+)::(test_\w+)`", told)
        assert told.startswith("no: ") or ("; ".join(f"`{stem}::{name}`" for stem, name in named) == told), theirs
        for stem, name in named:
            assert name in functions(ours[stem]), f"{theirs}: there is no {stem}::{name}"
