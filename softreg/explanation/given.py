"""Given: the columns of one row as they were given, beside the features that they became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from softreg.explanation.changes import level_logits
from softreg.preparation import UNSEEN, Category, Column, Number, Preparation

__all__ = ["Given", "LevelFlip", "given_columns", "level_flips"]


@dataclass(frozen=True)
class Given:
    """One column of a row. ``value`` is None where it is missing; ``stands`` is then the number that stands for it.

    ``kind`` is "number", "level", "rare" (too few training rows have this level), "unseen" (none has) or "missing".
    """

    name: str
    value: float | str | None
    kind: str
    features: tuple[str, ...]
    stands: float | None = None

    @property
    def text(self) -> str:
        """The column and its value in a few words.

        >>> Given("age", None, "missing", ("age", "age is missing"), 30.0).text
        'age missing -> 30'
        """
        if self.kind == "missing":
            return f"{self.name} missing" + ("" if self.stands is None else f" -> {self.stands:.6g}")
        value = f"{self.value:.6g}" if isinstance(self.value, float) else self.value
        return f"{self.name} = {value}" + {"rare": " (rare)", "unseen": " (not known)"}.get(self.kind, "")


@dataclass(frozen=True)
class LevelFlip:
    """Another level of a category, with which the answer ``becomes`` another class."""

    column: str
    level: str
    becomes: int


def given_columns(preparation: Preparation, raw: np.ndarray, texts: Mapping[str, str | None]) -> tuple[Given, ...]:
    """Return the columns of a raw row (n_columns,); ``texts`` are categories as written, for values not known.

    >>> ready = Preparation((Number("age", fill=30.0, indicator=True), Category("port", ("C", "S"))))
    >>> [(one.value, one.kind, one.stands) for one in given_columns(ready, np.array([np.nan, 1.0]), {})]
    [(None, 'missing', 30.0), ('S', 'level', None)]
    """
    values = zip(preparation.columns, raw.tolist(), strict=True)
    return tuple(_given(column, value, texts.get(column.name)) for column, value in values)


def _given(column: Column, value: float, text: str | None) -> Given:
    if isinstance(column, Number):
        if np.isnan(value):
            return Given(column.name, None, "missing", column.features, column.fill)
        return Given(column.name, value, "number", column.features)
    if np.isnan(value):
        return Given(column.name, None, "missing", column.features)
    if value == UNSEEN:
        return Given(column.name, text, "unseen", column.features)
    code = int(value)
    return Given(column.name, column.known[code], "level" if code < len(column.levels) else "rare", column.features)


def level_flips(
    preparation: Preparation, raw: np.ndarray, logits: np.ndarray, weights: np.ndarray
) -> tuple[LevelFlip, ...]:
    """Try every known level of every category in place of the one that is given, and return those that flip the answer.

    Of the rare levels of a column, which share a feature, the first stands for all. Shapes: ``raw`` (n_columns,),
    ``logits`` (n_classes,), ``weights`` (n_features, n_classes).

    >>> ready = Preparation((Category("port", ("C", "Q", "S")),))
    >>> W = np.array([[1.0, 0.0], [0.5, 0.0], [0.0, 2.0]])
    >>> level_flips(ready, np.array([0.0]), np.array([1.0, 0.0]), W)
    (LevelFlip(column='port', level='S', becomes=1),)
    """
    found: list[LevelFlip] = []
    answer, first = int(logits.argmax()), 0
    for column, value in zip(preparation.columns, raw, strict=True):
        block = slice(first, first + len(column.features))
        first = block.stop
        if not isinstance(column, Category):
            continue
        n_tried = len(column.levels) + bool(column.rare)
        others = column.encode(np.arange(n_tried, dtype=np.float64))
        says = level_logits(logits, column.encode(np.array([value]))[0], others, weights[block]).argmax(axis=1)
        found += [
            LevelFlip(column.name, level, int(code))
            for level, code in zip(column.known, says, strict=False)
            if code != answer
        ]
    return tuple(found)
