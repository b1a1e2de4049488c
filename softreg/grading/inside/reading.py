"""Reading: a file of a submission as statements, from a script or from the code cells of a notebook."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["MOST_CODE", "Part", "Script", "cells_of", "parsed", "read"]

MOST_CODE = 1 << 20
"""Letters of code in a notebook: Python takes some hundred bytes for each, and a homework has a thousandth of that."""

_NAMES = re.compile(r"[\w, ]+")
_TIMED = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class Part:
    """A script, or a cell of a notebook: its statements, and what it is called where an error is told."""

    label: str
    statements: tuple[ast.stmt, ...]


@dataclass
class Script:
    """A file that was read: its parts, what it defines and imports at the top, and what could not be read of it."""

    name: str
    parts: list[Part] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unreadable: bool = False

    @property
    def defined(self) -> set[str]:
        """Names that its own statements define, under ``if``, ``try`` and ``with`` too."""
        return {name for part in self.parts for statement in part.statements for name in _defined(statement)}

    @property
    def imported(self) -> set[str]:
        """Packages that are imported anywhere in it."""
        nodes = (node for part in self.parts for statement in part.statements for node in ast.walk(statement))
        return {name.partition(".")[0] for node in nodes for name in _imported(node)}


def read(name: str) -> Script:
    """Read a file; what is wrong with it is told, not raised."""
    return parsed(name, Path(name).read_bytes())


def parsed(name: str, content: bytes) -> Script:
    """Return the file of this name and content as statements; what is wrong with it is told, not raised."""
    script = Script(name)
    try:
        cells = cells_of(content) if name.lower().endswith(".ipynb") else [(name, content)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        script.wrong.append(f"{name}: it is no notebook: {_short(error)}")
        script.unreadable = True
        return script
    for label, source in cells:
        try:
            script.parts.append(Part(label, _statements(source, label)))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            script.wrong.append(_syntax(error, label))
    script.unreadable = bool(script.wrong) and not script.parts
    return script


def cells_of(content: bytes) -> list[tuple[str, str]]:
    """Return the code cells of a notebook, of format 3 too, without magics and shell lines, by what they are called.

    Raises errors of many kinds for what is no notebook, and ValueError for one with too much code.
    """
    notebook: dict[str, Any] = json.loads(content.decode("utf-8-sig"))
    sheets = notebook.get("worksheets", [notebook])
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    found = []
    for number, cell in enumerate(cells, start=1):
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            found.append((f"cell {number}", source if isinstance(source, str) else "".join(source)))
    if sum(len(source) for _, source in found) > MOST_CODE:
        raise ValueError("it holds more than a million letters of code")
    return [(label, without_magics(source)) for label, source in found]


def without_magics(source: str) -> str:
    r"""Return a cell's source with ``pass`` for its magics, shell and help lines; one of another language is empty.

    >>> print(without_magics("%matplotlib inline\nif True:\n    !ls\nx = 1 % 2"))
    pass
    if True:
        pass
    x = 1 % 2
    """
    text = source.lstrip()
    if text.startswith("%%"):
        first, _, rest = text.partition("\n")
        return without_magics("pass\n" + rest) if first.startswith(_TIMED) else ""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(map(_without_magic, source.split("\n")))
    return source  # subtle: a line of a text may begin with %


def _without_magic(line: str) -> str:
    """A line, or ``pass`` in its place. Each letter is looked at a few times: a line may be as long as a file."""
    text = line.strip(" \t\r")
    names, equals, value = text.partition("=")
    assigned = equals and value.lstrip().startswith(("%", "!")) and _NAMES.fullmatch(names)
    if assigned or text.startswith(("%", "!", "?")) or text.endswith("?"):
        return line[: len(line) - len(line.lstrip(" \t"))] + "pass"
    return line


def _statements(source: str | bytes, label: str) -> tuple[ast.stmt, ...]:
    tree = ast.parse(source, label)
    compile(tree, label, "exec", dont_inherit=True)  # a `return` outside a function is found here, and only here
    return tuple(tree.body)


def _defined(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
            inside: Iterable[Any] = [*statement.body, *getattr(statement, "orelse", []), *_rescued(statement)]
            for each in inside:
                yield from _defined(each)


def _rescued(statement: ast.stmt) -> list[ast.stmt]:
    handlers = getattr(statement, "handlers", [])
    return [each for handler in handlers for each in handler.body] + list(getattr(statement, "finalbody", []))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


def _syntax(error: BaseException, label: str) -> str:
    line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    return f"{label}{line}: {_short(error)}"


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"[:200]
