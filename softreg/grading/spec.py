"""Spec: what a homework's functions are called, what they take and return, and what each check is worth.

One homework asks for some of seven **roles**. In our own convention they are

    softmax(logits) -> proba
    cross_entropy(logits, y) -> loss
    loss(X, y, W, b, l2) -> loss
    gradient(X, y, W, b, l2) -> grad_W, grad_b
    predict(X, W, b) -> y
    batches(X, y, batch_size, rng) -> pairs (X of a batch, y of a batch)
    train(X, y, n_classes, l2, learning_rate, epochs) -> W, b

with the shapes of the whole project: X (n_samples, n_features), y (n_samples,) from 0, W (n_features, n_classes),
b (n_classes,), logits (n_samples, n_classes). A spec says by which name and in which order a course asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["MOST_POINTS", "ROLES", "Function", "Limits", "Spec"]

MOST_POINTS = 1e6
"""What one check may be worth: sums of all in a class are still exact to hundredths."""

ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "softmax": (("logits",), ("proba",)),
    "cross_entropy": (("logits", "y"), ("loss",)),
    "loss": (("X", "y", "W", "b", "l2"), ("loss",)),
    "gradient": (("X", "y", "W", "b", "l2"), ("grad_W", "grad_b")),
    "predict": (("X", "W", "b"), ("y",)),
    "batches": (("X", "y", "batch_size", "rng"), ("pairs",)),
    "train": (("X", "y", "n_classes", "l2", "learning_rate", "epochs"), ("W", "b")),
}
"""What each role takes and returns."""


@dataclass(frozen=True)
class Function:
    """How a course asks for one function: its name, its arguments in order, and what it returns, in the roles' words.

    ``role`` is what is checked. With ``proba`` in place of ``logits`` the cross-entropy takes probabilities; without
    ``b`` the bias is the last row of W, and X has a last column of ones; ``loss`` before ``grad_W`` in what a gradient
    returns makes it a function of both. ``own`` holds the course's own word for a role's word, if it has one.
    """

    role: str
    name: str
    takes: tuple[str, ...]
    returns: tuple[str, ...]
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def bias_inside(self) -> bool:
        """Whether this function's bias is the last row of W, and its X has a last column of ones."""
        words = self.returns if self.role == "train" else self.takes
        return "W" in words and "b" not in words


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds of work on a core, MiB of memory, MiB of files written."""

    seconds: float = 20.0
    memory: int = 1024
    files: int = 16


@dataclass(frozen=True)
class Spec:
    """A homework. ``reduction`` is mean, sum or none (of ``cross_entropy``); ``penalty`` is l2/2 or l2, times ||W||^2.

    ``points`` is what each check is worth by its name, 0 leaves it out; ``hidden`` names checks whose inputs and
    numbers are not told; ``hints`` is none, short or full; ``seed`` draws the inputs and is the teacher's secret;
    ``forbid`` names packages whose import fails.
    """

    title: str
    functions: tuple[Function, ...]
    reduction: str = "mean"
    penalty: str = "l2/2"
    points: Mapping[str, float] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    hints: str = "short"
    seed: int = 0
    forbid: tuple[str, ...] = ()
    limits: Limits = Limits()

    def __hash__(self) -> int:
        # of the fields that can be hashed: what is computed of a homework is kept for a whole class
        return hash((self.title, self.reduction, self.penalty, self.hidden, self.hints, self.seed, self.forbid))

    def function(self, role: str) -> Function | None:
        """Return the function that plays a role, if the homework asks for it."""
        return next((each for each in self.functions if each.role == role), None)

    @property
    def bias_inside(self) -> bool:
        """Whether the bias is the last row of W, and the ones the last column of X."""
        return any(each.bias_inside for each in self.functions)
