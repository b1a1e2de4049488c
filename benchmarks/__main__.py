"""``python -m benchmarks [NAME...]``: run the benches, print the table."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from benchmarks.harness import Absent, Effort, Ratio, busy
from benchmarks.report import report
from benchmarks.suite import BENCHES
from softreg.files import write_text


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", type=click.Choice(list(BENCHES)))
@click.option("--quick", is_flag=True, help="Small and seldom repeated: shows that everything works, not how fast.")
@click.option("--repeats", type=click.IntRange(1), help="How often each side is measured; else each bench's own.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Markdown file to write as well.")
def main(names: tuple[str, ...], quick: bool, repeats: int | None, write: Path | None) -> None:
    """Run the benchmarks (all, or those named) and print ratios, ours against theirs, as a Markdown table."""
    load = busy()
    rows: list[Ratio | Absent] = []
    for name in names or BENCHES:
        began = time.perf_counter()
        rows += BENCHES[name](Effort(quick, repeats))
        click.echo(f"{name}: {time.perf_counter() - began:.0f} s", err=True)
    load = None if load is None else max(load, busy() or 0.0)
    page = report(rows, f"python -m benchmarks {' '.join(sys.argv[1:])}".strip(), load)
    click.echo(page, nl=False)
    if write:
        write_text(write, page)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
