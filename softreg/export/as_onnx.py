"""A model as ONNX: a small graph for other runtimes, with the preparation of the features inside.

**Inputs**, in double precision as softreg computes (in float32, raw columns that lie far from zero cancel):

* where the features are the columns themselves, one tensor ``features`` (n, n_features);
* otherwise a tensor (n, 1) for each column, named as it is: double for numbers, string for categories. NaN is a missing
  number; ``""`` and the other words that are none in a table (``MISSING_WORDS``) are missing categories.

**Outputs**: ``label`` (n,), a string, and ``probabilities`` (n, n_classes), in double. Where softreg would refuse a
row, because a value is infinite, or missing and nothing stands for it, a graph cannot raise: it says NaN, and the label
``""``.

A one-hot vector times a matrix is a row of that matrix. So the graph holds, for each category, a table (n_values,
n_classes) of what its values add to the logits, and looks them up; a value that training has not seen adds nothing.
Operators of opset 13 and of ai.onnx.ml 2 alone, which runtimes have had since 2020.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from softreg.errors import DataError, UsageError, listed
from softreg.model import SoftmaxModel
from softreg.preparation import Category, Number

__all__ = ["to_onnx"]

OPSET, ML_OPSET, IR_VERSION = 13, 2, 7
FEATURES, LABEL, PROBABILITIES = "features", "label", "probabilities"
MOST_BYTES = 2**31 - 1
"""A message of Protocol Buffers holds no more."""


@dataclass
class _Graph:
    """Nodes and tensors, as they are added; every method returns the name of a value."""

    helper: Any
    tensor: Any
    kinds: Any
    inputs: list[Any] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)

    def node(self, operator: str, name: str, *values: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(self.helper.make_node(operator, list(values), [name], name, domain=domain, **attributes))
        return name

    def constant(self, name: str, values: Any) -> str:
        self.tensors.append(self.tensor(np.asarray(values), name))
        return name

    def ask(self, name: str, kind: int, width: int) -> str:
        self.inputs.append(self.helper.make_tensor_value_info(name, kind, ["n_rows", width]))
        return name


def to_onnx(model: SoftmaxModel) -> bytes:
    """Return the model as the bytes of an ``.onnx`` file; the same model is the same bytes.

    Raises :class:`UsageError` where the package ``onnx`` is not installed, and :class:`DataError` for what ONNX cannot
    carry: columns without a name of their own, or weights of more than 2 GiB.
    """
    onnx = _onnx()
    _refuse_size(model)
    graph = _Graph(onnx.helper, onnx.numpy_helper.from_array, onnx.TensorProto)
    parts = _from_features(graph, model) if model.preparation.is_plain else _from_columns(graph, model)
    logits = graph.node("Sum", "softreg:logits", *parts, graph.constant("softreg:intercept", model.intercept))
    _answers(graph, logits, model.classes)
    _refuse_names(graph)
    return _as_file(onnx, graph, model)


def _from_features(graph: _Graph, model: SoftmaxModel) -> list[str]:
    """The logits' parts where all columns come as one tensor of numbers."""
    graph.ask(FEATURES, graph.kinds.DOUBLE, len(model.columns))
    return _from_numbers(graph, FEATURES, model.preparation.columns, model.weights, np.zeros_like(model.weights))


def _from_columns(graph: _Graph, model: SoftmaxModel) -> list[str]:
    """The logits' parts where each column comes by its own name."""
    numbers: list[Number] = []
    rows: list[np.ndarray] = []
    parts: list[str] = []
    first = 0
    for place, column in enumerate(model.preparation.columns):
        weights = model.weights[first : first + len(column.features)]
        first += len(weights)
        if isinstance(column, Category):
            graph.ask(column.name, graph.kinds.STRING, 1)
            parts.append(_from_category(graph, f"softreg:{place}", column, weights))
        else:
            graph.ask(column.name, graph.kinds.DOUBLE, 1)
            numbers.append(column)
            rows.append(weights if column.indicator else np.vstack([weights, np.zeros_like(weights)]))
    if not numbers:
        return parts
    joined = graph.node("Concat", "softreg:numbers", *(column.name for column in numbers), axis=1)
    values, missing = (np.array([pair[which] for pair in rows]) for which in (0, 1))
    return parts + _from_numbers(graph, joined, tuple(numbers), values, missing)


def _from_numbers(
    graph: _Graph, raw: str, columns: tuple[Any, ...], weights: np.ndarray, when_missing: np.ndarray
) -> list[str]:
    """``raw`` (n, n_columns) with its gaps filled, times ``weights``; and where a gap was, ``when_missing``."""
    # what nothing stands for stays NaN
    fills = np.array([np.nan if column.fill is None else column.fill for column in columns])
    filled, parts = raw, []
    if not np.isnan(fills).all():
        gaps = graph.node("IsNaN", "softreg:missing", raw)
        filled = graph.node("Where", "softreg:filled", gaps, graph.constant("softreg:fills", fills), raw)
        if when_missing.any():
            ones = graph.node("Cast", "softreg:indicators", gaps, to=graph.kinds.DOUBLE)
            table = graph.constant("softreg:missing weights", when_missing)
            parts.append(graph.node("MatMul", "softreg:from missing", ones, table))
    product = graph.node("MatMul", "softreg:from numbers", filled, graph.constant("softreg:weights", weights))
    return [product, *parts]


def _from_category(graph: _Graph, name: str, column: Category, weights: np.ndarray) -> str:
    """The row of a table that each value of a category adds to the logits."""
    from softreg.data.values import MISSING_WORDS

    common, n_classes = len(column.levels), weights.shape[1]
    nothing, refused = np.zeros((1, n_classes)), np.full((1, n_classes), np.nan)
    table = graph.constant(f"{name} table", np.vstack([weights, nothing, refused]))
    unseen = len(weights)
    missing = {"level": unseen - 1, "none": unseen, "refused": unseen + 1}[column.missing]
    words = [word for word in MISSING_WORDS if word not in column.known]
    rows = [*range(common), *[common] * len(column.rare), *[missing] * len(words)]
    codes = graph.node(
        "LabelEncoder",
        f"{name} codes",
        column.name,
        domain="ai.onnx.ml",
        keys_strings=[*column.known, *words],
        values_int64s=rows,
        default_int64=unseen,
    )
    flat = graph.node("Squeeze", f"{name} rows", codes, graph.constant(f"{name} axis", np.array([1], np.int64)))
    return graph.node("Gather", f"{name} logits", table, flat, axis=0)


def _answers(graph: _Graph, logits: str, classes: tuple[str, ...]) -> None:
    """The outputs: probabilities, and the label of the first of the largest logits."""
    graph.node("Softmax", PROBABILITIES, logits, axis=1)
    likeliest = graph.node("ArgMax", "softreg:likeliest", logits, axis=1, keepdims=0)
    names = graph.constant("softreg:classes", np.array(classes, object))
    said = graph.node("Gather", "softreg:said", names, likeliest, axis=0)
    # a row of probabilities is NaN as a whole
    one = graph.node("Gather", "softreg:first", PROBABILITIES, graph.constant("softreg:zero", np.int64(0)), axis=1)
    refused = graph.node("IsNaN", "softreg:refused", one)
    graph.node("Where", LABEL, refused, graph.constant("softreg:no label", np.array([""], object)), said)


def _as_file(onnx: Any, graph: _Graph, model: SoftmaxModel) -> bytes:
    """The graph with its outputs, its versions, and the names of classes and columns."""
    outputs = [
        onnx.helper.make_tensor_value_info(LABEL, onnx.TensorProto.STRING, ["n_rows"]),
        onnx.helper.make_tensor_value_info(PROBABILITIES, onnx.TensorProto.DOUBLE, ["n_rows", len(model.classes)]),
    ]
    made = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "softmax regression", graph.inputs, outputs, graph.tensors),
        producer_name="softreg",
        producer_version=str(model.metadata.get("softreg", "")),
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
    )
    about = {"classes": model.classes, "columns": model.inputs, "target": model.target}
    onnx.helper.set_model_props(made, {key: json.dumps(value, ensure_ascii=False) for key, value in about.items()})
    return bytes(made.SerializeToString(deterministic=True))


def _refuse_names(graph: _Graph) -> None:
    """Refuse columns that a graph cannot tell apart from each other, or from its own values."""
    asked = [each.name for each in graph.inputs]
    own = {node.output[0] for node in graph.nodes} | {tensor.name for tensor in graph.tensors}
    clashing = sorted({name for name in asked if not name or name in own or asked.count(name) > 1})
    if clashing:
        raise DataError(
            f"ONNX cannot carry these names of columns: {listed(repr(name) for name in clashing)}. An input needs a "
            f'name of its own, and the outputs are called "{LABEL}" and "{PROBABILITIES}".',
            "Rename them and train again, or type --format json.",
        )


def _refuse_size(model: SoftmaxModel) -> None:
    # the tables have up to three rows for each column, beside those of the weights
    n_bytes = (len(model.weights) + 3 * len(model.inputs)) * len(model.classes) * 8
    if n_bytes > MOST_BYTES:
        raise DataError(
            f"ONNX cannot carry {n_bytes / 2**30:.1f} GiB of weights in one file: 2 GiB is the most.",
            "Train on fewer columns, or type --format json.",
        )


def _onnx() -> Any:
    try:
        import onnx
        import onnx.helper
        import onnx.numpy_helper
    except ImportError:
        raise UsageError(
            "The format onnx needs a package that is not installed: onnx.", 'Type pip install "softreg[onnx]".'
        ) from None
    return onnx
