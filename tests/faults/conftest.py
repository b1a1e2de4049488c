"""What the tests of faults share: the nursery, and the figures that they add up to."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from nursery import Nursery

FIGURES: pytest.StashKey[Counter[str]] = pytest.StashKey()
EVERYWHERE = os.environ.get("FAULTS") == "all"
# places and moments are drawn by it, in CI the same every time
SEED = os.environ.setdefault(
    "FAULTS_SEED", "0" if os.environ.get("CI") else str(random.SystemRandom().randrange(10**6))
)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """A process whose forks run softreg."""
    with Nursery() as process:
        yield process


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Count a fault of a kind."""

    def count(kind: str) -> None:
        request.config.stash[FIGURES][kind] += 1

    return count


@pytest.fixture
def places() -> Callable[[int, int], list[int]]:
    """Places at which a fault is put: all of so many with FAULTS=all, else some of them."""
    rng = random.Random(SEED)

    def chosen(n_places: int, most: int) -> list[int]:
        everywhere = range(n_places)
        return list(everywhere) if EVERYWHERE or n_places <= most else sorted(rng.sample(everywhere, most))

    return chosen


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = Counter()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = dict(session.config.stash[FIGURES])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    node.config.stash[FIGURES].update(getattr(node, "workeroutput", {}).get("figures", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[FIGURES]:
        terminalreporter.write_line(f"FAULTS_SEED={SEED}")
    for kind, count in sorted(config.stash[FIGURES].items()):
        terminalreporter.write_line(f"{count:6} {kind}")
