"""The house's rules that can be counted: size of the core, cheap imports, names that exist."""

from __future__ import annotations

import ast
import importlib
import io
import pkgutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import softreg

ROOT = Path(softreg.__file__).parent
CORE = ["functional", "objective", "geometry", "optimizers", "training", "model"]
MODULES = sorted(name for _, name, _ in pkgutil.walk_packages([str(ROOT)], "softreg.") if not name.endswith("__main__"))


def files_of(name: str) -> list[Path]:
    return sorted((ROOT / name).glob("*.py")) if (ROOT / name).is_dir() else [ROOT / f"{name}.py"]


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def lines_of_code(text: str) -> int:
    """Lines that a token of the program touches: neither blank, nor comment, nor of a docstring or an import."""
    told = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.Expr) and is_text(node.value))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in silent]
    return len({line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - told)


def test_lines_are_counted_as_a_reader_would() -> None:
    text = '"""Doc.\n\nMore."""\n\nx = [\n    1,  # one\n]\n# alone\ndef f():\n    """Doc."""\n    return """a\nb"""\n'

    assert lines_of_code(text) == 6


def test_the_core_is_read_in_an_afternoon() -> None:
    """Counted are lines of code in the rooms of ``CORE``: neither blank, nor comment, nor docstring, nor import.

    Docstrings and comments are there to make reading quick. A statement that is spread over five lines counts as five.
    """
    assert sum(lines_of_code(path.read_text(encoding="utf-8")) for name in CORE for path in files_of(name)) < 1200


def loaded_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import softreg", {"numpy", "scipy", "sklearn", "matplotlib", "polars", "click", "rich"}),
        ("import softreg.settings, softreg.errors, softreg.files", {"numpy", "scipy", "sklearn", "click", "rich"}),
        ("import softreg.model", {"scipy", "sklearn", "matplotlib", "polars", "click", "rich"}),
        ("import softreg.training", {"sklearn", "matplotlib", "polars", "click", "rich"}),
    ],
)
def test_an_import_brings_no_more_than_it_needs(statement: str, unwanted: set[str]) -> None:
    assert not loaded_after(statement) & unwanted


def test_lazy_names_resolve_and_are_listed() -> None:
    for name in softreg.__all__:
        assert getattr(softreg, name)
        assert name in dir(softreg)
    with pytest.raises(AttributeError, match="nothing"):
        softreg.nothing  # noqa: B018


@pytest.mark.parametrize("name", MODULES)
def test_all_names_only_what_exists_and_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])

    assert module.__doc__, "a module says what it is for"
    assert len(set(exported)) == len(exported)
    assert all(hasattr(module, each) for each in exported)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_small(name: str) -> None:
    path = Path(importlib.import_module(name).__file__ or "")

    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320
