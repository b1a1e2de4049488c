"""Data sets from the network, through scikit-learn's fetchers; what was parsed once is kept as ``.npz``."""

from __future__ import annotations

import http.client
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from softreg.data.cache import cached
from softreg.data.catalogue import offline_names
from softreg.data.dataset import Dataset, fingerprint
from softreg.data.idx import find_folder, idx_folder, images_dataset
from softreg.data.labels import as_text
from softreg.errors import DataError, UsageError, listed, reason

if TYPE_CHECKING:
    from collections.abc import Callable

    import scipy.sparse as sp

    from softreg.data.cache import Home

__all__ = ["FASHION_CLASSES", "downloaded", "idx_named"]

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
"""Zalando's names of the ten classes, in the order of their codes."""

_INSTALLED = {"fashion_mnist": [Path("/usr/share/datasets/fashion-mnist")]}  # Debian: dataset-fashion-mnist
_OPENML = {"fashion_mnist": "Fashion-MNIST", "mnist": "mnist_784"}
_TRAIN_ROWS = 60000


def idx_named(name: str, home: Home, parts: tuple[str, ...]) -> Dataset:
    """Return ``fashion_mnist`` or ``mnist``: from IDX files where they are found, else from OpenML.

    They are looked for in the data home (if it was given, its own files too), in its folder of this name, and
    where Debian's dataset-fashion-mnist puts them.
    """
    folders = [home.folder] if home.named else []
    folders += [home.folder / name, home.folder / name.replace("_", "-"), *_INSTALLED.get(name, ())]
    folder = find_folder(folders)
    class_names = FASHION_CLASSES if name == "fashion_mnist" else None
    if folder is not None:
        return idx_folder(folder, name, parts, class_names)
    looked = f"No IDX files in {listed(dict.fromkeys(map(str, folders)))}; and from OpenML: "
    dataset = cached(home, name, lambda: _images_of_openml(name, home.folder, looked))
    kept = np.isin(np.asarray(dataset.part), parts)
    return dataset if kept.all() else dataset.take(kept)


def downloaded(spec: str, home: Home, target: str | None = None) -> Dataset:
    """Return ``covtype``, ``20newsgroups`` or ``openml:NAME[@VERSION]``, from the cache or else from the network."""
    if spec.startswith("openml:"):
        return openml(spec, home, target)
    return covtype(home) if spec == "covtype" else newsgroups(home)


def covtype(home: Home) -> Dataset:
    """Return the forest cover types, 581012 x 54, dense."""

    def fetch() -> Dataset:
        from sklearn import datasets

        bunch = _fetched("covtype", home.folder, lambda: datasets.fetch_covtype(data_home=str(home.folder)))
        X = np.ascontiguousarray(bunch.data, dtype=np.float64)
        return _dataset("covtype", X, as_text(np.asarray(bunch.target)), bunch.feature_names, "Cover_Type")

    return cached(home, "covtype", fetch)


def newsgroups(home: Home) -> Dataset:
    """Return the 20 newsgroups as normalised word counts, 18846 x 130107 in CSR, with their own test part."""

    def fetch() -> Dataset:
        import scipy.sparse as sp
        from sklearn import datasets

        def both() -> dict[str, Any]:
            fetch = datasets.fetch_20newsgroups_vectorized
            return {part: fetch(subset=part, data_home=str(home.folder)) for part in ("train", "test")}

        parts = _fetched("20newsgroups", home.folder, both)
        X = sp.csr_array(sp.vstack([bunch.data for bunch in parts.values()], format="csr"))
        labels = np.concatenate([np.asarray(bunch.target_names)[bunch.target] for bunch in parts.values()])
        sizes = [bunch.data.shape[0] for bunch in parts.values()]
        dataset = _dataset("20newsgroups", X, labels.astype(np.str_), parts["train"].feature_names, "label")
        rows = np.concatenate([np.arange(1, size + 1) for size in sizes])
        return replace(dataset, rows=rows, part=np.repeat(np.array(list(parts)), sizes))

    return cached(home, "20newsgroups", fetch)


def openml(spec: str, home: Home, target: str | None) -> Dataset:
    """Return the data set ``openml:NAME[@VERSION]``; nominal features are integer codes, as OpenML orders them."""
    name, _, version = spec.removeprefix("openml:").partition("@")
    if not name or (version and not version.isdecimal()):
        raise UsageError(f'"{spec}" is no data set of OpenML.', "Type openml:NAME or openml:NAME@3.")
    key = "-".join(re.sub(r"\W", "_", part) for part in (name, version or "active", target or "") if part)

    def fetch() -> Dataset:
        bunch = _bunch_of_openml(name, int(version) if version else "active", target, home.folder)
        return _dataset_of_openml(spec, bunch)

    return cached(home, f"openml-{key}", fetch)


def _bunch_of_openml(name: str, version: int | str, target: str | None, home: Path, looked: str = "") -> Any:
    from sklearn import datasets

    column = target or "default-target"

    def fetch() -> Any:
        return datasets.fetch_openml(
            name, version=version, target_column=column, data_home=str(home), as_frame=False, parser="liac-arff"
        )

    try:
        return _fetched(f"openml:{name}", home, fetch, looked)
    except (ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"openml:{name} cannot be used: {reason(error)}.", "https://www.openml.org lists what is there."
        ) from error


def _dataset_of_openml(spec: str, bunch: Any) -> Dataset:
    target = bunch.target
    if target is None or np.ndim(target) != 1:
        raise DataError(f"{spec} has no single label column.", "Name one with --target.")
    X = bunch.data
    if not hasattr(X, "__array_interface__"):
        import scipy.sparse as sp

        X = sp.csr_array(X)
    try:
        X = X.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{spec} has features that are no numbers: {error}.", "Save it as a CSV and mend it."
        ) from error
    named = (getattr(bunch, "target_names", None) or ["label"])[0]
    dataset = _dataset(spec, X, as_text(np.asarray(target)), bunch.feature_names, str(named))
    nominal = [column for column in dataset.columns if column in (getattr(bunch, "categories", None) or {})]
    if not nominal:
        return dataset
    return dataset.noting(f"Nominal features are integer codes, and are read as quantities: {listed(nominal)}.")


def _images_of_openml(name: str, home: Path, looked: str) -> Dataset:
    """The 70000 images of an MNIST; OpenML keeps the training images first."""
    bunch = _bunch_of_openml(_OPENML[name], 1, None, home, looked)
    images = np.asarray(bunch.data, dtype=np.uint8).reshape(-1, 28, 28)
    codes = np.asarray(bunch.target).astype(np.int64)
    pieces, labels = [images[:_TRAIN_ROWS], images[_TRAIN_ROWS:]], [codes[:_TRAIN_ROWS], codes[_TRAIN_ROWS:]]
    class_names = FASHION_CLASSES if name == "fashion_mnist" else None
    dataset = images_dataset(name, pieces, labels, ("train", "test"), class_names)
    return replace(dataset, origin=_origin(name, dataset.X, dataset.labels))


def _dataset(name: str, X: np.ndarray | sp.csr_array, labels: np.ndarray, columns: Any, target: str) -> Dataset:
    names = tuple(map(str, columns))
    rows = np.arange(1, X.shape[0] + 1)
    return Dataset(name, X, labels, names, rows, target=target, origin=_origin(name, X, labels))


def _origin(name: str, X: np.ndarray | sp.csr_array, labels: np.ndarray | None) -> dict[str, Any]:
    return {"data": name, "sha256": fingerprint(X, labels), "replayable": True}


def _fetched(name: str, home: Path, fetch: Callable[[], Any], looked: str = "") -> Any:
    """What a fetcher returns; a network that fails becomes a message that helps."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fetch()
    except (OSError, http.client.HTTPException) as error:
        within = getattr(error, "reason", None)
        cause = within if isinstance(within, OSError) else error
        raise DataError(
            f"{looked}{name} could not be downloaded ({reason(cause)}). It would be cached in {home} (--data-home).",
            f"Without a network: {', '.join(offline_names())}.",
        ) from error
