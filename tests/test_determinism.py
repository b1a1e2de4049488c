"""The same bytes in every process, on any number of threads and cores; ``make determinism`` installs twice as well."""

from __future__ import annotations

from determinism import WORLDS, differing

SESSION = [
    "train table.csv --target kind --l2 auto --calibrate temperature --out table -q",
    "train many.npz --out many -q",
    "predict table table.csv --proba -o answers.csv -q",
]


def test_what_must_not_matter_changes_no_byte():
    count, strange = differing(WORLDS[1:], SESSION)  # the target asks all of them
    assert not strange
    assert count > 3 + 2 * 7
