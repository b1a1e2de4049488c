"""A small homework, and submissions that are put to it."""

from __future__ import annotations

import numpy as np

from softreg.grading.calls import Call
from softreg.grading.examination import Examined, examine
from softreg.grading.signature import function_of
from softreg.grading.spec import Limits, Spec

LIMITS = Limits(seconds=8.0, memory=512, files=4)
"""A call may take two seconds: long for what is asked here, short enough to wait for a loop."""

SMALL = Spec(
    "Three functions",
    (
        function_of("softmax", "softmax(logits) -> proba"),
        function_of("predict", "predict(X, W, b) -> y"),
        function_of("batches", "batches(X, y, batch_size, rng) -> pairs"),
    ),
    limits=LIMITS,
)
LOGITS = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
X, W, b = np.eye(3), np.arange(9.0).reshape(3, 3), np.zeros(3)
CALLS = (
    Call("first softmax", "softmax", {"logits": LOGITS}),
    Call("second softmax", "softmax", {"logits": LOGITS}),
    Call("first predict", "predict", {"X": X, "W": W, "b": b}),
    Call("first batches", "batches", {"X": X, "y": np.arange(3), "batch_size": 2, "rng": "seed 1"}),
)
GOOD = """
import numpy as np

def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

def predict(X, W, b):
    return (X @ W + b).argmax(axis=1)

def batches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]
"""


def sat(*parts: str, name: str = "hw1.py", spec: Spec = SMALL) -> Examined:
    """Put the calls to a submission: what a good one writes, and behind it the parts."""
    return examine({name: "\n".join([GOOD, *parts]).encode()}, spec, CALLS)
