"""Markdown: text of which Markdown makes nothing that was not meant, for pages with names and errors of others."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["prose", "table_row", "text"]

# an underscore inside a word is one; a mark of a heading or a list is one at the beginning only
_SPECIAL = re.compile(
    r"[\\`*\[\]<>|~]|&(?=[#\w])|^[#+-]|^\d+(?=[.)]\s)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=[a-z]):(?=//)|(?<=www)\."
)
_EMPHASIS = re.compile(r"\\\*(\w[\w ]*)\\\*")


def text(words: str) -> str:
    r"""Return words in one line that Markdown shows as they stand: no emphasis, link, HTML or cell of a table.

    >>> print(text("<b> grad_W | [x](y)"))
    \<b\> grad_W \| \[x\](y)
    >>> print(text("1. http://a"))
    1\. http\://a
    """
    return _SPECIAL.sub(_escaped, " ".join(words.split()))


def prose(words: str) -> str:
    r"""Return the same of our own words, in which ``*guaranteed*`` is emphasis and an address a link.

    >>> print(prose("it is *guaranteed* that 2 * 3 = 6"))
    it is *guaranteed* that 2 \* 3 = 6
    """
    return _EMPHASIS.sub(r"*\1*", text(words)).replace("\\://", "://")


def table_row(cells: Sequence[str]) -> str:
    r"""Return a line of a table, of cells that are ready.

    >>> table_row([text("a|b"), "2"])
    '| a\\|b | 2 |'
    """
    return f"| {' | '.join(cells)} |"


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    # a number that would begin a list is left, and the mark behind it is not one any more
    return f"{found}\\" if found.isdigit() else f"\\{found}"
