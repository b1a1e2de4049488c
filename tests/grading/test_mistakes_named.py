"""Every known mistake, planted as students write it in each convention in which it makes sense, is named, alone."""

from __future__ import annotations

import pytest
from classroom import SOURCES, SPECS, altered, graded

MAX_PLAIN = "z - z.max(axis=1, keepdims=True)"
STABLE = """    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
"""
CS_SCORES = "    scores = scores - np.max(scores, axis=1, keepdims=True)\n"
CS_LOSS = "np.mean(log_sum - correct) + reg * np.sum(W * W)"
CS_PROBS = "(np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True))[np.arange(num_train), y]"
CS_GRAD = "dW = X.T.dot(probs) / num_train + 2 * reg * W"
D2L_MAX = "X - X.max(1, keepdims=True)"
D2L_GRAD = "X.T @ (y_hat - one_hot) / len(X), (y_hat - one_hot).mean(0)"
LAST = "return -log_p[np.arange(len(y)), y].mean()"
PENALTY = "l2 / 2 * (W ** 2).sum()"
GRAD = "return X.T @ P / n + l2 * W, P.sum(axis=0) / n"
ROWS = "yield X[rows], y[rows]"

PLANTED = [
    # name of the mistake, homework, and what is written in place of what
    ("no maximum subtracted", "plain", [("z.max(axis=1, keepdims=True)", "0")]),
    ("no maximum subtracted", "d2l", [(D2L_MAX, "X")]),
    ("no maximum subtracted", "cs231n", [(CS_SCORES, "")]),
    ("maximum over the whole array", "plain", [("z.max(axis=1, keepdims=True)", "z.max()")]),
    (
        "maximum over the whole array",
        "plain",
        [(STABLE, "    log_p = np.log(softmax(z))\n"), ("z.max(axis=1, keepdims=True)", "np.max(z)")],
    ),
    ("maximum over the whole array", "d2l", [(D2L_MAX, "X - X.max()")]),
    ("maximum over the whole array", "cs231n", [("np.max(scores, axis=1, keepdims=True)", "np.max(scores)")]),
    ("mean subtracted for the maximum", "plain", [("z.max(", "z.mean(")]),
    ("mean subtracted for the maximum", "cs231n", [("np.max(scores, axis", "np.mean(scores, axis")]),
    ("softmax over the wrong axis", "plain", [("axis=1, keepdims=True", "axis=0, keepdims=True")]),
    (
        "softmax over the wrong axis",
        "plain",
        [("e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0)"), (STABLE, "    log_p = np.log(softmax(z))\n")],
    ),
    ("softmax over the wrong axis", "d2l", [("(1, keepdims", "(0, keepdims")]),
    (
        "softmax over the wrong axis",
        "cs231n",
        [
            ("axis=1, keepdims", "axis=0, keepdims"),
            ("np.exp(scores), axis=1)", "np.exp(scores), axis=0, keepdims=True)"),
            ("np.mean(log_sum - correct)", "np.mean((log_sum - scores)[np.arange(num_train), y])"),
        ],
    ),
    ("log of softmax underflowing", "plain", [(STABLE, "    log_p = np.log(softmax(z))\n")]),
    (
        "log of softmax underflowing",
        "cs231n",
        [
            (
                "np.mean(log_sum - correct)",
                f"-np.log({CS_PROBS}).sum() / num_train",
            )
        ],
    ),
    ("epsilon inside the logarithm", "plain", [(STABLE, "    log_p = np.log(softmax(z) + 1e-12)\n")]),
    ("epsilon inside the logarithm", "plain", [(STABLE, "    log_p = np.log(np.clip(softmax(z), 1e-7, 1 - 1e-7))\n")]),
    (
        "epsilon inside the logarithm",
        "d2l",
        [("np.log(y_hat[range(len(y_hat)), y])", "np.log(y_hat[range(len(y_hat)), y] + 1e-8)")],
    ),
    (
        "epsilon inside the logarithm",
        "d2l",
        [("y_hat[range(len(y_hat)), y]", "np.maximum(y_hat[range(len(y_hat)), y], 1e-15)")],
    ),
    (
        "epsilon inside the logarithm",
        "cs231n",
        [
            (
                "np.mean(log_sum - correct)",
                f"-np.mean(np.log({CS_PROBS} + 1e-10))",
            )
        ],
    ),
    ("sum over the whole array", "plain", [("e / e.sum(axis=1, keepdims=True)", "e / e.sum()")]),
    ("sum over the whole array", "d2l", [("X_exp.sum(1, keepdims=True)", "np.sum(X_exp)")]),
    ("the exponential forgotten", "plain", [("e = np.exp(z - z.max(axis=1, keepdims=True))", "e = z")]),
    ("the exponential forgotten", "d2l", [("X_exp = np.exp(X - X.max(1, keepdims=True))", "X_exp = X")]),
    (
        "returned in another order",
        "plain",
        [(GRAD, "return P.sum(axis=0) / n, X.T @ P / n + l2 * W"), ("grad_W, grad_b =", "grad_b, grad_W =")],
    ),
    ("returned in another order", "cs231n", [("return loss, dW", "return dW, loss")]),
    ("(n,1) broadcast to n x n", "plain", [("P[np.arange(n), y] -= 1", "P[np.arange(n), y[:, None]] -= 1")]),
    ("the sign", "plain", [(GRAD, "return -(X.T @ P / n + l2 * W), -P.sum(axis=0) / n")]),
    ("bias left out of the logits", "plain", [("(X @ W + b).argmax", "(X @ W).argmax")]),
    ("softmax over the wrong axis", "d2l", [("softmax(X @ W + b).argmax(1)", "softmax((X @ W + b).T).T.argmax(1)")]),
    ("one-hot labels not subtracted", "d2l", [("(y_hat - one_hot).mean(0)", "y_hat.mean(0)")]),
    (
        "softmax taken twice",
        "plain",
        [
            (
                "log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "p = softmax(z)\n    log_p = np.log(softmax(p))",
            )
        ],
    ),
    ("softmax taken twice", "d2l", [("    return -np.log(y", "    y_hat = softmax(y_hat)\n    return -np.log(y")]),
    (
        "cut to whole numbers",
        "plain",
        [
            (
                "    return e / e.sum(axis=1, keepdims=True)",
                "    p = np.zeros_like(z)\n    for i in range(len(z)):\n        p[i] = e[i] / e[i].sum()\n    return p",
            )
        ],
    ),
    (
        "cut to whole numbers",
        "d2l",
        [
            (
                "    return X_exp / partition",
                "    out = np.empty_like(X)\n    out[:] = X_exp / partition\n    return out",
            )
        ],
    ),
    (
        "sum for mean",
        "plain",
        [(LAST, LAST.replace("mean", "sum")), ("P / n", "P"), ("P.sum(axis=0) / n", "P.sum(axis=0)")],
    ),
    ("sum for mean", "plain", [(LAST, LAST.replace("mean", "sum"))]),
    ("sum for mean", "cs231n", [("np.mean(log_sum", "np.sum(log_sum"), (" / num_train + 2", " + 2")]),
    (
        "mean for each row's loss",
        "d2l",
        [("np.log(y_hat[range(len(y_hat)), y])", "np.log(y_hat[range(len(y_hat)), y]).mean()")],
    ),
    (
        "sum for each row's loss",
        "d2l",
        [("return -np.log(y_hat[range(len(y_hat)), y])", "return -sum(np.log(y_hat[range(len(y_hat)), y]))")],
    ),
    ("each row's loss for mean", "plain", [(LAST, LAST.replace(".mean()", ""))]),
    ("gradient not divided by n", "plain", [("P / n", "P"), ("P.sum(axis=0) / n", "P.sum(axis=0)")]),
    ("gradient not divided by n", "d2l", [(D2L_GRAD, "X.T @ (y_hat - one_hot), (y_hat - one_hot).sum(0)")]),
    ("gradient not divided by n", "cs231n", [(" / num_train + 2", " + 2")]),
    ("mean over n K", "plain", [(LAST, "return -np.mean(np.eye(z.shape[1])[y] * log_p)")]),
    (
        "mean over n K",
        "d2l",
        [(D2L_GRAD, "X.T @ (y_hat - one_hot) / one_hot.size, (y_hat - one_hot).sum(0) / one_hot.size")],
    ),
    (
        "mean over n K",
        "cs231n",
        [("np.mean(log_sum - correct)", "np.mean(np.eye(W.shape[1])[y] * (log_sum[:, None] - scores))")],
    ),
    ("the sign", "plain", [("P[np.arange(n), y] -= 1", "P = np.eye(len(b))[y] - P")]),
    ("the sign", "plain", [("return -log_p", "return log_p")]),
    ("the sign", "d2l", [("return -np.log", "return np.log")]),
    ("the sign", "d2l", [("y_hat - one_hot", "one_hot - y_hat")]),
    ("the sign", "cs231n", [("return loss, dW", "return loss, -dW")]),
    ("labels from 1", "plain", [("(X @ W + b).argmax(axis=1)", "np.argmax(X @ W + b, axis=1) + 1")]),
    (
        "labels from 1",
        "plain",
        [
            (LAST, "return -np.mean([log_p[i, y[i] - 1] for i in range(len(y))])"),
            ("P[np.arange(n), y] -= 1", "P[np.arange(n), y - 1] -= 1"),
        ],
    ),
    ("labels from 1", "d2l", [("[range(len(y_hat)), y]", "[range(len(y_hat)), y - 1]")]),
    (
        "labels from 1",
        "cs231n",
        [
            ("np.argmax(X.dot(W), axis=1)", "1 + np.argmax(X.dot(W), axis=1)"),
            ("[np.arange(num_train), y]", "[np.arange(num_train), y - 1]"),
        ],
    ),
    ("(n,1) broadcast to n x n", "plain", [(LAST, "return -log_p[np.arange(len(y)), y.reshape(-1, 1)].mean()")]),
    ("(n,1) broadcast to n x n", "d2l", [("[range(len(y_hat)), y]", "[range(len(y_hat)), y.reshape(-1, 1)]")]),
    (
        "(n,1) broadcast to n x n",
        "cs231n",
        [
            ("correct = scores[np.arange(num_train), y]", "correct = scores[np.arange(num_train), y[:, np.newaxis]]"),
            ("np.mean(log_sum - correct)", "np.mean(log_sum.reshape(1, -1) - correct)"),
        ],
    ),
    ("log2", "plain", [("np.log(", "np.log2("), ("log_p = z -", "log_p = z / np.log(2) -")]),
    ("log2", "d2l", [("np.log(", "np.log2(")]),
    ("log2", "cs231n", [("np.mean(log_sum - correct)", "np.mean(log_sum - correct) / np.log(2)")]),
    ("log10", "d2l", [("np.log(", "np.log10(")]),
    ("logits taken as probabilities", "plain", [(STABLE, "    log_p = np.log(z)\n")]),
    (
        "a penalised bias",
        "plain",
        [(PENALTY, "l2 / 2 * ((W ** 2).sum() + (b ** 2).sum())"), ("P.sum(axis=0) / n", "P.sum(axis=0) / n + l2 * b")],
    ),
    ("a penalised bias", "plain", [("P.sum(axis=0) / n", "P.sum(axis=0) / n + l2 * b")]),
    (
        "bias left out of the penalty",
        "cs231n",
        [
            ("reg * np.sum(W * W)", "reg * np.sum(W[:-1] ** 2)"),
            ("2 * reg * W", "2 * reg * np.vstack([W[:-1], 0 * W[-1:]])"),
        ],
    ),
    ("l2 without its factor", "plain", [(PENALTY, "l2 * (W ** 2).sum()")]),
    ("l2 without its factor", "plain", [("l2 * W,", "2 * l2 * W,"), (PENALTY, "l2 * (W ** 2).sum()")]),
    ("l2 with a factor 1/2", "cs231n", [("reg * np.sum", "0.5 * reg * np.sum"), ("2 * reg * W", "reg * W")]),
    ("l2 with a factor 1/2", "cs231n", [("2 * reg * W", "reg * W")]),
    ("penalty forgotten", "plain", [(" + l2 * W", "")]),
    ("penalty forgotten", "cs231n", [(" + reg * np.sum(W * W)", ""), (" + 2 * reg * W", "")]),
    ("norm not squared", "plain", [(PENALTY, "l2 / 2 * np.linalg.norm(W)")]),
    ("norm not squared", "cs231n", [("np.sum(W * W)", "np.sqrt(np.sum(W * W))")]),
    (
        "penalty divided by n",
        "plain",
        [(PENALTY, "l2 / (2 * len(y)) * (W ** 2).sum()"), ("P / n + l2 * W", "(P + 0) / n + l2 / n * W")],
    ),
    ("penalty divided by n", "cs231n", [(CS_LOSS, "(np.sum(log_sum - correct) + reg * np.sum(W * W)) / num_train")]),
    ("one-hot labels not subtracted", "plain", [("    P[np.arange(n), y] -= 1\n", "")]),
    ("one-hot labels not subtracted", "d2l", [("y_hat - one_hot", "y_hat")]),
    ("one-hot labels not subtracted", "cs231n", [("    probs[np.arange(num_train), y] -= 1\n", "")]),
    ("bias gradient summed over classes", "plain", [("P.sum(axis=0) / n", "P.sum(axis=1) / n")]),
    ("bias gradient summed over classes", "plain", [("P.sum(axis=0) / n", "P.sum() / n")]),
    ("bias gradient summed over classes", "d2l", [("(y_hat - one_hot).mean(0)", "(y_hat - one_hot).mean()")]),
    ("gradient transposed", "plain", [("X.T @ P / n + l2 * W", "P.T @ X / n + l2 * W.T")]),
    ("gradient transposed", "d2l", [("X.T @ (y_hat - one_hot)", "(y_hat - one_hot).T @ X")]),
    ("bias left out of the logits", "plain", [("softmax(X @ W + b)", "softmax(X @ W)")]),
    ("bias left out of the logits", "d2l", [("softmax(X @ W + b)", "softmax(X @ W)")]),
    ("integer overflow of input", "plain", [(GRAD, "return -X.T @ (-P) / n + l2 * W, P.sum(axis=0) / n")]),
    ("integer overflow of input", "d2l", [(D2L_GRAD, "-X.T @ (one_hot - y_hat) / len(X), (y_hat - one_hot).mean(0)")]),
    ("integer overflow of input", "cs231n", [("X.T.dot(probs)", "(-X).T.dot(-probs)")]),
    (
        "integer overflow of input",
        "plain",
        [
            (
                "    return (X @ W + b)",
                "    X = np.asarray(X, dtype=np.int8) if X.dtype == np.uint8 else X\n    return (X @ W + b)",
            )
        ],
    ),
    ("argmin for argmax", "plain", [("argmax", "argmin")]),
    ("argmin for argmax", "d2l", [("argmax", "argmin")]),
    ("argmin for argmax", "cs231n", [("argmax", "argmin")]),
    ("largest value for its place", "d2l", [("argmax(1)", "max(1)")]),
    ("argmax over the wrong axis", "plain", [("argmax(axis=1)", "argmax(axis=0)")]),
    ("argmax over the wrong axis", "cs231n", [("np.argmax(X.dot(W), axis=1)", "np.argmax(X.dot(W), axis=0)")]),
    (
        "input changed in place",
        "plain",
        [
            (
                "    e = np.exp(z - z.max(axis=1, keepdims=True))",
                "    z -= z.max(axis=1, keepdims=True)\n    e = np.exp(z)",
            )
        ],
    ),
    (
        "input changed in place",
        "d2l",
        [
            (
                "    X_exp = np.exp(X - X.max(1, keepdims=True))",
                "    X -= X.max(1, keepdims=True)\n    X_exp = np.exp(X)",
            )
        ],
    ),
    ("input changed in place", "cs231n", [("    dW = X.T", "    W *= 1.5\n    W /= 1.5 * (1 + 1e-12)\n    dW = X.T")]),
    ("X shuffled without y", "plain", [(ROWS, "yield X[rows], y[start:start + batch_size]")]),
    ("X shuffled without y", "d2l", [("labels[batch_indices]", "labels[i: min(i + batch_size, num_examples)]")]),
    (
        "X shuffled without y",
        "plain",
        [
            (
                "    order = rng.permutation(len(X))\n",
                "    order = rng.permutation(len(X))\n    y = rng.permutation(y)\n",
            )
        ],
    ),
    (
        "the last batch dropped",
        "plain",
        [("range(0, len(X), batch_size)", "range(0, len(X) - batch_size + 1, batch_size)")],
    ),
    (
        "the last batch dropped",
        "d2l",
        [
            (
                "for i in range(0, num_examples, batch_size)",
                "for i in [k * batch_size for k in range(num_examples // batch_size)]",
            )
        ],
    ),
    ("rows drawn with replacement", "plain", [("rng.permutation(len(X))", "rng.integers(len(X), size=len(X))")]),
    ("rows not shuffled", "plain", [("rng.permutation(len(X))", "np.arange(len(X))")]),
    ("rows not shuffled", "d2l", [("    rng.shuffle(indices)\n", "")]),
]


@pytest.mark.parametrize(("mistake", "homework", "changes"), PLANTED)
def test_a_planted_mistake_is_named_alone(mistake, homework, changes):
    judgement = graded(altered(SOURCES[homework], *changes), SPECS[homework])
    assert judgement.likely == mistake
    assert judgement.score < judgement.of
