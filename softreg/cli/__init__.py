"""Words in, words out: one file a command, each of which parses, calls one workflow, and prints.

Importing this package, and ``softreg --help``, imports click and the standard library alone.
"""

from softreg.cli.app import main

__all__ = ["main"]
