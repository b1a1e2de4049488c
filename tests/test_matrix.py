"""The matrix of Pythons and versions is complete, and says the same as pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
MATRIX = tomllib.loads((ROOT / "tox.toml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))


def factors(python: str) -> set[str]:
    """What a Python is tested with: lowest, highest, minimal."""
    return {name.partition("-")[2] for name in MATRIX["env_list"] if name.startswith(f"py{python.replace('.', '')}-")}


def test_every_python_that_is_promised_is_tested() -> None:
    assert f">={PYTHONS[0]}" == PROJECT["requires-python"]
    for python in PYTHONS:
        assert "highest" in factors(python), python
    for python in (PYTHONS[0], PYTHONS[-1]):
        assert {"lowest", "highest", "minimal"} <= factors(python), python


def test_the_lowest_versions_are_those_that_are_promised() -> None:
    lowest = [name for name in MATRIX["env_list"] if name.endswith("-lowest")]
    assert lowest
    for name in lowest:
        env = MATRIX["env"][name]
        first, *others = env.get("base", [name])
        assert MATRIX["env"][first]["uv_resolution"] == "lowest-direct", name
        assert others in ([], ["env_run_base"])
    for requirement in PROJECT["dependencies"]:
        assert ">=" in requirement.partition(";")[0], f"{requirement} promises no lowest version"


def test_what_runs_the_matrix_is_what_it_asks_for() -> None:
    assert MATRIX["requires"] == PROJECT["optional-dependencies"]["matrix"]
