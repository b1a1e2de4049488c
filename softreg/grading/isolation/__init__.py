"""Isolation: one process for each submission, with limits, which is asked through a pipe of its own.

``child`` is that process seen from outside, ``undertaker`` what ends it where the grader itself is killed. Nothing is
imported here: the undertaker's process starts with less than a child's.
"""
