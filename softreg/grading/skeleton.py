"""Skeleton: the file that students begin with, made of the homework: every function, what comes in and goes out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from softreg.grading.spec import Function, Spec

__all__ = ["skeleton"]

_DOES: Mapping[str, str] = {
    "softmax": "Return the probabilities of the classes, each row from its own logits.",
    "cross_entropy": "Return the cross-entropy of the right classes.",
    "loss": "Return the loss of softmax regression.",
    "gradient": "Return the gradient of the loss of softmax regression.",
    "predict": "Return the likeliest class of each row; of equals the first.",
    "batches": "Yield pairs (X, y) of batch_size rows in random order; the last may be smaller.",
    "train": "Return a model fitted by gradient descent on all rows, from zeros.",
}
_WIDTH = 88
_RIGHT = "-log of the probability of the right class"


def skeleton(spec: Spec, name: str = "hw1") -> str:
    """Return the skeleton of a homework as Python; each function raises ``NotImplementedError``."""
    head = f"{spec.title}.\n\nWrite the functions below, with NumPy. Rows are samples; classes are counted from 0."
    if spec.bias_inside:
        head += " The bias is the last row of W, and the last column of X holds ones."
    paragraphs = [_filled(part) for part in head.split("\n\n")]
    told = "\n\n".join([*paragraphs, f"To see how far you are:  softreg grade {name}.py"])
    return (
        "\n\n\n".join([f'"""{told}\n"""\n\nimport numpy as np', *(_function(spec, each) for each in spec.functions)])
        + "\n"
    )


def _function(spec: Spec, function: Function) -> str:
    own = function.own
    arguments = ", ".join(own.get(word, word) for word in function.takes)
    lines = [_filled(_DOES[function.role]), ""]
    if function.role == "gradient" and "loss" not in function.returns:
        lines += [_filled(f"The loss is {_loss(spec, function).removeprefix('a number: ')}."), ""]
    names = [own.get(word, word) for word in (*function.takes, *function.returns)]
    width = max(map(len, names)) + 2
    lines += [_entry(own.get(word, word), _means(spec, function, word), width) for word in function.takes]
    lines += ["", "Yields:" if function.role == "batches" else "Returns:"]
    lines += [_entry(own.get(word, word), _means(spec, function, word, out=True), width) for word in function.returns]
    body = textwrap.indent("\n".join(lines), "    ").lstrip()
    return f'def {function.name}({arguments}):\n    """{body}\n    """\n    raise NotImplementedError'


def _means(spec: Spec, function: Function, word: str, *, out: bool = False) -> str:
    """What a word stands for, with its shape."""
    inside = spec.bias_inside
    rows = "n_features + 1" if inside else "n_features"
    factor = spec.penalty.replace("l2", function.own.get("l2", "l2"))
    penalised = f"{factor} * sum of W**2{', the bias too' if inside else ''}"
    words = {
        "X": f"array (n_samples, {rows})",
        "y": "array (n_samples,) of class indices",
        "W": f"array ({rows}, n_classes)",
        "b": "array (n_classes,)",
        "l2": f"a number; the penalty is {penalised}",
        "logits": "array (n_samples, n_classes) of any real numbers",
        "proba": "array (n_samples, n_classes); each row sums to 1",
        "loss": _loss(spec, function),
        "grad_W": "array of W's shape",
        "grad_b": "array of b's shape",
        "batch_size": "rows of a batch",
        "rng": "a numpy Generator, to draw the order of the rows with",
        "pairs": "X and y of a batch, whose rows belong together",
        "n_classes": "the number of classes",
        "learning_rate": "the length of a step",
        "epochs": "the number of steps",
    }
    if word == "y" and not out and function.role == "batches":
        return "array (n_samples,)"
    return words[word]


def _loss(spec: Spec, function: Function) -> str:
    if function.role == "cross_entropy":
        return {
            "mean": f"a number: the mean over the rows of {_RIGHT}",
            "sum": f"a number: the sum over the rows of {_RIGHT}",
            "none": f"array (n_samples,): {_RIGHT}, for each row",
        }[spec.reduction]
    total = "sum" if spec.reduction == "sum" else "mean"
    penalty = ", and the penalty" if "l2" in function.takes else ""
    return f"a number: the {total} over the rows of {_RIGHT}{penalty}"


def _entry(name: str, means: str, width: int) -> str:
    return _filled(f"{name:<{width}}{means}", " " * width)


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH - 4, subsequent_indent=indent)
