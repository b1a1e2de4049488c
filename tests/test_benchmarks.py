"""The benchmarks' harness: who runs when, what is divided by what, and how it is shown. Nothing here is timed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks are not part of an installed softreg", allow_module_level=True)
sys.path.insert(0, str(ROOT))

from benchmarks.harness import Absent, Effort, Ratio, at_least, at_most, interleaved  # noqa: E402
from benchmarks.report import report, table  # noqa: E402
from benchmarks.suite import BENCHES  # noqa: E402


class FakeClock:
    """A clock that stands still unless a side lets time pass; it notes whose turn it was."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns: list[str] = []

    def __call__(self) -> float:
        return self.now

    def side(self, name: str, *seconds: float) -> Callable[[], None]:
        """A side whose turns last so long, one after the other."""
        remaining = iter(seconds)

        def turn() -> None:
            self.turns.append(name)
            self.now += next(remaining)

        return turn


def test_sides_take_turns_and_the_first_turn_of_each_is_not_counted():
    clock = FakeClock()
    ours, theirs = clock.side("ours", 100, 1, 2), clock.side("theirs", 100, 4, 16)
    assert interleaved(ours, theirs, repeats=2, clock=clock) == [(1, 4), (2, 16)]
    assert clock.turns == ["ours", "theirs"] * 3


def test_our_turns_alone_are_taken_within_the_context_whose_opening_is_not_timed():
    clock = FakeClock()

    class Slow:
        def __enter__(self) -> None:
            clock.side("open", 1000)()

        def __exit__(self, *error: object) -> None:
            clock.side("close", 1000)()

    ours, theirs = clock.side("ours", 1, 1), clock.side("theirs", 2, 2)
    assert interleaved(ours, theirs, repeats=1, within=Slow(), clock=clock) == [(1, 2)]
    assert clock.turns == ["open", "ours", "close", "theirs"] * 2


def test_the_median_is_held_against_the_bar_and_an_outlier_is_not():
    ratio = Ratio("a", (1.0, 1.2, 50.0), at_most(1.2))
    assert ratio.median == 1.2
    assert ratio.met
    assert not Ratio("a", ratio.values, at_most(1.1)).met
    assert Ratio("a", ratio.values, at_least(1.2)).met
    assert not Ratio("a", ratio.values, at_least(1.3)).met


def test_quartiles_enclose_the_median_and_lie_within_the_values():
    ratio = Ratio("a", (1.0, 2.0, 3.0, 4.0, 5.0), at_most(1))
    assert ratio.quartiles == (2.0, 4.0)
    assert Ratio("one repeat", (3.0,), at_most(1)).quartiles == (3.0, 3.0)


def test_repeats_that_were_asked_for_win_over_the_benchs_own():
    assert Effort().times(9) == 9
    assert Effort(quick=True).times(9) < 9
    assert Effort(quick=True, repeats=5).times(9) == 5


def test_the_table_has_a_row_for_each_bench_and_says_what_could_not_run():
    rows = [Ratio("fast thing", (0.5,), at_most(1)), Absent("other thing", "torch is not installed")]
    head, rule, fast, other = table(rows).splitlines()
    assert head == "| what | ratio | spread | bar | met? |"
    assert {line.count("|") for line in (head, rule, fast, other)} == {6}
    assert "fast thing" in fast and "0.50" in fast and "yes" in fast
    assert "torch is not installed" in other and "yes" not in other


def test_a_missed_bar_is_shown_as_missed():
    assert "no" in table([Ratio("slow thing", (2.0,), at_most(1))]).splitlines()[-1]


def test_the_page_names_the_machine_and_the_command_that_made_it():
    page = report([Ratio("a", (1.0,), at_most(1))], "python -m benchmarks gradient", load=0.5)
    for word in ("CPU", "cores", "Python", "numpy", "BLAS", "threads", "date", "`python -m benchmarks gradient`"):
        assert word in page


def test_the_cheapest_bench_runs_from_the_shell_and_writes_its_page(tmp_path):
    page = tmp_path / "benchmarks.md"
    command = [sys.executable, "-m", "benchmarks", "gradient", "--quick", "--write", str(page)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert page.read_text(encoding="utf-8") == done.stdout
    assert done.stdout.count("full gradient") == 1


def test_an_unknown_bench_is_refused_with_the_names_that_exist():
    command = [sys.executable, "-m", "benchmarks", "gradeint"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert all(name in done.stderr for name in BENCHES)
