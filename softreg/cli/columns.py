"""What became of every column of a table, as a short table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from softreg.cli.words import HOLD, MARGIN, WIDTH, plural, short, table
from softreg.preparation import Category, Column, Preparation

if TYPE_CHECKING:
    from softreg.data.roles import Role

__all__ = ["columns_table"]

MOST_LINES = 12
"""Beyond, plain numbers are counted and not listed, and then the others."""


def columns_table(roles: tuple[Role, ...], preparation: Preparation, missing: str) -> str:
    """Return a line for each column: name, role, and what there is to know of it."""
    learned = {column.name: column for column in preparation.columns}
    told = [(role, _told(role, learned.get(role.name), missing)) for role in roles]
    plain = [role.name for role, text in told if role.role == "number" and not text]
    hidden = plain if len(told) > MOST_LINES and len(plain) > 1 else []
    lines = [(short(role.name, 24), role.role, text) for role, text in told if role.name not in hidden]
    rest = len(lines) - MOST_LINES
    if rest > 1:
        lines = [*lines[:MOST_LINES], (f"and {rest} more", "", "")]
    if hidden:
        lines = [(f"{len(hidden)} columns", "numbers", ""), *lines]
    text = table(lines, left=3).replace(HOLD, " ").splitlines()
    return "\n".join(
        f"{'columns' if not place else '':<{MARGIN}}{short(line, WIDTH - MARGIN)}" for place, line in enumerate(text)
    )


def _told(role: Role, column: Column | None, missing: str) -> str:
    if column is None:
        return role.told
    if isinstance(column, Category):
        told = plural(len(column.levels), "level") + (f" and {len(column.rare)} rare" if column.rare else "")
        stands = "a level too" if column.missing == "level" else "no level"
        return told + (f"; {role.missing} missing: {stands}" if role.missing else "")
    if not role.missing:
        return ""
    if column.fill is None:
        return f"{role.missing} missing"
    word = "mean" if missing == "mean" else "median"
    return f"{role.missing} missing: {word} {column.fill:.4g}" + (" and an indicator" if column.indicator else "")
