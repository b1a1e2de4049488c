"""Plots: arrays and rows in, a matplotlib Figure out. Nothing here trains, reads files, or uses pyplot.

One module a kind: ``curves``, ``confusion``, ``weights``, ``boundary``, ``mistakes``; ``style`` holds what they share
and writes the file; ``text`` draws in a terminal, without matplotlib. Each is imported only where it is needed.
"""
