"""The sentences that depend on the learner's numbers: each is chosen by comparing them."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["on_fair_rivals", "on_own_scores", "on_training", "verdicts"]


def on_own_scores(numbers: dict[str, Any]) -> str:
    """Return what plain normalization makes of the learner's scores."""
    z, plain = numbers["z"], numbers["plain"]
    told = "For the scores [{z:.4g}] softmax gives {p:.4f}; plain normalization gives "
    if not np.isfinite(plain).all():
        return told + "nothing: the scores sum to {sum_z:.4g}, and dividing by that is undefined."
    told += "{plain:.4g}"
    if (z >= 0).all():
        return told + ", which are probabilities, since no score is below 0. A score below 0 would spoil them."
    if (z <= 0).all():
        return told + ", in the reversed order, since no score is above 0."
    return told + ". These sum to 1, but they are no probabilities: some lie outside of 0 and 1."


def on_training(numbers: dict[str, Any]) -> str:
    """Return what became of plain normalization in training."""
    if numbers["first_outside"] is None:
        return "On these rows every plain p stayed between 0 and 1 for {steps} steps. Nothing makes it stay there."
    told = ['After step {first_outside} a plain "probability" lies outside of 0 and 1 for the first time.']
    if numbers["least_row_loss"] < 0:
        told.append(
            "The loss of plain normalization is no success then: after step {last} that of one row is "
            "{least_row_loss:.3f}, and a loss below 0 says that p is above 1."
        )
    if numbers["first_lost"] is not None:
        told.append(
            "After step {first_lost} it is undefined: the p of their own class is 0 or below for "
            f"{{lost[{numbers['first_lost']}]}} of {{n_rows}} rows, and there is no logarithm of that."
        )
    return " ".join([*told, _on_smaller(numbers)])


def _on_smaller(numbers: dict[str, Any]) -> str:
    smaller, first = numbers["smaller_outside"], numbers["first_outside"]
    if smaller is None:
        return "With {smaller:g} of the step no p leaves 0 to 1 within {steps} steps: it is slower, and not safe."
    if smaller > first:
        return (
            "With {smaller:g} of the step it takes longer, and then happens too: p leaves 0 to 1 after step "
            "{smaller_outside}."
        )
    return "With {smaller:g} of the step p leaves 0 to 1 as early, after step {smaller_outside}."


def verdicts(numbers: dict[str, Any]) -> tuple[str, ...]:
    """Return what each rule reached, softmax first: whether its starts agree, and how it compares with softmax."""
    near, lowest, highest = numbers["near"], numbers["lowest"], numbers["highest"]
    told = []
    for k, (low, high) in enumerate(zip(lowest, highest, strict=True)):
        agree, better, worse = high - low <= near, low < lowest[0] - near, low > highest[0] + near
        than = "below softmax" if better else "above softmax" if worse else "as low as softmax"
        if k == 0:
            told.append(_on_softmax(agree))
        elif agree:
            told.append(f"{{rules[{k}]}}: every start reaches about {{lowest[{k}]:.3f}}, {than}.")
        else:
            told.append(
                f"{{rules[{k}]}}: the starts do not agree, {{lowest[{k}]:.3f}} to {{highest[{k}]:.3f}}; "
                f"the best of them is {than}."
            )
    return tuple(told)


def _on_softmax(agree: bool) -> str:
    if agree:
        return "softmax: every start reaches about {lowest[0]:.3f}."
    return (
        "softmax: after {rival_steps} steps the starts are still at {lowest[0]:.3f} to {highest[0]:.3f}, on the way "
        "down to one loss."
    )


def on_fair_rivals(numbers: dict[str, Any]) -> str:
    """Return what an honest reader takes from the comparison."""
    highest = numbers["highest"]
    fair = [k for k in range(1, len(highest)) if highest[k] <= highest[0] + numbers["near"]]
    names = " and ".join(f"{{rules[{k}]}}" for k in fair)
    did = f"on these rows {names} did as well or better from every start" if fair else _NONE_FAIR
    return (
        f"The exponential is not the only possible choice: {did}. But log(p_j / p_k) = z_j - z_k, linear, holds for it "
        "alone. Any other g makes another model, which may fit some rows better, without the residual alone as "
        "gradient."
    )


_NONE_FAIR = "others are in use, though on these rows none did as well from every start"
