"""A furnished room, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from room import furnished, without_world

collect_ignore = ["one.py"]  # it needs the packages of `make fuzz`


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The room as it is."""
    return furnished(tmp_path_factory.mktemp("fuzz") / "pristine")


@pytest.fixture(autouse=True)
def _no_world():
    with without_world():
        yield


@pytest.fixture
def _errors_are_well_told():
    """Not asked here: hostile names end no sentence well."""
