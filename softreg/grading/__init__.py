"""Grading: what a homework asks for, what it answered, and which mistake explains the answers."""
