"""Words in, words out: one file a command, each of which parses, calls one workflow, and prints.

Importing this package imports nothing else, and ``softreg --help`` click and the standard library alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["main"]


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    # subtle: what signal is made of; signal itself takes long to import, and Ctrl-C may come meanwhile
    import _signal  # type: ignore[import-not-found]

    # while there is nothing to lose, Ctrl-C ends the process as it does any other, without a traceback
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    import os
    import sys
    import warnings

    if not os.environ.get("SOFTREG_DEBUG"):
        warnings.simplefilter("ignore")  # what libraries warn of is for those who work on softreg
    from softreg.cli.memory import keep_blas_to_one_thread
    from softreg.cli.streams import open_streams

    open_streams()
    keep_blas_to_one_thread()
    from softreg.cli.app import run

    sys.exit(run(args))
