"""Files that are nearly good, made by their own structure: whoever reads them ends well, and says what is wrong."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from room import Room
from targets import TARGETS, seeds_of, tried


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_that_is_nearly_good_ends_well(pristine, name):
    seeds = seeds_of(name, pristine)

    @settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, len(seeds) - 1), st.integers(0, 2**32), st.integers(1, 3))
    def ends_well(place: int, luck: int, times: int) -> None:
        content, rng = seeds[place], random.Random(luck)
        for _ in range(times):
            content = TARGETS[name].mutate(content, rng)
        tried(room, name, content, quickly=True)

    with tempfile.TemporaryDirectory() as folder:
        room = Room(pristine, Path(folder) / "room")
        ends_well()
