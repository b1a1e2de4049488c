"""Explained: the answer to one row, taken apart; and as JSON, at full precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.errors import plural
from softreg.explanation import Boundary, Contributions, Given
from softreg.functional import log_softmax
from softreg.model import SoftmaxModel

__all__ = ["Explained", "Flip"]


@dataclass(frozen=True)
class Flip:
    """A change of one column alone that leads to another answer, the class ``becomes``.

    A number goes from ``start`` to ``to``, where both classes are equally likely, ``deviations`` away; a category from
    one level to another.
    """

    column: str
    start: float | str | None
    to: float | str
    deviations: float | None
    becomes: int


@dataclass(frozen=True)
class Explained:
    """One row and its answer.

    ``x`` (n_features,) are its features and ``logits`` (n_classes,) the model's. ``told`` takes them apart by feature,
    ``parts`` (n_columns, n_classes) by column of ``given``. ``truth`` (n_classes,) is the true distribution, where the
    row has a ``label`` that the model knows. ``question`` holds the classes A and B of "why A and not B".
    ``boundary`` and ``flips`` are in deviations of the training rows, if ``standardised``, else in the features' units.
    """

    model: SoftmaxModel
    name: str
    row: int
    x: np.ndarray
    reference: np.ndarray
    logits: np.ndarray
    told: Contributions
    given: tuple[Given, ...]
    parts: np.ndarray
    label: str | None
    truth: np.ndarray | None
    question: tuple[int, int]
    boundary: Boundary | None
    flips: tuple[Flip, ...]
    standardised: bool

    @property
    def answer(self) -> int:
        """The index of the class that the model says."""
        return int(self.logits.argmax())

    @property
    def log_proba(self) -> np.ndarray:
        """The log-probabilities (n_classes,)."""
        return log_softmax(self.logits)

    @property
    def loss(self) -> float | None:
        """The cross-entropy of this row, where its label is known."""
        if self.truth is None:
            return None
        has = self.truth > 0
        return float(-(self.truth[has] @ self.log_proba[has]))

    @property
    def difference(self) -> np.ndarray:
        """What each column adds to the log odds of A against B (n_columns,)."""
        return np.asarray(self.parts[:, self.question[0]] - self.parts[:, self.question[1]])

    @property
    def start_odds(self) -> float:
        """The log odds of A against B in the reference row."""
        return float(self.told.start[self.question[0]] - self.told.start[self.question[1]])

    @property
    def odds(self) -> float:
        """The log odds of A against B: ``start_odds`` and the sum of ``difference``."""
        return float(self.logits[self.question[0]] - self.logits[self.question[1]])

    @property
    def start_name(self) -> str:
        """What the reference row is."""
        return "the average row" if self.reference.any() else "a row of zeros"

    def ranked(self, top: int) -> tuple[list[int], list[int]]:
        """Return the places of the ``top`` columns that say most on the question, the strongest first; and the rest."""
        order = np.argsort(-np.abs(self.difference), kind="stable").tolist()
        return order[:top], order[top:]

    def steps(self, top: int) -> tuple[list[str], np.ndarray]:
        """Return the names of these columns and what each adds to the log odds; the rest in one sum."""
        shown, rest = self.ranked(top)
        names, values = [self.given[place].text for place in shown], self.difference[shown]
        if not rest:
            return names, values
        return [*names, plural(len(rest), "other")], np.append(values, self.difference[rest].sum())

    def moved(self) -> dict[str, tuple[float, float]]:
        """Return the columns that the way to the boundary moves: from what to what, the farthest deviation first."""
        if self.boundary is None:
            return {}
        change = self.boundary.change
        deviation = self.model.features.get("deviation", np.ones(len(change)))
        # a number's own feature comes first, its indicator stands still
        places = np.cumsum([0, *(len(one.features) for one in self.given)])[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):  # a feature that never varied has none
            order = np.argsort(-np.abs(change / deviation)[places], kind="stable")
        moved = [(self.given[at].name, places[at]) for at in order if self.given[at].features and change[places[at]]]
        return {name: (float(self.x[place]), float(self.x[place] + change[place])) for name, place in moved}

    def to_json(self) -> dict[str, Any]:
        """Return everything, at full precision, as JSON can hold it."""
        classes, log_proba, truth = self.model.classes, self.log_proba, self.truth
        first, second = (classes[code] for code in self.question)

        def by_class(values: np.ndarray) -> dict[str, float]:
            return dict(zip(classes, values.tolist(), strict=True))

        return {
            "data": self.name,
            "row": self.row,
            "prediction": classes[self.answer],
            "confidence": float(np.exp(log_proba[self.answer])),
            "label": self.label,
            "cross_entropy": self.loss,
            "logits": by_class(self.logits),
            "shift": self.told.shift,
            "exponentials": by_class(np.exp(self.logits - self.logits.max())),
            "probabilities": by_class(np.exp(log_proba)),
            "log_probabilities": by_class(log_proba),
            "residual": None if truth is None else by_class(np.exp(log_proba) - truth),
            "start": by_class(self.told.start),
            "columns": self._columns(by_class),
            "why": {
                "class": first,
                "not": second,
                "log_odds": self.odds,
                "start": self.start_odds,
                "contributions": dict(zip(self.model.inputs, self.difference.tolist(), strict=True)),
            },
            "boundary": self._boundary(),
            "flips": [self._flip(flip) for flip in self.flips],
            "unit": "training deviation" if self.standardised else "the feature's own",
        }

    def _columns(self, by_class: Any) -> list[dict[str, Any]]:
        """Every column with what was given, its features, and what it adds."""
        columns, place = [], 0
        for one, part in zip(self.given, self.parts, strict=True):
            features = []
            for name in one.features:
                numbers = {"value": float(self.x[place]), "reference": float(self.reference[place])}
                features.append({"feature": name} | numbers | {"contribution": by_class(self.told.parts[place])})
                place += 1
            about = {"column": one.name, "value": one.value, "kind": one.kind, "stands_for_it": one.stands}
            columns.append(about | {"contribution": by_class(part), "features": features})
        return columns

    def _flip(self, flip: Flip) -> dict[str, Any]:
        way = {"column": flip.column, "from": flip.start, "to": flip.to, "deviations": flip.deviations}
        return way | {"becomes": self.model.classes[flip.becomes]}

    def _boundary(self) -> dict[str, Any] | None:
        if self.boundary is None:
            return None
        moved = {name: {"from": start, "to": to} for name, (start, to) in self.moved().items()}
        rival = self.model.classes[self.boundary.rival]
        return {"class": rival, "distance": self.boundary.distance, "changes": moved}
