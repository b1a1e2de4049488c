"""Loading: the statements of a submission are run one by one, so that one that fails takes no function with it."""

from __future__ import annotations
import __future__

import ast
import sys
import traceback
import types
from collections.abc import Callable, Iterable
from typing import Any

from .guard import WATCHED
from .reading import Part, Script, read

__all__ = ["Loaded", "load", "told"]

MOST_TOLD = 5
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Loaded:
    """The files of a submission that define what is asked for, run; ``functions`` by their names."""

    def __init__(self) -> None:
        self.functions: dict[str, Any] = {}
        self.labels: set[str] = set()
        self.raised: list[str] = []


def load(names: Iterable[str], wanted: Iterable[str], *, definitions_only: bool) -> tuple[Loaded, dict[str, Any]]:
    """Read all files, run those that define a wanted name, and say what was found.

    The file that defines most of them goes first; another one is run only for what is missing still. With
    ``definitions_only`` nothing runs but imports, definitions, and assignments that call nothing.
    """
    wanted = list(wanted)
    scripts = [read(name) for name in names]
    ordered = sorted(scripts, key=lambda script: (-len(script.defined & set(wanted)), script.name))
    loaded, used = Loaded(), []
    for script in ordered:
        missing = {name for name in wanted if name not in loaded.functions}
        if script.defined & missing:
            space = _run(script, loaded, definitions_only=definitions_only)
            loaded.functions |= {name: space[name] for name in wanted if name in space and name in missing}
            used.append(script.name)
    return loaded, {
        "files": used,
        "several": _several(ordered, wanted),
        "wrong": [text for script in scripts for text in script.wrong][:MOST_TOLD],
        "unreadable": bool(scripts) and all(script.unreadable for script in scripts),
        "code": any(part.statements for script in scripts for part in script.parts),
        "found": [name for name in wanted if callable(loaded.functions.get(name))],
        "no_function": {name: type(value).__name__ for name, value in loaded.functions.items() if not callable(value)},
        "raised": loaded.raised[:MOST_TOLD]
        + [f"and {more} more" for more in [len(loaded.raised) - MOST_TOLD] if more > 0],
        "imports": sorted({name for script in scripts for name in script.imported if name in WATCHED}),
    }


def told(error: BaseException, labels: Iterable[str]) -> str:
    """Return an error in a line: its kind, its text, and where in the submission it came from."""
    try:
        text = " ".join(str(error).split())
    except BaseException:  # the text of an exception may be made by the submission, and fail
        text = ""
    labels = set(labels)
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in labels]
    where = f" ({places[-1].filename}, line {places[-1].lineno})" if places else ""
    return f"{type(error).__name__}{': ' if text else ''}{text[:240]}{where}"


def _several(scripts: list[Script], wanted: list[str]) -> list[str]:
    """Which wanted names are defined in more than one file, and where."""
    found = {name: [script.name for script in scripts if name in script.defined] for name in wanted}
    return [f"{name} is defined in {' and '.join(files)}" for name, files in found.items() if len(files) > 1]


def _run(script: Script, loaded: Loaded, *, definitions_only: bool) -> dict[str, Any]:
    """Run a script's statements in a module of its own, and return its names."""
    name = script.name.rpartition("/")[2].rpartition(".")[0]
    module = types.ModuleType(name)
    module.__file__ = script.name
    sys.modules.setdefault(name, module)  # another file of the submission may import it; it is not run twice
    flags = 0
    for part in script.parts:
        loaded.labels.add(part.label)
        for statement in part.statements:
            flags |= _future(statement)
            if not definitions_only or _defines(statement):
                _execute(lambda: _compiled(part, statement, flags), module.__dict__, loaded)  # noqa: B023
    return module.__dict__


def _execute(compiled: Callable[[], Any], space: dict[str, Any], loaded: Loaded) -> None:
    try:
        exec(compiled(), space)
    except BaseException as error:  # sys.exit() and what the submission thinks of as well
        loaded.raised.append(told(error, loaded.labels))


def _compiled(part: Part, statement: ast.stmt, flags: int) -> Any:
    return compile(ast.Module([statement], []), part.label, "exec", flags=flags, dont_inherit=True)


def _future(statement: ast.stmt) -> int:
    """The compiler's flags that ``from __future__ import ...`` sets for what follows."""
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    features = [getattr(__future__, alias.name, None) for alias in statement.names]
    return sum(feature.compiler_flag for feature in features if feature)


def _defines(statement: ast.stmt) -> bool:
    calls = (ast.Call, ast.For, ast.While, ast.Await)
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return not any(isinstance(node, calls) for node in ast.walk(statement))
    return isinstance(statement, _DEFINITIONS)
