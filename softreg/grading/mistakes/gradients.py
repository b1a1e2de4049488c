"""Mistakes of the gradient and of the prediction."""

from __future__ import annotations

from softreg.grading.mistakes.kind import Kind

__all__ = ["GRADIENTS", "PREDICTIONS"]

READ = "See residual in softreg/functional.py, and softreg/objective/objective.py."

GRADIENTS = (
    Kind(
        "one-hot labels not subtracted",
        ({"one_hot": False},),
        "The gradient is made of the probabilities alone, without the labels.",
        "Where does y enter your gradient?",
        f"dL/dz = p - e_y: what the model gave to each class, less one for the right class. {READ}",
    ),
    Kind(
        "bias gradient summed over classes",
        ({"classes": "each"}, {"classes": "all"}),
        "The bias's gradient is summed over classes, where each row's residuals add up to 0, and not over rows.",
        "How many biases are there, and how many numbers does your gradient of them have?",
        f"grad_b = R.sum(axis=0), one number for each class. {READ}",
    ),
    Kind(
        "gradient transposed",
        ({"transposed": True},),
        "The gradient of W is returned with its axes exchanged.",
        "A gradient has the shape of what it is the gradient of.",
        f"grad_W = X^T R is (n_features, n_samples) times (n_samples, n_classes). {READ}",
    ),
    Kind(
        "bias left out of the logits",
        ({"intercept": False},),
        "The logits are X W without the bias.",
        "Where does b enter your logits?",
        f"logits = X W + b, with b added to each row. {READ}",
    ),
    Kind(
        "integer overflow of input",
        ({"integers": "negated"}, {"integers": "partly"}, {"integers": "int8"}),
        "Pixels of type uint8 were negated, or put into int8: in 8 bits -3 is 253, and 200 is -56.",
        "What does -X print where X is an array of uint8?",
        f"X = X.astype(float) before any arithmetic, or X.T @ (p - Y) in place of -X.T @ (Y - p). {READ}",
    ),
)

PREDICTIONS = (
    Kind(
        "argmin for argmax",
        ({"pick": "argmin"},),
        "The class of the smallest logit is predicted.",
        "Which class does a large logit speak for?",
        "logits.argmax(axis=1). See predict in softreg/model.py.",
    ),
    Kind(
        "largest value for its place",
        ({"pick": "max"},),
        "The largest probability is returned, and not the class that it belongs to.",
        "Is a label a number from 0 to 1?",
        "argmax gives the place of the maximum, max its value. See predict in softreg/model.py.",
    ),
    Kind(
        "argmax over the wrong axis",
        ({"pick": "column"},),
        "For each class its likeliest row is returned, not for each row its likeliest class.",
        "How many labels do you return, and how many rows were there?",
        "logits.argmax(axis=1), over classes. See predict in softreg/model.py.",
    ),
)
