"""Benchmarks: what softreg costs against what its users would otherwise run, as ratios from one run.

``python -m benchmarks`` from the repository's root. To add one, write a function from :class:`harness.Effort` to rows
in the module of its family, and name it in :data:`suite.BENCHES`.

==============  =====================================================================
``harness``     interleaves the two sides, and holds a ratio against its bar
``suite``       every bench by name
``report``      the table, and the machine it speaks of
``workload``    the data that the training benches share
``descents``    epochs of mini-batch SGD, against PyTorch and NumPy
``gradients``   one full-batch gradient, against three lines of NumPy
``memory``      what ``fit`` needs beside its data
``processes``   whole processes: help, predict, train
==============  =====================================================================
"""
