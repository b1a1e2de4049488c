"""Names that a user's data may hold, and that matplotlib would trip over."""

from __future__ import annotations

ODD_NAMES = [
    "$x^2$",
    "_hidden_",
    "two\nlines\t",
    "x" * 60,
    "x" * 59 + "y",
    "中文",
    "\x00\x07",
    r"$\frac{1}{2}",
    "%s{}",
    "é😀",
]
