"""Batches: every row of an epoch once, and with its own label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from softreg.errors import plural
from softreg.grading.batch import Batches, batches_of
from softreg.grading.calls import Given
from softreg.grading.checks.check import Check, Outcome, Piece, outcome, worth
from softreg.grading.question import Question, ask, draw_labels
from softreg.grading.reading import Reading
from softreg.grading.spec import Spec

__all__ = ["BATCHES"]

BATCH = 4


def _epochs(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Rows of which the last batch gets fewer, and rows of which it does not."""
    if spec.function("batches"):
        for n_samples, name in ((23, ""), (20, "even")):
            X, y = rng.normal(size=(n_samples, 3)), draw_labels(rng, n_samples)
            given: dict[str, Given] = {"X": X, "y": y, "batch_size": BATCH, "rng": f"seed {int(rng.integers(1000))}"}
            yield ask("batches", "batches", given, name)


def _batched(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return outcome(piece for reading in readings for piece in _epoch(reading))


def _epoch(reading: Reading) -> Iterable[Piece]:
    """Four things of one epoch: each row once, its label beside it, sizes as asked, and an order of its own."""
    batches = None if reading.problem else batches_of(reading.question, reading.answer)
    if batches is None:
        yield Piece(0.0, reading.problem or f"{reading.name} did not give pairs of rows of X and as many labels.")
        return
    name, n_samples = reading.name, len(batches.seen)
    once = int((batches.seen == 1).sum())
    yield worth(once == n_samples, f"All {n_samples} rows come once.", f"{once} of {n_samples} rows come exactly once.")
    kept = int(batches.paired.sum())
    said = f"{kept} of {plural(len(batches.paired), 'row')} from {name} come with their own label."
    # subtle: twice, since rows without their labels teach nothing
    yield from [worth(kept == len(batches.paired) > 0, said, said)] * 2
    sizes = f"the batches of {name} have {_listed(batches.sizes)} rows"
    said = f"For {n_samples} rows and a batch size of {BATCH}, {sizes}."
    yield worth(_sized(batches), said, said)
    if "rng" in reading.question.given and _takes_rng(reading):
        said = f"The rows of {name} come in the order in which they were given."
        yield worth(not batches.in_order, "The rows come in another order.", said)


def _takes_rng(reading: Reading) -> bool:
    function = reading.spec.function("batches")
    return function is not None and "rng" in function.takes


def _listed(sizes: Sequence[int]) -> str:
    shown = ", ".join(map(str, sizes[:8]))
    return f"{shown}, ..." if len(sizes) > 8 else shown


def _sized(batches: Batches) -> bool:
    whole, rest = divmod(len(batches.seen), BATCH)
    return sorted(batches.sizes, reverse=True) == [BATCH] * whole + [rest] * bool(rest)


BATCHES = Check(
    2.0,
    ("batches",),
    _epochs,
    _batched,
    "Collect what one epoch gives: is every row there, once, and with its own label?",
    "order = rng.permutation(n); for start in range(0, n, batch_size): rows = order[start:start + batch_size], then "
    "X[rows] and y[rows]. See softreg/training/descent.py.",
)
