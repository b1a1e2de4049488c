"""Checks: whether to believe a model, in findings that say what was measured, why it matters and what to do.

Read in this order: ``finding`` (what a check says), ``subject`` (what is checked), ``thresholds`` (every limit and its
reason), then a module for each question to the data (``scale``, ``collinearity``, ``separation``, ``leaking``,
``classes``, ``duplicates``, ``rows``, ``guessing``), ``trained`` (questions to the model of a run), and the machinery,
softreg itself, on rows of the user's own: ``sample``, ``identities``, ``gradients``, ``agreement``.
"""
