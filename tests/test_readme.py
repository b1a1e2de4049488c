"""What the README shows can be typed, and what it names is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "datasets/README.md"]


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _commands():
    """The lines that a reader types, from the top to the bottom."""
    shown = re.findall(r"^```(sh|console)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for _, block in shown for line in block.splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.startswith("softreg ")]


def test_every_softreg_line_of_the_readme_runs(flowers):
    (flowers.folder / "new.csv").write_bytes((flowers.folder / "datasets/new_flowers.csv").read_bytes())
    flowers.write("runs/.last", "runs/iris-1\n")
    assert _commands()
    for line in _commands():
        done = flowers(*shlex.split(line)[1:])
        assert done.code == 0, f"{line}: {done.err}"


def test_every_python_block_of_the_readme_runs(flowers):
    environment = flowers.environment({"PYTHONPATH": str(ROOT)})
    for block in _blocks("python"):
        subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=flowers.folder, env=environment, check=True)


def test_the_output_that_the_readme_shows_fits_80_columns():
    for block in _blocks("console"):
        assert max(map(len, block.splitlines())) <= 80


def test_make_targets_that_the_readme_names_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    assert {"demo", "test", "check", "bench"} <= named
    assert named <= targets


def test_make_alone_lists_its_targets():
    make = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ)
    if make.returncode:
        pytest.skip("make is not there")
    for target in ("demo", "test", "check", "bench"):
        assert f"make {target}" in make.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert link.startswith("http") or (page.parent / link).exists(), link


def test_completion_is_documented_with_the_variable_that_click_reads():
    assert "_SOFTREG_COMPLETE=bash_source softreg" in README
