"""The data sets that have a name: what ``softreg datasets`` lists. The standard library only."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUE", "Entry", "entry", "offline_names"]


@dataclass(frozen=True)
class Entry:
    """One data set that has a name.

    ``rows``, ``features`` and ``classes`` are what the defaults give; ``offline`` says whether it works without a
    network on every machine (the IDX sets do where their files are found).
    """

    name: str
    rows: int
    features: int
    classes: int
    description: str
    source: str
    offline: bool


_BUNDLED = "bundled with scikit-learn"
_MADE = "made here"
_DOWNLOADED = "downloaded by scikit-learn"
_IDX = "IDX files"

CATALOGUE = (
    Entry("iris", 150, 4, 3, "Lengths and widths of iris flowers, three species", _BUNDLED, True),
    Entry("wine", 178, 13, 3, "Chemical analysis of Italian wines, three growers", _BUNDLED, True),
    Entry("digits", 1797, 64, 10, "Handwritten digits, 8 x 8 pixels", _BUNDLED, True),
    Entry("breast_cancer", 569, 30, 2, "Cell nuclei of tumours, malignant or benign", _BUNDLED, True),
    Entry("blobs", 500, 2, 3, "Round clouds of points; --samples --noise --centers", _MADE, True),
    Entry("moons", 500, 2, 2, "Two interleaved half circles; --samples --noise", _MADE, True),
    Entry("circles", 500, 2, 2, "A circle inside a circle; --samples --noise", _MADE, True),
    Entry("covtype", 581012, 54, 7, "Forest cover types from maps of Colorado", _DOWNLOADED, False),
    Entry("20newsgroups", 18846, 130107, 20, "Newsgroup posts as word counts, sparse", _DOWNLOADED, False),
    Entry("fashion_mnist", 70000, 784, 10, "Zalando's articles of clothing, 28 x 28 pixels", _IDX, False),
    Entry("mnist", 70000, 784, 10, "Handwritten digits, 28 x 28 pixels", _IDX, False),
)


def entry(name: str) -> Entry | None:
    """Return the entry of this name, or None.

    >>> entry("iris").rows
    150
    """
    return next((known for known in CATALOGUE if known.name == name), None)


def offline_names() -> tuple[str, ...]:
    """Names of the sets that work without a network everywhere.

    >>> offline_names()[:2]
    ('iris', 'wine')
    """
    return tuple(known.name for known in CATALOGUE if known.offline)
