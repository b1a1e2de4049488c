"""Signature: how a course asks for a function, as one line of text.

``gradient = "softmax_loss(W, X, y, reg=l2) -> loss, dW=grad_W"`` says: the function that plays the role ``gradient`` is
called ``softmax_loss``; it takes W, X, y and l2, in this order, and the last one is called ``reg``; it returns the loss
and grad_W, which is called ``dW``. The words behind ``=`` are the roles' own (:data:`softreg.grading.spec.ROLES`).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from softreg.errors import DataError, did_you_mean, listed
from softreg.grading.spec import ROLES, Function

__all__ = ["function_of", "text_of"]

_FORM = re.compile(r"\s*(\w+)\s*\(([^()]*)\)\s*->\s*(.+?)\s*")
_OPTIONAL = {"b", "l2", "rng", "learning_rate", "epochs", "grad_b"}
"""Words that a function need not take or return: no b is a bias inside W, no l2 no penalty."""


def function_of(role: str, text: str) -> Function:
    """Return the function that a line of text describes.

    >>> function_of("softmax", "softmax(O=logits) -> proba").own
    {'logits': 'O'}

    Raises ``DataError`` for text that is no signature, and for words that the role does not know or lacks.
    """
    if role not in ROLES:
        raise DataError(f'"{role}" is no role.', did_you_mean(role, ROLES) or f"The roles are {listed(ROLES)}.")
    match = _FORM.fullmatch(text)
    if not match or not _named(match[1]):
        takes, returns = ROLES[role]
        raise DataError(
            f'"{text}" is no signature.', f'Write it like "{role}({", ".join(takes)}) -> {", ".join(returns)}".'
        )
    (takes, own_taken), (returns, own_returned) = (_words(match[group]) for group in (2, 3))
    allowed_in, allowed_out = _allowed(role)
    _judge(role, "take", takes, allowed_in, ROLES[role][0])
    _judge(role, "return", returns, allowed_out, ROLES[role][1])
    _refuse_half_a_bias(role, takes, returns)
    return Function(role, match[1], takes, returns, own_taken | own_returned)


def text_of(function: Function) -> str:
    """Return the text of which :func:`function_of` makes the function."""

    def said(words: Sequence[str]) -> str:
        return ", ".join(f"{function.own[word]}={word}" if word in function.own else word for word in words)

    return f"{function.name}({said(function.takes)}) -> {said(function.returns)}"


def _named(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _words(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The roles' words of a list, and the course's own for those that have one."""
    words, own = [], {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, word = (side.strip() for side in part.rpartition("="))
        words.append(word or part)
        if name and name != word:
            own[word] = name
    return tuple(words), own


def _allowed(role: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    takes, returns = ROLES[role]
    if role == "cross_entropy":
        takes = (*takes, "proba")
    return takes, ("loss", *returns) if role == "gradient" else returns


def _judge(role: str, verb: str, words: Sequence[str], allowed: Sequence[str], usual: Sequence[str]) -> None:
    for word in words:
        if word not in allowed:
            more = f"It may {verb} {listed(allowed)}; a course's own name stands before =, as in reg=l2."
            near = did_you_mean(word, allowed)
            raise DataError(f'{role} does not {verb} "{word}".', f"{near} {more}".strip())
    if repeated := [word for word in words if list(words).count(word) > 1]:
        raise DataError(f'{role} is to {verb} "{repeated[0]}" twice.', "Give each word once.")
    stands_in = {"logits"} if "proba" in words else set()
    missing = [word for word in usual if word not in {*words, *_OPTIONAL, *stands_in}]
    if missing:
        raise DataError(f'{role} must {verb} "{missing[0]}".', f"It may {verb} {listed(allowed)}.")
    if "proba" in words and "logits" in words:
        raise DataError(f"{role} takes logits and probabilities.", "Give one of the two.")


def _refuse_half_a_bias(role: str, takes: Sequence[str], returns: Sequence[str]) -> None:
    if role == "gradient" and ("b" in takes) != ("grad_b" in returns):
        raise DataError(
            "gradient must take b and return grad_b, or neither.", "With neither the bias is the last row of W."
        )
