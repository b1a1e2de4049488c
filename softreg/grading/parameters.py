"""Parameters: what a submission's functions take, by their source, beside what the homework asks for."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator, Mapping

from softreg.errors import listed
from softreg.grading.inside.reading import cells_of
from softreg.grading.judgement import Mistake
from softreg.grading.spec import Spec

__all__ = ["misplaced"]

NAME = "arguments other than asked for"
_ALONE = threading.Lock()
HINT = "Arguments are given by their places: the order is that of the homework's signature."


def misplaced(spec: Spec, content: Mapping[str, bytes]) -> tuple[Mistake, ...]:
    """Return a mistake for each function that cannot take what it is given, or takes it in another order.

    Names are the student's own affair, but two of the homework's names in each other's places are a mistake.

    >>> from softreg.grading.courses import course
    >>> (found,) = misplaced(course("plain"), {"hw1.py": b"def predict(W, b, X): ..."})
    >>> found.says
    'predict takes W, b, X; the homework asks for X, W, b.'
    """
    taken = {node.name: node.args for name, text in content.items() for node in _functions(name, text)}
    found = []
    for function in spec.functions:
        wanted = [function.own.get(word, word) for word in function.takes]
        arguments = taken.get(function.name)
        if arguments is not None and _differ(arguments, wanted):
            took = listed((each.arg for each in _places(arguments)), most=99) or "nothing"
            says = f"{function.name} takes {took}; the homework asks for {listed(wanted, most=99)}."
            found.append(Mistake(NAME, (function.name,), says, HINT if spec.hints != "none" else ""))
    return tuple(found)


def _places(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args]


def _differ(arguments: ast.arguments, wanted: list[str]) -> bool:
    """Whether a call with as many arguments as are wanted fails, or known names stand in other places."""
    names = [each.arg for each in _places(arguments)]
    needed = len(names) - len(arguments.defaults)
    few = len(names) < len(wanted) and arguments.vararg is None
    if few or needed > len(wanted) or any(default is None for default in arguments.kw_defaults):
        return True
    moved = [name for at, name in enumerate(names[: len(wanted)]) if name in wanted and wanted.index(name) != at]
    return len(moved) >= 2


def _functions(name: str, text: bytes) -> Iterator[ast.FunctionDef]:
    """The functions that a file defines at its top; none where it cannot be read, which is told elsewhere."""
    try:
        for source in _sources(name, text):
            yield from (each for each in _parsed(source).body if isinstance(each, ast.FunctionDef))
    except (SyntaxError, ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError):
        return


def _parsed(source: str | bytes) -> ast.Module:
    # subtle: what Python warns of in a student's text is no matter of ours; filters are common to all threads
    with _ALONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _sources(name: str, text: bytes) -> list[str] | list[bytes]:
    if not name.endswith(".ipynb"):
        return [text]
    return [source for _, source in cells_of(text)]
