"""Made-up data in the shape of what people have: a table of forest cover, and words of documents."""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.sparse as sp

from benchmarks.harness import Effort

__all__ = ["forest", "text"]


@cache
def forest(effort: Effort) -> tuple[np.ndarray, np.ndarray, str]:
    """Covertype's shape: 500000 x 54 float64, 7 classes, columns spanning 1e-3 to 1e4 and far off centre.

    Ten measurements, correlated, in very different units, and 44 indicators, some of them rare; labels drawn from a
    softmax model of them, with class shares as uneven as the real ones.
    """
    rng = np.random.default_rng(0)
    n = 5_000 if effort.quick else 500_000
    latent = rng.standard_normal((n, 10)) @ (np.eye(10) + 0.6 * rng.standard_normal((10, 10)))
    kinds = rng.choice(44, size=n, p=_zipf(44))
    indicators = np.zeros((n, 44))
    indicators[np.arange(n), kinds] = 1
    Z = np.hstack([latent / latent.std(axis=0), indicators])
    logits = Z @ rng.normal(0, 1.2, (54, 7)) + np.log([36, 49, 6, 0.5, 1.6, 3, 3.5])
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    units = np.concatenate([np.logspace(-3, 4, 10), np.ones(44)])
    X = Z * units + units * np.concatenate([rng.uniform(-20, 20, 10), np.zeros(44)])
    return X, y, f"{n} x 54 float64, 7 classes, raw units"


@cache
def text(effort: Effort) -> tuple[sp.csr_array, np.ndarray, str]:
    """TF-IDF of made-up documents: 12000 x 16000 CSR, 39 classes, words distributed by Zipf's law.

    A document draws its words from the common distribution and, three times in ten, from its class's own.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    rng = np.random.default_rng(0)
    n, d, n_classes = (600, 2_000, 5) if effort.quick else (12_000, 16_000, 39)
    common = _zipf(d)
    y = rng.choice(n_classes, size=n, p=_zipf(n_classes) * 0.5 + 0.5 / n_classes)
    own = [common[rng.permutation(d)] for _ in range(n_classes)]
    lengths = np.maximum(5, rng.lognormal(4.5, 0.8, n).astype(int))
    words, rows = [], []
    for i in range(n):
        from_class = rng.binomial(lengths[i], 0.3)
        words += [rng.choice(d, from_class, p=own[y[i]]), rng.choice(d, lengths[i] - from_class, p=common)]
        rows += [np.full(lengths[i], i)]
    shape = (n, d)
    counts = sp.csr_array((np.ones(lengths.sum()), (np.concatenate(rows), np.concatenate(words))), shape=shape)
    X = sp.csr_array(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)  # scikit-learn takes no others
    return X, y, f"{n} x {d} TF-IDF of made-up words, {n_classes} classes"


def _zipf(size: int) -> np.ndarray:
    share = 1 / np.arange(1, size + 1)
    return share / share.sum()
