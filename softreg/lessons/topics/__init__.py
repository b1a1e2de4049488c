"""The topics: a module each, whose ``teach(given)`` computes its lesson."""
