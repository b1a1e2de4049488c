"""Lesson: why the exponential? Plain normalization and fairer rivals, trained beside softmax.

``rules`` (how scores are made positive), ``descents`` (the lesson's own short loops), ``numbers`` (everything that it
tells), ``claims`` (the sentences that depend on them), ``telling`` (the lesson).
"""

from softreg.lessons.topics.normalization.telling import teach

__all__ = ["teach"]
