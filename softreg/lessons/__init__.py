"""Lessons: the chapter on softmax regression, in an order in which each uses only what came before.

Reading order: ``course`` (the topics), ``lesson`` (what a lesson is made of), ``given`` (the learner's own numbers),
``topics`` (a module each: it computes every number it tells), ``pictures`` (their figures), ``handout`` (Markdown).
"""
