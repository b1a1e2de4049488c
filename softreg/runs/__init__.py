"""The run folder: what one training leaves behind, and where the next command finds it.

==================  ===================================================================================================
config.toml         every option that had an effect; ``softreg train --config`` repeats the run from it
model.npz           the model (:mod:`softreg.model`)
history.csv         one row an epoch, row 0 before any step
metrics.json        objective, and the metrics of the training, validation and test rows
predictions.csv     the test rows: row, target, prediction, confidence, p_CLASS
coefficients.csv    feature, class, weight (raw units), weight_standardised; intercepts last
environment.json    versions, seed, SHA-256 of the data
curves.png          learning curves; confusion.png, the confusion matrix of the test rows
checkpoint.npz      where training ended before it had converged: ``softreg train --resume`` goes on from it
.new                the run that is to take the place of this one, while it is being made
==================  ===================================================================================================

**A complete run is replaced by a complete one, or not at all** (``succession``). ``run`` is one folder and its files,
``place`` where a training may write, ``finding`` what the words of a user mean.
"""

from softreg.runs.finding import find, model_of
from softreg.runs.place import reserved, writing_in
from softreg.runs.run import NEW, ROOT, Run, dumps
from softreg.runs.succession import begun, completed, settled

__all__ = ["NEW", "ROOT", "Run", "begun", "completed", "dumps", "find", "model_of", "reserved", "settled", "writing_in"]
