"""Striking an alternative: of a list of scores, and of a model trained on the learner's rows; and training again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from softreg.errors import UsageError
from softreg.functional import log_softmax, softmax
from softreg.lessons.given import Rows
from softreg.plots.style import label
from softreg.settings import TrainingSettings

__all__ = ["of_model", "of_scores"]

SETTINGS = TrainingSettings(l2=1e-4, scale="none", tol=1e-9)
"""The columns are standardised once, over all rows, so that a refit differs by its rows and by nothing else."""


def of_scores(scores: np.ndarray) -> dict[str, Any]:
    """Return Luce's rule on the strengths e^z, with and without the strongest alternative."""
    struck = int(scores.argmax())
    others = np.delete(np.arange(scores.size), struck)
    log_p, log_rest = log_softmax(scores), log_softmax(scores[others])
    p_rest = np.zeros(scores.size)
    p_rest[others] = np.exp(log_rest)
    numbers = {
        "alternative": np.arange(1, scores.size + 1),
        "z": scores,
        # subtle: only ratios of strengths matter, and e^z itself may be too large for a computer
        "v": np.exp(scores - scores.max()),
        "p": softmax(scores),
        "p_rest": p_rest,
        "struck": struck + 1,
    }
    if others.size > 1:
        pair = others[np.argsort(-scores[others], kind="stable")[:2]]
        places = np.searchsorted(others, pair)
        numbers |= {
            "pair": pair + 1,
            "pair_log_odds": log_p[pair[0]] - log_p[pair[1]],
            "pair_log_odds_rest": log_rest[places[0]] - log_rest[places[1]],
        }
    return numbers


def of_model(rows: Rows) -> dict[str, Any]:
    """Train on all classes, then strike each in turn, by renormalizing and by training again without its rows.

    Raises :class:`UsageError` where there are fewer than three classes.
    """
    if rows.n_classes < 3:
        raise UsageError(
            f"{rows.name} has {rows.n_classes} classes: strike one, and no two are left to compare.",
            "Take data with three classes or more, such as iris, or leave --data out.",
        )
    rows = replace(rows, X=rows.standardised)
    model = rows.fit(SETTINGS)
    logits = rows.X @ model.weights + model.intercept
    struck = [_struck(rows, logits, k) for k in range(rows.n_classes)]
    return {
        "data": rows.name,
        "n_samples": len(rows.y),
        "n_classes": rows.n_classes,
        "classes": [label(name, 20) for name in rows.classes],
        **{name: [each[name] for each in struck] for name in ("size", "rounding", "moved", "p_moved", "changed")},
        "most_rounding": max(each["rounding"] for each in struck),
        **_shown(rows, logits),
        "scatter": struck[0]["scatter"],
    }


def _struck(rows: Rows, logits: np.ndarray, k: int) -> dict[str, Any]:
    """How far the log-odds of any two other classes move, on the rows of these classes."""
    others = np.delete(np.arange(rows.n_classes), k)
    kept = rows.y != k
    rest = replace(
        rows.take(kept),
        y=np.searchsorted(others, rows.y[kept]),
        classes=tuple(rows.classes[each] for each in others),
    )
    refitted = rest.fit(SETTINGS)
    again = rest.X @ refitted.weights + refitted.intercept
    first, second = np.triu_indices(others.size, 1)

    def odds(log_proba: np.ndarray) -> np.ndarray:
        return np.asarray(log_proba[:, first] - log_proba[:, second])

    before = odds(log_softmax(logits[kept])[:, others])
    renormalized, anew = odds(log_softmax(logits[kept][:, others])), odds(log_softmax(again))
    concerned = (rest.y[:, None] == first) | (rest.y[:, None] == second)
    proba, proba_anew = softmax(logits[kept][:, others]), softmax(again)
    return {
        "size": float(np.median(np.abs(before[concerned]))),
        "rounding": float(np.abs(renormalized - before).max()),
        "moved": float(np.median(np.abs(anew - before)[concerned])),
        "p_moved": float(np.abs(proba_anew - proba).mean()),
        "changed": int((proba_anew.argmax(axis=1) != proba.argmax(axis=1)).sum()),
        "scatter": np.column_stack([before[:, 0], renormalized[:, 0], anew[:, 0]])[concerned[:, 0]],
    }


def _shown(rows: Rows, logits: np.ndarray) -> dict[str, Any]:
    """One row of another class than the first, the one that the first class takes the most of."""
    proba = softmax(logits)
    row = int(np.where(rows.y != 0, proba[:, 0], -1).argmax())
    log_p, log_rest = log_softmax(logits[row]), log_softmax(logits[row, 1:])
    return {
        "row_p": proba[row],
        "row_rest": softmax(logits[row, 1:]),
        "row_log_odds": float(log_p[1] - log_p[2]),
        "row_log_odds_rest": float(log_rest[0] - log_rest[1]),
    }
