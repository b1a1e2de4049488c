"""Mistakes that are seen, and need no computing: arguments that changed, and the rows of an epoch.

A function here says True where an answer shows the mistake, False where it shows that there is none, and None where it
could not be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from softreg.grading.batch import Batches, batches_of
from softreg.grading.conventions import shapes
from softreg.grading.mistakes.kind import Kind
from softreg.grading.reading import Reading

__all__ = ["EPOCHS", "IN_PLACE", "SWAPPED", "seen_in", "swapped"]

IN_PLACE = Kind(
    "input changed in place",
    (),
    "An argument was written over: the caller's array is not what it was.",
    "What does z look like after softmax(z)?",
    "z -= z.max() changes the caller's z; z = z - z.max() makes a new array. See softmax in softreg/functional.py.",
)

SWAPPED = Kind(
    "returned in another order",
    (),
    "What is returned is all there, but in another order than the homework asks for.",
    "In which order does the homework name what the function returns?",
    "The order is that of the homework's signature, as in loss, dW or grad_W, grad_b. See residual in "
    "softreg/functional.py for what each of them is.",
)

READ = "See softreg/training/descent.py."

APART = Kind(
    "X shuffled without y",
    (),
    "X and y are not in one order: rows come with the labels of other rows.",
    "After shuffling, is the first label still that of the first row?",
    f"One order for both: order = rng.permutation(n), then X[order] and y[order]. {READ}",
)

DROPPED = Kind(
    "the last batch dropped",
    (),
    "The rows that do not fill a batch are never seen.",
    "With 23 rows and batches of 4, how many rows does an epoch see?",
    f"range(0, n, batch_size) begins the last batch too, and X[start:start + batch_size] may be shorter. {READ}",
)

AGAIN = Kind(
    "rows drawn with replacement",
    (),
    "Some rows come twice in one epoch, and others not at all.",
    "How often does each row come in one epoch?",
    f"rng.permutation(n) holds each row once; rng.integers and rng.choice do not. {READ}",
)

STILL = Kind(
    "rows not shuffled",
    (),
    "The rows come in the order in which they were given, although there is a generator to shuffle them.",
    "What do you use rng for?",
    f"order = rng.permutation(n), anew for each epoch. {READ}",
)


def swapped(reading: Reading) -> bool:
    """Whether two values have the shapes of each other, and not their own."""
    if reading.problem or len(reading.words) != 2:
        return False
    wanted = list(shapes(reading.spec, reading.question).values())
    came = [reading.raw[word].shape for word in reading.words]
    return came != wanted and came[::-1] == wanted


def _whole(batches: Batches) -> bool:
    """Whether all rows are known, and none came twice."""
    return bool((batches.rows >= 0).all() and batches.seen.max() <= 1)


def _apart(batches: Batches, size: int) -> bool | None:
    """Labels and rows are all there, and belong to each other no more."""
    if not _whole(batches):
        return None
    given, came = Counter(batches.truth.tolist()), Counter(batches.labels.tolist())
    # subtle: labels of a dropped batch are not there; those that came must have been given
    return not batches.paired.all() and all(count <= given[label] for label, count in came.items())


def _dropped(batches: Batches, size: int) -> bool | None:
    rest = len(batches.seen) % size
    if not rest or not _whole(batches):
        return None
    return len(batches.rows) == len(batches.seen) - rest and set(batches.sizes) == {size}


def _again(batches: Batches, size: int) -> bool | None:
    if not (batches.rows >= 0).all():
        return None
    return bool(batches.seen.max() > 1 and batches.seen.min() == 0 and batches.paired.all())


def _still(batches: Batches, size: int) -> bool | None:
    return batches.in_order and _whole(batches) and bool(batches.paired.all())


_SEEN: dict[str, tuple[Kind, Callable[[Batches, int], bool | None]]] = {
    kind.name: (kind, test) for kind, test in ((APART, _apart), (DROPPED, _dropped), (AGAIN, _again), (STILL, _still))
}


def _shown(reading: Reading, test: Callable[[Batches, int], bool | None]) -> bool | None:
    if reading.problem:
        return None
    batches = batches_of(reading.question, reading.answer)
    return None if batches is None else test(batches, int(reading.question.number("batch_size")))


def seen_in(readings: list[Reading], shuffled: bool) -> list[Kind]:
    """Return the mistakes that at least one epoch shows and none contradicts; ``shuffled``: an order was asked for."""
    found = []
    for kind, test in _SEEN.values():
        shown = [_shown(reading, test) for reading in readings]
        if True in shown and False not in shown and (kind is not STILL or shuffled):
            found.append(kind)
    return found


EPOCHS = tuple(kind for kind, _ in _SEEN.values())
