"""Lesson: gradient descent and its relatives from one start, and how long a step may be.

``runs`` (the descents, all of them by :func:`softreg.training.fit`), ``telling`` (the lesson).
"""

from softreg.lessons.topics.descent.telling import teach

__all__ = ["teach"]
