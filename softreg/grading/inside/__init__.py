"""Inside the child process: a submission is loaded and asked here. Nothing of softreg is imported, no answer is known.

The parent starts ``inside`` as a package of its own, by path; these modules import the standard library, NumPy and
each other. ``frames`` is what both sides of the pipe speak.
"""
