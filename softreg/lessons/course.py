"""The course: its topics in order, and the way from what was typed to a topic. The standard library only."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from softreg.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from softreg.lessons.given import Given
    from softreg.lessons.lesson import Lesson

__all__ = ["COURSE", "Topic", "find"]


@dataclass(frozen=True)
class Topic:
    """A lesson's name, title and question; ``takes`` is what of the learner's own it can use: scores, data.

    ``introduces`` are words that no earlier lesson uses; ``known_as`` other words that lead to it.
    """

    name: str
    title: str
    question: str
    takes: tuple[str, ...] = ()
    introduces: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The place in the course, from 1."""
        return COURSE.index(self) + 1

    def teach(self, given: Given) -> Lesson:
        """Compute the lesson."""
        lesson: Lesson = importlib.import_module(f"softreg.lessons.topics.{self.name}").teach(given)
        return lesson


COURSE = (
    Topic(
        "softmax",
        "From scores to probabilities",
        "A model gives each class a score, any real number. How do they become probabilities?",
        takes=("scores",),
        introduces=("softmax", "logit"),
        known_as=("probabilities", "logits", "exponential"),
    ),
    Topic(
        "prediction",
        "From probabilities to an answer",
        "Given the probabilities of the classes, which class should one say, and should one say any?",
        takes=("scores",),
        introduces=("argmax", "threshold"),
        known_as=("argmax", "decision", "threshold", "costs", "rejecting"),
    ),
    Topic(
        "linear",
        "Straight boundaries",
        "Softmax bends every score. Why is the model still called linear, and what can it not do?",
        takes=("data",),
        introduces=("boundary", "least squares"),
        known_as=("boundary", "boundaries", "linearity", "leastsquares"),
    ),
    Topic(
        "likelihood",
        "What a model pays for its probabilities",
        "Which number says how good probabilities are, once the true classes are known?",
        takes=("data",),
        introduces=("cross-entropy", "likelihood", "entropy"),
        known_as=("crossentropy", "loss", "entropy", "surprise", "softlabels", "kldivergence"),
    ),
    Topic(
        "gradient",
        "The residual: what was said, less what was true",
        "Which way should each logit move, and how far, to make the cross-entropy fall?",
        takes=("scores", "data"),
        introduces=("gradient", "residual"),
        known_as=("residual", "derivative", "hessian", "backpropagation"),
    ),
    Topic(
        "normalization",
        "Why the exponential?",
        "Why not divide each score by the sum of the scores, without any exponential?",
        takes=("scores", "data"),
        introduces=("plain normalization", "convex"),
        known_as=("plain", "whysoftmax"),
    ),
    Topic(
        "logistic",
        "Two classes",
        "What is left of softmax regression when there are only two classes?",
        takes=("data",),
        introduces=("sigmoid", "logistic"),
        known_as=("sigmoid", "binary", "logisticregression"),
    ),
    Topic(
        "stability",
        "Numbers that a computer can hold",
        "Why does the formula of the book fail at a score of a thousand, and what does one compute instead?",
        takes=("scores",),
        introduces=("overflow", "log-sum-exp"),
        known_as=("overflow", "logsumexp", "underflow", "numerics"),
    ),
    Topic(
        "descent",
        "Downhill, in steps",
        "How does one find the weights, and how long may a step be?",
        takes=("data",),
        introduces=("learning rate", "momentum", "epoch"),
        known_as=("gradientdescent", "sgd", "optimizers", "momentum", "learningrate", "batch"),
    ),
    Topic(
        "regularization",
        "A price on large weights",
        "Many weights give the very same probabilities. Which of them should one take?",
        takes=("data",),
        introduces=("l2", "penalty"),
        known_as=("l2", "penalty", "weightdecay", "ridge", "shrinkage", "separable", "overparameterisation"),
    ),
    Topic(
        "geometry",
        "The shape of the valley",
        "Why is descent slow on some data, and why do the units of a column matter?",
        takes=("data",),
        introduces=("condition number", "whitening"),
        known_as=("conditioning", "whitening", "preconditioning", "scaling"),
    ),
    Topic(
        "generalization",
        "Rows it never saw",
        "How good is the model on new rows, and how surely do we know it?",
        takes=("data",),
        introduces=("overfitting",),
        known_as=("overfitting", "test", "heldout", "validation"),
    ),
    Topic(
        "calibration",
        "Does one half mean half?",
        "Of all the rows to which the model gives a probability of one half, should half be right?",
        takes=("data",),
        introduces=("calibrated", "reliability", "temperature"),
        known_as=("reliability", "temperature", "overconfidence"),
    ),
    Topic(
        "luce",
        "A model of choice",
        "What happens to the other probabilities when one alternative is struck from the list?",
        takes=("scores", "data"),
        introduces=("Luce", "red bus"),
        known_as=("choice", "redbus", "iia", "boltzmann", "history"),
    ),
)


def find(typed: str) -> Topic:
    """Return the topic that a word means: its name or number, a British spelling, a synonym, or a near miss.

    >>> find("normalisation").name, find("Sigmoid").name, find("3").name, find("calibraton").name
    ('normalization', 'logistic', 'linear', 'calibration')

    Raises :class:`UsageError` where nothing is near.
    """
    word = _plain(typed)
    if word.isdecimal() and 1 <= int(word) <= len(COURSE):
        return COURSE[int(word) - 1]
    names = {topic.name: topic for topic in COURSE}
    words = {_plain(other): topic for topic in COURSE for other in topic.known_as} | names
    begun = [topic for name, topic in names.items() if len(word) > 2 and name.startswith(word)]
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.75)
    found = words.get(word) or (begun[0] if len(begun) == 1 else None) or (words[near[0]] if near else None)
    if found is None:
        advice = did_you_mean(word, list(names)) or "Type softreg learn for the list of the topics."
        raise UsageError(f'There is no topic "{typed}".', advice)
    return found


def _plain(typed: str) -> str:
    """A word as it is looked for: small letters only, American."""
    return "".join(char for char in typed.casefold() if char.isalnum()).replace("isation", "ization")
