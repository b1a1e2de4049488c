"""Identities: what must hold of softmax and cross-entropy for every data set, to rounding."""

from __future__ import annotations

import math

import numpy as np

from softreg.checks.finding import FAIL, PASS, Finding
from softreg.checks.sample import Sample
from softreg.functional import cross_entropy, log_softmax, residual, softmax

__all__ = ["log_k_at_zero", "no_overflow", "rows_sum_to_one", "shift_invariance"]

ROUNDING = 1e-12
LARGE = 1e4


def judged(name: str, error: float, limit: float, found: str, why: str) -> Finding:
    """Return the finding of a check that passes where an error is at most a limit; NaN is none that passes."""
    return Finding(name, PASS if error <= limit else FAIL, found, why, numbers={"error": error, "limit": limit})


def log_k_at_zero(sample: Sample) -> Finding:
    """At zero weights every class is equally likely, and the cross-entropy is log K, whatever the data."""
    J = sample.objective()
    value, wanted = J.evaluate(np.zeros(J.shape)).objective, math.log(sample.n_classes)
    found = f"{value:.12g}, log {sample.n_classes} is {wanted:.12g}"
    why = "A model that knows nothing must say so: any other start means a wrong loss."
    return judged("log K at zero weights", abs(value - wanted), ROUNDING * wanted, found, why)


def shift_invariance(sample: Sample) -> Finding:
    """softmax(z + c) = softmax(z) for any number c, a different one for each row."""
    logits = sample.logits(10.0)
    shift = sample.rng().uniform(-100, 100, (len(logits), 1))
    error = float(np.abs(log_softmax(logits + shift) - log_softmax(logits)).max())
    error = max(error, float(np.abs(softmax(logits + shift) - softmax(logits)).max()))
    # a logit of 110 has a rounding of 1e-14
    why = "Only differences of logits mean anything."
    return judged("shift of logits", error, ROUNDING, f"log-probabilities move by {error:.1e}", why)


def no_overflow(sample: Sample) -> Finding:
    """At logits of 10000 every exponential would overflow; losses and residuals must be finite, and right."""
    logits, targets = sample.logits(LARGE), sample.targets
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        losses, slopes = cross_entropy(logits, targets), residual(logits, targets)
    finite = bool(np.isfinite(losses).all() and np.isfinite(slopes).all())
    error = float(-min(0.0, losses.min())) if finite else math.inf
    bounded = finite and bool((losses <= 2 * LARGE + math.log(sample.n_classes)).all())
    found = f"largest loss {losses.max():.6g}, all finite" if finite else "a loss or a residual is not finite"
    why = "exp(10000) is infinite: only in log space is the loss of a sure model right."
    return judged("no overflow at 1e4", error if bounded else math.inf, ROUNDING * LARGE, found, why)


def rows_sum_to_one(sample: Sample) -> Finding:
    """The probabilities of each row are not negative, and sum to 1."""
    rows = np.concatenate([softmax(sample.logits(size)) for size in (1.0, 100.0, LARGE)])
    error = float(np.abs(rows.sum(axis=1) - 1).max()) + max(0.0, float(-rows.min()))
    why = "Numbers that are no distribution are no probabilities."
    return judged("rows sum to 1", error, ROUNDING, f"within {error:.1e}", why)
