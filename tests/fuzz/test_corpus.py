"""What fuzzing has found is tried again, and so are good files: all of it ends well."""

from __future__ import annotations

from pathlib import Path

import pytest
from room import Room
from targets import CORPUS, TARGETS, seeds_of, tried


@pytest.mark.parametrize("name", TARGETS)
def test_good_files_are_read_by_somebody(pristine, tmp_path, name):
    room = Room(pristine, tmp_path / "room")
    codes = [tried(room, name, content) for content in seeds_of(name, pristine)]
    assert any(0 in ended for ended in codes)


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_ends_well(pristine, tmp_path, name):
    room = Room(pristine, tmp_path / "room")
    for path in sorted((CORPUS / name).glob("*")):
        tried(room, name, path.read_bytes())


def test_every_file_of_the_corpus_has_a_target_and_is_small():
    assert {path.name for path in CORPUS.iterdir()} <= set(TARGETS)
    assert all(path.stat().st_size < 64 << 10 for path in CORPUS.rglob("*") if path.is_file())
    assert Path(CORPUS).is_dir()
