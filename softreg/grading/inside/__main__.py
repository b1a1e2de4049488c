"""The child's own loop: limits first, then NumPy, then the guard, then the submission; a frame in, a frame out."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from typing import Any

__all__ = ["main"]


def main(words: list[str]) -> None:
    """Answer frames until the parent closes the pipe. ``words`` are two descriptors, and the limits as JSON."""
    _limit(json.loads(words[2]))
    from .frames import NO_MEMORY

    try:
        _serve(int(words[0]), int(words[1]))
    except MemoryError:
        os._exit(NO_MEMORY)


def _serve(asked: int, answers: int) -> None:
    from .asking import ask
    from .frames import KEY, packed, taken
    from .guard import Guard
    from .loading import load

    own, key = os.getpid(), _exactly(asked, KEY)
    _send(answers, packed(key, {"ready": True}))
    guard: Guard | None = None
    loaded: Any = None
    received = bytearray()
    while True:
        whole = taken(received, key)
        if whole is None:
            received += _some(asked)
            continue
        (header, arrays), length = whole
        del received[:length]
        if guard is None:
            guard = Guard(os.getcwd(), header["forbidden"])  # noqa: PTH109
            guard.stand()
            sys.path.insert(0, guard.folder)
            loaded, said = load(header["files"], header["wanted"], definitions_only=header["definitions_only"])
            found: list[Any] = []
        else:
            given = [arrays[value] if kind == "array" else value for kind, value in header["given"]]
            said, found = ask(loaded.functions[header["name"]], given, header["returns"], loaded.labels)
            del given, arrays
        if os.getpid() != own:
            os._exit(0)  # a fork that went past the guard came back from the submission's code: it answers nothing
        _flush()
        _send(answers, packed(key, said | {"held": list(guard.held), "imported": list(guard.imported)}, found))
        del found


def _limit(limits: dict[str, int]) -> None:
    """Set what the process may use; a limit that stands lower already stays."""
    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is not None:
            _, hard = resource.getrlimit(kind)
            lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
            try:
                resource.setrlimit(kind, (lowest, lowest))
            except (ValueError, OSError):
                continue  # macOS knows RLIMIT_AS and refuses to set it


def _some(descriptor: int) -> bytes:
    """What is there to be read; at the end of the pipe the process ends."""
    content = os.read(descriptor, 1 << 20)
    if not content:
        os._exit(0)
    return content


def _exactly(descriptor: int, count: int) -> bytes:
    content = b""
    while len(content) < count:
        content += os.read(descriptor, count - len(content)) or os._exit(0)
    return content


def _flush() -> None:
    """Let the parent see that something was printed; the submission may have closed or replaced the stream."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()


def _send(descriptor: int, frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main(sys.argv[1:])
