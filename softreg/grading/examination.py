"""Examination: every call of a homework is put to one submission, in a process that is replaced when it is lost."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from softreg.grading.calls import Answer, Call
from softreg.grading.isolation.child import Child
from softreg.grading.isolation.ended import EndedError, StartError
from softreg.grading.isolation.folders import remove
from softreg.grading.isolation.fonts import lend_fonts
from softreg.grading.isolation.testimony import Loaded, Said, as_loaded, as_said
from softreg.grading.isolation.undertaker import Undertaker
from softreg.grading.spec import Spec
from softreg.grading.submissions import printable

__all__ = ["Examined", "examine"]

OF_LOADING = 0.5
"""Share of a submission's seconds in which it must be loaded."""

OF_CALL = 0.25
"""Share of a submission's seconds that one call may take."""

PATIENCE = 5.0
"""Seconds that may go by for each that a submission may work: others work at the same time, and some only sleep."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")


@dataclass
class Examined:
    """What came of it: an answer for every call, a status, and what is to be told of the submission as a whole.

    ``status`` is graded, unfinished (every function raises NotImplementedError), no functions, syntax error, empty or
    stopped (it cannot even be loaded). ``missing`` are the roles whose function is still to be written. What hangs on
    the time that something took is not ``lasting``.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    status: str = "graded"
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    lasting: bool = True


def examine(
    content: Mapping[str, bytes],
    spec: Spec,
    calls: Sequence[Call],
    stop: threading.Event | None = None,
    helpers: Mapping[str, bytes] | None = None,
) -> Examined:
    """Ask a submission, whose files' bytes are given by their names, all of the calls; it may import the helpers."""
    folder = Path(tempfile.mkdtemp(prefix="graded-")).resolve()
    try:
        for name, text in [*(helpers or {}).items(), *content.items()]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text)
        lend_fonts(content, folder / ".matplotlib")
        with Undertaker(folder) as undertaker:
            session = _Session(folder, list(content), spec, stop, undertaker)
            try:
                return session.run(calls)
            finally:
                session.close()
    finally:
        remove(folder)


class _Session:
    """A submission in one process after the other, with the seconds that are left to it."""

    def __init__(
        self, folder: Path, files: list[str], spec: Spec, stop: threading.Event | None, undertaker: Undertaker
    ) -> None:
        self.folder, self.files, self.spec, self.stop, self.undertaker = folder, files, spec, stop, undertaker
        self.left, self.patience = spec.limits.seconds, PATIENCE * spec.limits.seconds
        self.child: Child | None = None
        self.loaded = Loaded()
        self.definitions_only = False
        self.guilty: dict[str, str] = {}
        self.printed = 0
        self.held: dict[str, None] = {}
        self.imported: dict[str, None] = {}
        self.result = Examined()

    def run(self, calls: Sequence[Call]) -> Examined:
        try:
            self._load_first()
        except EndedError as error:
            told = f"{error} while it was loaded"
            self.result.status = "stopped"
            self.result.notes.append(f"The submission cannot be loaded: {told}.")
            self.result.answers = {call.key: Answer(error=error.kind, told=told) for call in calls}
        else:
            self.result.answers = {call.key: self._answer(call) for call in calls}
            self.result.status = self._status()
            answers = self.result.answers
            self.result.missing = {call.role for call in calls if answers[call.key].error == "missing"}
        self.close()
        self._note()
        return self.result

    def close(self) -> None:
        if self.child is not None:
            self.child.__exit__(None, None, None)
            self.undertaker.forgets(self.child.pid)
            self.printed += self.child.printed
            self.child = None

    def _load_first(self) -> None:
        """Load the submission; if its own statements take it down, once more without them."""
        try:
            self._load()
        except EndedError as error:
            if self.stop is not None and self.stop.is_set():
                raise
            self.definitions_only = True
            self._load()
            self.result.notes.append(
                f"Its own statements did not come to an end ({self._plain(str(error))}): only its imports and "
                "definitions were loaded."
            )

    def _load(self) -> None:
        self.close()
        self.child = self._started()
        self.undertaker.hears_of(self.child.pid, self.child.word)
        wanted = [each.name for each in self.spec.functions]
        header: dict[str, Any] = {"files": self.files, "wanted": wanted, "forbidden": list(self.spec.forbid)}
        header |= {"definitions_only": self.definitions_only}
        # subtle: a submission that hangs when loaded must leave time for the second attempt, and for its functions
        said, _ = self._asked(header, [], OF_LOADING if not self.definitions_only else OF_CALL)
        self.loaded = as_loaded(said, self.files, wanted)
        self._notice(self.loaded)

    def _started(self) -> Child:
        """A process; if none starts, the machine may have been busy, and it is tried once more."""
        try:
            return Child(self.folder, self.spec.limits, self.stop).__enter__()
        except StartError:
            return Child(self.folder, self.spec.limits, self.stop).__enter__()

    def _asked(self, header: dict[str, Any], arrays: list[np.ndarray], share: float) -> tuple[dict[str, Any], Any]:
        """Ask the child within a share of the seconds, and take what it used from those that are left."""
        assert self.child is not None
        child, began, worked = self.child, time.monotonic(), self.child.worked
        seconds = share * self.spec.limits.seconds
        try:
            return child.ask(header, arrays, min(seconds, self.left), min(PATIENCE * seconds, self.patience))
        except EndedError as error:
            self.result.lasting &= error.kind != "time"
            raise
        finally:
            self.left = max(self.left - (child.worked - worked), 0.0)
            self.patience = max(self.patience - (time.monotonic() - began), 0.0)

    def _notice(self, said: Loaded | Said) -> None:
        self.held |= dict.fromkeys(map(self._plain, said.held))
        self.imported |= dict.fromkeys(map(self._plain, said.imported))

    def _answer(self, call: Call) -> Answer:
        function = self.spec.function(call.role)
        assert function is not None
        if function.name not in self.loaded.found:
            kind = self.loaded.no_function.get(function.name)
            return Answer(error="missing", told=f"it is no function but of type {kind}" if kind else "")
        if self.stop is not None and self.stop.is_set():
            return Answer(error="lost", told="grading was interrupted")
        if call.role in self.guilty:
            return Answer(error="lost", told=f"not asked: in an earlier call {self.guilty[call.role]}")
        try:
            if self.child is None:
                self._load()
            return self._called(call, function.name, function.returns)
        except EndedError as error:
            self.close()
            told = self._plain(str(error))
            self.guilty[call.role] = told
            if error.kind == "time" and min(self.left, self.patience) <= 0:
                told = f"the {self.spec.limits.seconds:g} seconds of the submission are used up"
            return Answer(error=error.kind, told=told)

    def _called(self, call: Call, name: str, returns: tuple[str, ...]) -> Answer:
        given: list[tuple[str, object]] = []
        arrays: list[np.ndarray] = []
        for value in call.arguments.values():
            if isinstance(value, np.ndarray):
                given.append(("array", len(arrays)))
                arrays.append(value)
            else:
                given.append(("value", value))
        header = {"name": name, "given": given, "returns": returns}
        told, values = self._asked(header, arrays, OF_CALL)
        words = list(call.arguments)
        said = as_said(told, len(words))
        self._notice(said)
        return Answer(
            values=() if said.error else values,
            error=said.error,
            told=self._plain(said.told),
            changed=tuple(words[place] for place in said.changed),
            warned=tuple(self._plain(text) for text in said.warned),
        )

    def _status(self) -> str:
        """One word for what the submission is."""
        if not self.loaded.found:
            if self.loaded.wrong:
                return "syntax error"
            return "no functions" if self.loaded.code else "empty"
        errors = {answer.error for answer in self.result.answers.values()}
        return "unfinished" if errors == {"missing"} else "graded"

    def _note(self) -> None:
        """Tell what concerns the submission as a whole."""
        said, notes = self.loaded, self.result.notes
        self.result.files = [printable(name) for name in said.files]
        self.result.imports = sorted({*map(self._plain, said.imports), *self.imported})
        notes += [f"It cannot be read in full. {self._plain(text)}." for text in said.wrong]
        notes += [f"A statement of its own fails: {self._plain(text)}." for text in said.raised]
        notes += [f"{self._plain(text)}; that of {self.result.files[0]} goes first." for text in said.several]
        notes += [f"{self._name(role)}: {told}." for role, told in self.guilty.items()]
        notes += [f"Held back: {what}." for what in self.held]
        if self.result.imports:
            notes.append(f"It imports {', '.join(self.result.imports)}.")
        if self.printed:
            notes.append("It prints while it is graded; nobody reads that.")

    def _name(self, role: str) -> str:
        function = self.spec.function(role)
        return function.name if function else role

    def _plain(self, text: str) -> str:
        """A text as it can be written, without what differs between runs: the folder, and the addresses of objects."""
        text = printable(" ".join(text.split()))
        return _ADDRESS.sub("0x...", text.replace(f"{self.folder}/", "").replace(str(self.folder), "."))
