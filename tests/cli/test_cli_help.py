"""Help, near misses, and what starting costs: the first minutes of a new user."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest

from softreg import settings
from softreg.cli.app import softreg as group
from softreg.cli.options import gathered
from softreg.settings import SourceSettings, SplitSettings, TrainingSettings

COMMANDS = ("", *group.paths())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_one_screen(shell, command):
    done = shell.ok(*command.split(), "--help")
    lines = done.out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert not done.err
    assert shell.ok(*command.split(), "-h").out == done.out


@pytest.mark.parametrize("command", [*COMMANDS, "train --help-all"])
def test_every_help_shows_an_example(shell, command):
    out = shell.ok(*command.removesuffix("--help-all").split(), "--help").out
    assert re.search(r"^  softreg \w", out, re.MULTILINE)


def test_no_word_of_the_help_is_cut(shell):
    for command in COMMANDS:
        assert not re.search(r"[a-z]\.\.\.", shell.ok(*command.split(), "--help").out)


def test_help_all_names_every_setting_with_its_default(shell):
    text = " ".join(shell.ok("train", "--help-all").out.split())
    for kind in (TrainingSettings, SplitSettings, SourceSettings):
        for field in fields(kind):
            flag = "intercept" if field.name == "fit_intercept" else field.name.replace("_", "-")
            assert f"--{flag}" in text
            assert " ".join(field.metadata["help"].replace("-", "").split()) in text.replace("- ", "").replace("-", "")
    assert max(map(len, shell.ok("train", "--help-all").out.splitlines())) <= 80


def test_options_have_the_defaults_of_the_settings():
    values = group.commands["train"].make_context("train", ["iris"]).params
    assert gathered(TrainingSettings, values) == TrainingSettings()
    assert gathered(SplitSettings, values) == SplitSettings()
    assert gathered(SourceSettings, values) == SourceSettings()


def _examples():
    for path in COMMANDS:
        command = group
        for name in path.split():
            command = command.commands[name]
        for line in (command.help or "").splitlines():
            if line.strip().startswith("softreg "):
                yield line.strip().split(" | ")[0]


def test_every_example_of_every_help_runs(flowers):
    (flowers.folder / "new.csv").write_bytes((flowers.folder / "datasets/new_flowers.csv").read_bytes())
    flowers.ok("datasets", "export", "iris", "-o", "test.csv")
    flowers.ok("grade", "--template", "plain", "-o", ".")
    (flowers.folder / "submissions").mkdir()
    flowers.write("submissions/ann.py", flowers.read("hw1.py"))
    examples = list(dict.fromkeys(_examples()))
    assert len(examples) >= 12
    for line in examples:
        if "train" not in line and "penguins" not in line:
            # examples speak of a last run of iris
            flowers.write("runs/.last", "runs/iris-1\n")
        done = flowers(*shlex.split(line)[1:])
        assert done.code == 0, f"{line}: {done.err}"


def test_softreg_alone_is_its_help(shell):
    assert shell.ok().out == shell.ok("--help").out


def test_the_version_is_the_packages(shell):
    import softreg

    assert shell.ok("--version").out == f"softreg {softreg.__version__}\n"


def test_python_m_softreg_and_the_installed_command_agree(shell):
    script = Path(sys.executable).parent / "softreg"
    assert shell.process("--help").out == shell.ok("--help").out
    if script.exists():
        done = subprocess.run(
            [script, "--help"], capture_output=True, text=True, check=True, env=shell.environment({}), cwd=shell.folder
        )
        assert done.stdout == shell.ok("--help").out


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("trian iris", "train"),
        ("datsets", "datasets"),
        ("datasets shwo iris", "show"),
        ("train iris --optimiser sgd", "--optimizer"),
        ("train iris --learning_rate 1", "--learning-rate"),
        ("plot last --output-file x.png", "--output"),
        ("train irsi", "iris"),
        ("train fashion-mnist", "fashion_mnist"),
        ("train datasets/penguin.csv", "penguins.csv"),
        ("train datasets/penguins.csv --target spceies", "species"),
        ("train datasets/penguins.csv --exclude body_mass", "body_mass_g"),
        ("train datasets/penguins.csv --group-col bill_lenght_mm", "bill_length_mm"),
        ("predict irsi-1 datasets/new_flowers.csv", "iris-1"),
        ("predict lsat datasets/new_flowers.csv", "last"),
        ("plot runs/penguin-1", "penguins-1"),
        ("compare iris-1 iris-22", "iris-2"),
    ],
)
def test_a_near_miss_is_answered_with_the_nearest_name(flowers, words, advice):
    done = flowers(*words.split())
    assert done.code in {2, 3}
    assert f'"{advice}"' in done.err or f"/{advice}?" in done.err
    assert not done.out


def test_a_choice_that_does_not_exist_lists_those_that_do(shell):
    for option, choices in {
        "--optimizer": settings.OPTIMIZERS,
        "--precondition": settings.PRECONDITIONS,
        "--schedule": settings.SCHEDULES,
        "--scale": settings.SCALES,
        "--class-weight": settings.CLASS_WEIGHTS,
        "--calibrate": settings.CALIBRATIONS,
        "--shares": settings.SHARES,
        "--dtype": settings.DTYPES,
    }.items():
        done = shell("train", "iris", option, "sggd")
        assert done.code == 2
        assert all(choice in done.err for choice in choices)


def test_choices_are_the_registries():
    from softreg.data.catalogue import CATALOGUE
    from softreg.optimizers import title_of
    from softreg.training.descent import decay
    from softreg.workflows import draw

    titles = {name: title_of(name, 0.9) for name in settings.OPTIMIZERS}
    assert titles.pop("auto") == titles["cg"]
    assert len(set(titles.values())) == len(titles)
    assert len({decay(name, 3.0, 10) for name in settings.SCHEDULES}) == len(settings.SCHEDULES)
    assert set(settings.PLOT_KINDS) == {"curves", *draw._FIGURES}
    names = {*settings.BUNDLED, *settings.SYNTHETIC, *settings.DOWNLOADED, *settings.IDX_NAMED}
    assert names == {entry.name for entry in CATALOGUE}


def _imported(code: str, own: Any) -> set[str]:
    """Top-level modules, less the standard library's, that are loaded when some code has run in a new process."""
    told = f"{code}\nimport sys; open('modules', 'w').write(' '.join(sys.modules))"
    environment = own.environment({"PYTHONPATH": str(Path(__file__).parent.parent.parent)})
    subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, cwd=own.folder, env=environment)
    top = {name.split(".")[0] for name in own.read("modules").split()}
    return {name for name in top - sys.stdlib_module_names if not name.startswith("_")}


@pytest.mark.parametrize("words", ["--help", "train --help-all", "plot last --kind nothing", "trian"])
def test_help_imports_click_and_the_standard_library_alone(shell, words):
    code = f"from softreg.cli.app import run; run({words.split()!r})"
    assert _imported(code, shell) - _imported("import click", shell) == {"softreg"}


def test_predicting_a_csv_imports_neither_scikit_learn_nor_scipy_nor_matplotlib(flowers):
    code = "from softreg.cli.app import run; assert run(['predict', 'iris-1', 'datasets/new_flowers.csv', '-q']) == 0"
    loaded = _imported(code, flowers)
    assert "polars" in loaded
    assert not loaded & {"sklearn", "scipy", "matplotlib", "pandas", "rich"}


def test_completion_offers_commands_and_choices(shell):
    def offered(words: str, place: int) -> list[str]:
        done = shell.process(_SOFTREG_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(place))
        assert done.code == 0
        return [line.split(",")[1] for line in done.out.splitlines()]

    assert offered("softreg tr", 1) == ["train"]
    assert offered("softreg train --optimizer ", 3) == list(settings.OPTIMIZERS)


def test_every_public_option_has_a_help():
    def commands(command: click.Command):
        yield command
        if isinstance(command, click.Group):
            for child in command.commands.values():
                yield from commands(child)

    for command in commands(group):
        for option in command.params:
            assert not isinstance(option, click.Option) or option.help, f"{command.name} {option.name}"
