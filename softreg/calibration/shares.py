"""Shares: back from data in which every class is equally common to the data as they are."""

from __future__ import annotations

import numpy as np

from softreg.errors import DataError

__all__ = ["shift_of_shares"]


def shift_of_shares(mass: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """Return what to add to the logits of a model that was trained with other masses of the classes than the true ones.

    P(k | x) is proportional to share_k P(x | k). Where the features of a class are the same in both and only its share
    differs, as where rows of a class are weighed alike, the odds change by the ratio of the shares, whatever x:

        shift_k = log(mass_k / trained_k), less the mean over the classes (which softmax ignores)

    That is exact for a model that fits what it was trained on; for others it is as good as their logits are. It does
    not hold for soft labels, whose rows belong to several classes at once.

    Shapes: ``mass`` (n_classes,) what each class weighs in truth, ``trained`` (n_classes,) what it weighed in training,
    in any unit; returns (n_classes,). Raises ``DataError`` where a class weighs nothing.

    Trained on equal shares, and one class is nine times as common: its odds are nine times as high.

    >>> shift = shift_of_shares(np.array([90.0, 10.0]), np.array([1.0, 1.0]))
    >>> round(float(np.exp(shift[0] - shift[1])), 6)
    9.0

    Sources: M. Saerens, P. Latinne, C. Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori
    probabilities", Neural Computation 14, doi:10.1162/089976602753284446, equation 2.4; C. Elkan (2001), "The
    foundations of cost-sensitive learning", IJCAI 17, theorem 2.
    """
    if not ((mass > 0).all() and (trained > 0).all()):
        raise DataError("A class without weight has no share to correct for.", "Leave it out, or give it rows.")
    shift = np.log(mass) - np.log(trained)
    return np.asarray(shift - shift.mean())
