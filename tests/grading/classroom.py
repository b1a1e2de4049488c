"""A classroom for the tests: homeworks in three conventions, right solutions, and an answerer in this process."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from softreg.grading.asked import calls
from softreg.grading.calls import Answer, Call
from softreg.grading.judgement import Judgement, judge
from softreg.grading.spec import Function, Spec

PLAIN = Spec(
    "plain",
    (
        Function("softmax", "softmax", ("logits",), ("proba",)),
        Function("cross_entropy", "cross_entropy", ("logits", "y"), ("loss",)),
        Function("loss", "loss", ("X", "y", "W", "b", "l2"), ("loss",)),
        Function("gradient", "gradient", ("X", "y", "W", "b", "l2"), ("grad_W", "grad_b")),
        Function("predict", "predict", ("X", "W", "b"), ("y",)),
        Function("batches", "batches", ("X", "y", "batch_size", "rng"), ("pairs",)),
        Function("train", "train", ("X", "y", "n_classes", "l2", "learning_rate", "epochs"), ("W", "b")),
    ),
)

D2L = Spec(
    "d2l",
    (
        Function("softmax", "softmax", ("logits",), ("proba",)),
        Function("cross_entropy", "cross_entropy", ("proba", "y"), ("loss",)),
        Function("gradient", "gradient", ("X", "y", "W", "b"), ("grad_W", "grad_b")),
        Function("predict", "predict", ("X", "W", "b"), ("y",)),
        Function("batches", "data_iter", ("batch_size", "X", "y", "rng"), ("pairs",)),
        Function("train", "train", ("X", "y", "n_classes", "learning_rate", "epochs"), ("W", "b")),
    ),
    reduction="none",
)

CS231N = Spec(
    "cs231n",
    (
        Function("gradient", "softmax_loss_vectorized", ("W", "X", "y", "l2"), ("loss", "grad_W")),
        Function("predict", "predict", ("W", "X"), ("y",)),
        Function("train", "train", ("X", "y", "n_classes", "learning_rate", "l2", "epochs"), ("W",)),
    ),
    penalty="l2",
)

PLAIN_SOURCE = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def cross_entropy(z, y):
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()

def loss(X, y, W, b, l2):
    return cross_entropy(X @ W + b, y) + l2 / 2 * (W ** 2).sum()

def gradient(X, y, W, b, l2):
    n = len(y)
    P = softmax(X @ W + b)
    P[np.arange(n), y] -= 1
    return X.T @ P / n + l2 * W, P.sum(axis=0) / n

def predict(X, W, b):
    return (X @ W + b).argmax(axis=1)

def batches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start:start + batch_size]
        yield X[rows], y[rows]

def train(X, y, n_classes, l2, learning_rate, epochs):
    W, b = np.zeros((X.shape[1], n_classes)), np.zeros(n_classes)
    for epoch in range(epochs):
        grad_W, grad_b = gradient(X, y, W, b, l2)
        W -= learning_rate * grad_W
        b -= learning_rate * grad_b
    return W, b
"""

D2L_SOURCE = """
import numpy as np

def softmax(X):
    X_exp = np.exp(X - X.max(1, keepdims=True))
    partition = X_exp.sum(1, keepdims=True)
    return X_exp / partition

def cross_entropy(y_hat, y):
    return -np.log(y_hat[range(len(y_hat)), y])

def gradient(X, y, W, b):
    y_hat = softmax(X @ W + b)
    one_hot = np.eye(W.shape[1])[y]
    return X.T @ (y_hat - one_hot) / len(X), (y_hat - one_hot).mean(0)

def predict(X, W, b):
    return softmax(X @ W + b).argmax(1)

def data_iter(batch_size, features, labels, rng):
    num_examples = len(features)
    indices = list(range(num_examples))
    rng.shuffle(indices)
    for i in range(0, num_examples, batch_size):
        batch_indices = np.array(indices[i: min(i + batch_size, num_examples)])
        yield features[batch_indices], labels[batch_indices]

def train(X, y, n_classes, learning_rate, epochs):
    W, b = np.random.normal(0, 0.01, (X.shape[1], n_classes)), np.zeros(n_classes)
    for epoch in range(epochs):
        dW, db = gradient(X, y, W, b)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b
"""

CS231N_SOURCE = """
import numpy as np

def softmax_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(scores), axis=1))
    correct = scores[np.arange(num_train), y]
    loss = np.mean(log_sum - correct) + reg * np.sum(W * W)
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    probs[np.arange(num_train), y] -= 1
    dW = X.T.dot(probs) / num_train + 2 * reg * W
    return loss, dW

def predict(W, X):
    return np.argmax(X.dot(W), axis=1)

def train(X, y, num_classes, learning_rate, reg, num_iters):
    W = 0.001 * np.random.randn(X.shape[1], num_classes)
    for it in range(num_iters):
        loss, dW = softmax_loss_vectorized(W, X, y, reg)
        W -= learning_rate * dW
    return W
"""

SOURCES = {"plain": PLAIN_SOURCE, "d2l": D2L_SOURCE, "cs231n": CS231N_SOURCE}
SPECS = {"plain": PLAIN, "d2l": D2L, "cs231n": CS231N}


def altered(source: str, *changes: tuple[str, str]) -> str:
    """Return a source with lines replaced; each must be there, or the test plants nothing."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return source


def answer(namespace: Mapping[str, Any], name: str, call: Call) -> Answer:
    """Put one question to a function, as a submission's process would."""
    given = {word: _made(word, copy.deepcopy(value)) for word, value in call.arguments.items()}
    before = copy.deepcopy({word: value for word, value in given.items() if isinstance(value, np.ndarray)})
    if name not in namespace:
        return Answer(error="missing")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            came = namespace[name](*given.values())
            if call.role == "batches":
                came = tuple(part for pair in came for part in pair)
    except Exception as problem:
        return Answer(error="raised", told=f"{type(problem).__name__}: {problem}")
    values = tuple(map(np.asarray, came if isinstance(came, tuple) else (came,)))
    changed = tuple(word for word, value in before.items() if not np.array_equal(value, given[word], equal_nan=True))
    return Answer(values, changed=changed)


def _made(word: str, value: Any) -> Any:
    return np.random.default_rng(int(value.split()[1])) if word == "rng" else value


def hand_in(source: str, spec: Spec, public_only: bool = False) -> dict[str, Answer]:
    """Run a source and answer all calls of a spec with it."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    names = SimpleNamespace(**{function.role: function.name for function in spec.functions})
    return {
        call.key: answer(namespace, getattr(names, call.role), call) for call in calls(spec, public_only=public_only)
    }


def graded(source: str, spec: Spec) -> Judgement:
    """Run a source and judge it."""
    return judge(spec, hand_in(source, spec))


def named(judgement: Judgement) -> list[str]:
    """Return the names of the mistakes, in their order."""
    return [mistake.name for mistake in judgement.mistakes]


def shares(judgement: Judgement) -> dict[str, float]:
    """Return what each check earned, from 0 to 1."""
    return {result.check: result.points / result.of for result in judgement.results}
