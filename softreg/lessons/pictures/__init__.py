"""The lessons' figures: a module each, from arrays to a Figure; nothing is computed here that a lesson tells."""
