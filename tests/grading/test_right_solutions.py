"""Right solutions of any style and convention get full marks, and no mistake is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from classroom import CS231N_SOURCE, D2L_SOURCE, PLAIN_SOURCE, SOURCES, SPECS, altered, graded

LOOPS = """
import math
import numpy as np

def softmax(z):
    out = np.zeros(z.shape)
    for i in range(z.shape[0]):
        top = max(z[i])
        powers = [math.exp(v - top) for v in z[i]]
        for j in range(z.shape[1]):
            out[i, j] = powers[j] / sum(powers)
    return out

def row_loss(row, label):
    top = max(row)
    return top + math.log(sum(math.exp(v - top) for v in row)) - row[label]

def cross_entropy(z, y):
    return sum(row_loss(z[i], y[i]) for i in range(len(y))) / len(y)

def loss(X, y, W, b, l2):
    total = cross_entropy(X.dot(W) + b, y)
    for row in W:
        for w in row:
            total += 0.5 * l2 * w * w
    return total

def gradient(X, y, W, b, l2):
    dW, db = np.zeros(W.shape), [0.0] * len(b)
    P = softmax(X.dot(W) + b)
    for i in range(len(X)):
        for k in range(len(b)):
            r = P[i, k] - (1.0 if k == y[i] else 0.0)
            db[k] += r / len(X)
            for j in range(X.shape[1]):
                dW[j, k] += X[i, j] * r / len(X)
    return dW + l2 * W, db

def predict(X, W, b):
    return [int(np.argmax(row)) for row in X.dot(W) + b]

def batches(X, y, batch_size, rng):
    rows = list(range(len(X)))
    rng.shuffle(rows)
    out = []
    while rows:
        now, rows = rows[:batch_size], rows[batch_size:]
        out.append((X[now], [y[i] for i in now]))
    return out

def train(X, y, n_classes, l2, learning_rate, epochs):
    W, b = np.zeros((X.shape[1], n_classes)), np.zeros(n_classes)
    for _ in range(epochs):
        P = np.exp(X @ W + b)
        P /= P.sum(axis=1, keepdims=True)
        R = (P - (np.arange(n_classes) == y[:, None])) / len(X)
        W, b = W - learning_rate * (X.T @ R + l2 * W), b - learning_rate * R.sum(axis=0)
    return W, b
"""

SINGLE = altered(
    PLAIN_SOURCE,
    ("def softmax(z):\n", "def softmax(z):\n    z = z.astype(np.float32)\n"),
    ("def cross_entropy(z, y):\n", "def cross_entropy(z, y):\n    z = z.astype(np.float32)\n"),
    (
        "    return cross_entropy(X @ W + b, y) + ",
        "    X, W, b, l2 = map(np.float32, (X, W, b, l2))\n    return cross_entropy(X @ W + b, y) + ",
    ),
    ("    n = len(y)\n", "    n = len(y)\n    X, W, b, l2 = map(np.float32, (X, W, b, l2))\n"),
    ("yield X[rows], ", "yield X[rows].astype(np.float32), "),
    (
        "np.zeros((X.shape[1], n_classes)), np.zeros(n_classes)",
        "np.zeros((X.shape[1], n_classes), np.float32), np.zeros(n_classes, np.float32)",
    ),
)

SINGLE_CS231N = altered(
    CS231N_SOURCE,
    ("    num_train = X.shape[0]\n", "    num_train = X.shape[0]\n    W, X, reg = map(np.float32, (W, X, reg))\n"),
)

SINGLE_D2L = altered(
    D2L_SOURCE,
    ("def softmax(X):\n", "def softmax(X):\n    X = X.astype('float32')\n"),
    ("def cross_entropy(y_hat, y):\n", "def cross_entropy(y_hat, y):\n    y_hat = y_hat.astype('float32')\n"),
    (
        "def gradient(X, y, W, b):\n",
        "def gradient(X, y, W, b):\n    X, W, b = (a.astype('float32') for a in (X, W, b))\n",
    ),
)

KEEPDIMS = altered(
    PLAIN_SOURCE,
    (
        "    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))\n",
        "    each = np.arange(len(y))[:, None], y[:, None]\n",
    ),
    (
        "    return -log_p[np.arange(len(y)), y].mean()",
        "    return np.mean(np.log(np.exp(z).sum(1, keepdims=True)) - z[each], 0)",
    ),
    ("P.sum(axis=0) / n", "np.ones(n) @ P / n"),
)

MINI_BATCHES = """
    rng = np.random.default_rng(0)
    W, b = rng.normal(0, 0.01, (X.shape[1], n_classes)), np.zeros(n_classes)
    for epoch in range(epochs):
        for X_batch, y_batch in batches(X, y, 10, rng):
            grad_W, grad_b = gradient(X_batch, y_batch, W, b, l2)
            W, b = W - learning_rate * grad_W, b - learning_rate * grad_b
    return W, b
"""

LOG_SUM_EXP = (
    altered(
        PLAIN_SOURCE[: PLAIN_SOURCE.index("    W, b = np.zeros")],
        (
            "    return e / e.sum(axis=1, keepdims=True)",
            "    return np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])",
        ),
        ("z - np.log(np.exp(z).sum(axis=1, keepdims=True))", "z - np.logaddexp.reduce(z, axis=1, keepdims=True)"),
        ("P[np.arange(n), y] -= 1", "P = P - np.eye(len(b))[y]"),
    )
    + MINI_BATCHES
)

NAIVE_CS231N = """
import numpy as np

def softmax_loss_vectorized(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        scores -= scores.max()
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += np.log(np.sum(np.exp(scores))) - scores[y[i]]
        for j in range(W.shape[1]):
            dW[:, j] += X[i] * p[j]
        dW[:, y[i]] -= X[i]
    loss, dW = loss / X.shape[0], dW / X.shape[0]
    loss += reg * np.sum(W ** 2)
    dW += 2 * reg * W
    return loss, dW

def predict(W, X):
    y_pred = np.zeros(X.shape[0])
    y_pred[:] = np.argmax(X @ W, axis=1)
    return y_pred

def train(X, y, num_classes, learning_rate, reg, num_iters):
    W = np.zeros((X.shape[1], num_classes))
    for it in range(num_iters):
        W -= learning_rate * softmax_loss_vectorized(W, X, y, reg)[1]
    return W
"""

STYLES = {
    **{f"{name} as it is": (name, source) for name, source in SOURCES.items()},
    "loops and lists": ("plain", LOOPS),
    "float32": ("plain", SINGLE),
    "float32 with the bias inside": ("cs231n", SINGLE_CS231N),
    "float32 of probabilities": ("d2l", SINGLE_D2L),
    "keepdims to the end": ("plain", KEEPDIMS),
    "log-sum-exp and mini-batches": ("plain", LOG_SUM_EXP),
    "loops with the bias inside": ("cs231n", NAIVE_CS231N),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [None, 1])
def test_a_right_solution_gets_full_marks_and_no_mistake(style, seed):
    homework, source = STYLES[style]
    spec = SPECS[homework]
    if seed is not None:  # other inputs than the public ones
        public = graded(source, spec)
        spec = replace(spec, seed=seed, hidden=tuple(result.check for result in public.results))
    judgement = graded(source, spec)
    assert [result for result in judgement.results if result.points < result.of] == []
    assert judgement.likely == ""
    assert judgement.score == judgement.of > 15


@pytest.mark.parametrize(("reduction", "penalty"), [("mean", "l2"), ("sum", "l2/2"), ("sum", "l2"), ("none", "l2/2")])
def test_each_reduction_and_penalty_has_a_right_solution(reduction, penalty):
    changes = []
    if penalty == "l2":
        changes += [("l2 / 2 *", "l2 *"), ("+ l2 * W", "+ 2 * l2 * W")]
    if reduction == "sum":
        changes += [("y].mean()", "y].sum()"), ("P / n", "P"), ("P.sum(axis=0) / n", "P.sum(axis=0)")]
    if reduction == "none":
        changes += [("y].mean()", "y]"), ("cross_entropy(X @ W + b, y)", "cross_entropy(X @ W + b, y).mean()")]
    judgement = graded(altered(PLAIN_SOURCE, *changes), replace(SPECS["plain"], reduction=reduction, penalty=penalty))
    assert (judgement.score, judgement.likely) == (judgement.of, "")
