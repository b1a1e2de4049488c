"""Data sets that are made here, and those that come with scikit-learn: against scikit-learn itself."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets as sk

from softreg.data.bundled import bundled
from softreg.data.catalogue import CATALOGUE, entry, offline_names
from softreg.data.synthetic import synthetic
from softreg.errors import UsageError
from softreg.settings import SourceSettings

MADE = [
    ("blobs", {}, lambda: sk.make_blobs(500, 2, centers=3, cluster_std=1.0, random_state=0)),
    ("blobs", {"centers": 2}, lambda: sk.make_blobs(500, 2, centers=2, cluster_std=1.0, random_state=0)),
    (
        "blobs",
        {"centers": 5, "samples": 5, "noise": 0.0, "seed": 9},
        lambda: sk.make_blobs(5, 2, centers=5, cluster_std=0.0, random_state=9),
    ),
    ("blobs", {"samples": 3}, lambda: sk.make_blobs(3, 2, centers=3, cluster_std=1.0, random_state=0)),
    ("moons", {}, lambda: sk.make_moons(500, noise=0.2, random_state=0)),
    ("moons", {"samples": 2, "noise": 0.0, "seed": 4}, lambda: sk.make_moons(2, noise=0.0, random_state=4)),
    ("moons", {"noise": 3.0, "seed": 4}, lambda: sk.make_moons(500, noise=3.0, random_state=4)),
    ("circles", {}, lambda: sk.make_circles(500, noise=0.1, factor=0.5, random_state=0)),
    ("circles", {"samples": 7, "seed": 2}, lambda: sk.make_circles(7, noise=0.1, factor=0.5, random_state=2)),
    (
        "circles",
        {"samples": 2, "noise": 0.0},
        lambda: sk.make_circles(2, noise=0.0, factor=0.5, random_state=0),
    ),
]


@pytest.mark.parametrize(("name", "source", "make"), MADE)
def test_what_is_made_is_scikit_learns_with_the_defaults_that_help_tells(name, source, make):
    dataset = synthetic(name, SourceSettings(**source))
    X, y = make()
    np.testing.assert_array_equal(dataset.X, X, strict=True)
    assert dataset.labels.tolist() == [str(each) for each in y]
    assert dataset.rows.tolist() == list(range(1, len(y) + 1))
    assert (dataset.name, dataset.columns, dataset.target) == (name, ("x1", "x2"), "label")


REFUSED = [
    (
        "moons",
        {"centers": 2},
        "--centers has no effect on moons, which has two classes.",
        "Leave it out, or use blobs.",
    ),
    (
        "circles",
        {"centers": 3},
        "--centers has no effect on circles, which has two classes.",
        "Leave it out, or use blobs.",
    ),
    ("blobs", {"centers": 1}, "--centers 1 leaves nothing to classify.", "Give 2 or more."),
    ("blobs", {"noise": -0.5}, "--noise -0.5 is not a spread.", "Give 0 or more."),
    ("moons", {"noise": float("inf")}, "--noise inf is not a spread.", "Give 0 or more."),
    ("circles", {"noise": float("nan")}, "--noise nan is not a spread.", "Give 0 or more."),
    ("blobs", {"samples": 2}, "--samples 2 is too few for 3 classes.", "Give 3 or more."),
    ("blobs", {"samples": 1, "centers": 2}, "--samples 1 is too few for 2 classes.", "Give 2 or more."),
    ("blobs", {"centers": 501}, "--samples 500 is too few for 501 classes.", "Give 501 or more."),
    ("moons", {"samples": 1}, "--samples 1 is too few for 2 classes.", "Give 2 or more."),
    ("circles", {"samples": 0}, "--samples 0 is too few for 2 classes.", "Give 2 or more."),
]


@pytest.mark.parametrize(("name", "source", "what", "advice"), REFUSED)
def test_settings_of_which_nothing_can_be_made_are_refused_with_those_of_which_it_can(name, source, what, advice):
    with pytest.raises(UsageError) as caught:
        synthetic(name, SourceSettings(**source))
    assert (caught.value.what, caught.value.advice) == (what, advice)


@pytest.mark.parametrize(
    ("name", "kind", "image_shape"),
    [
        ("iris", np.float64, None),
        ("wine", np.float64, None),
        ("breast_cancer", np.float64, None),
        ("digits", np.float32, (8, 8)),
    ],
)
def test_bundled_sets_are_tables_but_for_digits_which_are_images(name, kind, image_shape):
    dataset = bundled(name)
    bunch = getattr(sk, f"load_{name}")()
    np.testing.assert_array_equal(dataset.X, bunch.data.astype(kind), strict=True)
    assert dataset.X.flags.c_contiguous
    assert (dataset.pixels, dataset.image_shape) == (image_shape is not None, image_shape)
    assert dataset.columns == tuple(bunch.feature_names)
    assert {type(column) for column in dataset.columns} == {str}
    assert dataset.target == "label"


def test_every_entry_of_the_catalogue_is_found_by_its_name():
    assert [entry(known.name) for known in CATALOGUE] == list(CATALOGUE)
    assert entry("Iris") is None
    assert offline_names() == ("iris", "wine", "digits", "breast_cancer", "blobs", "moons", "circles")
