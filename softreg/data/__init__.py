"""Data: from a name or a file to a :class:`Dataset`, and from a Dataset to training, validation and test rows."""
