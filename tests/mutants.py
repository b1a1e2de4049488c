"""What became of the mutants of ``make mutants``: the share that the tests killed in each room, and who survived.

mutmut changes one thing at a time in the functions of the rooms that pyproject.toml names, and runs the tests that
reach it. A mutant that all of them pass has survived: something is not tested, or the change changes nothing. Each
survivor is reviewed in tests/mutants.toml, with the reason why it may live. In the rooms of ``BAR`` so many must be
killed, and no survivor may be without a reason; the others are reviewed without a bar, since an inexact preconditioner
is still right.

All of them take hours: ``make mutants SAMPLE=500`` draws so many of each room, the same every time, and the share that
is killed has an interval (Wilson 1927, doi:10.1080/01621459.1927.10502953).
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

BAR = {"functional": 0.9, "objective": 0.9, "model": 0.9, "data": 0.9}
REVIEWED = Path(__file__).with_suffix(".toml")
KILLED = {"killed", "timeout", "segfault"}
UNTRIED = "not checked"
NORMAL = 1.96
"""Standard deviations on both sides of a normal mean between which 95% lie."""


def mutmut(*words: str) -> str:
    """What mutmut prints."""
    command = [Path(sys.executable).parent / "mutmut", *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout


def statuses() -> dict[str, str]:
    """Each mutant's name, and what became of it."""
    lines = mutmut("results", "--all", "True").splitlines()
    return dict(line.strip().split(": ") for line in lines if ": " in line)


def function_of(mutant: str) -> str:
    """The function that was changed, as Python names it.

    >>> function_of("softreg.objective.line.xǁLineǁ_part__mutmut_60"), function_of("softreg.data.idx.x_parse__mutmut_1")
    ('softreg.objective.line.Line._part', 'softreg.data.idx.parse')
    """
    module, _, name = mutant.rpartition("__mutmut_")[0].rpartition(".")
    return f"{module}.{name[2:].replace('ǁ', '.') if name[1] == 'ǁ' else name[2:]}"


def room_of(mutant: str) -> str:
    """The room that the function is in: the first name below softreg."""
    return mutant.split(".")[1]


def changed(mutant: str) -> str:
    """The lines that were taken out, with a minus, and those in their place, with a plus."""
    lines = mutmut("show", mutant).splitlines()
    return "\n".join(line for line in lines if re.match(r"[-+](?![-+]{2} )", line))


def reason(function: str, change: str, reviewed: Iterable[Mapping[str, Any]]) -> str | None:
    """Why this survivor may live; None where nobody looked at it yet."""
    for entry in reviewed:
        meant = fnmatchcase(function, entry.get("in", "*")) and re.search(entry.get("change", ""), change)
        if meant:
            return str(entry["why"])
    return None


def drawn(names: Iterable[str], most: int) -> list[str]:
    """Draw at most so many names of each room.

    >>> len(drawn([f"softreg.data.x__mutmut_{k}" for k in range(9)] + ["softreg.model.x__mutmut_1"], 4))
    5
    """
    rooms = defaultdict(list)
    for name in sorted(names):
        rooms[room_of(name)].append(name)
    rng = random.Random(0)
    return [name for found in rooms.values() for name in rng.sample(found, min(most, len(found)))]


def interval(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share that was found among so many.

    >>> [round(end, 3) for end in interval(0.9, 100)]
    [0.826, 0.945]
    """
    centre, spread = share + NORMAL**2 / (2 * n), NORMAL * (share * (1 - share) / n + (NORMAL / (2 * n)) ** 2) ** 0.5
    return (centre - spread) / (1 + NORMAL**2 / n), (centre + spread) / (1 + NORMAL**2 / n)


@click.command()
@click.option("--sample", type=int, help="Print the names of so many of each room, for mutmut to try.")
def main(sample: int | None) -> None:
    """Print the table of the rooms and the survivors; exit with 1 where a bar is missed or a survivor has no reason."""
    if sample:
        mutmut("run", "softreg.functional.x_softmax__mutmut_1")  # makes the mutants
        print(*drawn(statuses(), sample))
        return
    reviewed = tomllib.loads(REVIEWED.read_text(encoding="utf-8"))["survivors"]
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    unknown, reasons = [], Counter[str]()
    for mutant, status in statuses().items():
        room = room_of(mutant)
        found[room]["all"] += 1
        if status == UNTRIED:
            continue
        found[room]["killed" if status in KILLED else "survived"] += 1
        if status in KILLED:
            continue
        change = changed(mutant)
        why = reason(function_of(mutant), change, reviewed)
        reasons[f"{room}: {why}"] += why is not None
        if why is None:
            unknown.append(f"{mutant} ({status})\n{change}")
            found[room]["unknown"] += 1
    print("| room | mutants | tried | killed | share | survivors without a reason |\n|---|---|---|---|---|---|")
    missed = []
    for room, count in found.items():
        tried = count["killed"] + count["survived"]
        share = count["killed"] / tried
        low, high = interval(share, tried)
        told = f"{share:.1%}" if tried == count["all"] else f"{share:.1%} ({low:.1%} to {high:.1%})"
        print(f"| {room} | {count['all']} | {tried} | {count['killed']} | {told} | {count['unknown']} |")
        missed += [room] if share < BAR.get(room, 0) else []
    for why, times in reasons.most_common():
        print(f"{times:>5}  {why}" if times else "", end="\n" if times else "")
    print(*unknown, sep="\n\n")
    sys.exit(bool(missed) or any(room_of(each) in BAR for each in unknown))


if __name__ == "__main__":
    main()
