"""Click's classes with three habits of ours: short help and ``--help-all``, options in sections, nearest names."""

from __future__ import annotations

from typing import Any

import click

from softreg.cli.memory import refuse_little
from softreg.cli.words import say
from softreg.errors import UsageError, did_you_mean

__all__ = ["Command", "Group", "Option"]

NAMES = {"DATA", "[DATA]", "DIR", "FILE", "INPUT", "RUN", "RUN_OR_FILE"}
"""What a value is called that names a file or a folder."""


class Option(click.Option):
    """An option that belongs to a section of the help; ``basic`` ones are shown by ``--help`` already."""

    def __init__(self, *args: Any, section: str = "Options", basic: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        self.basic = basic


class Command(click.Command):
    """A command whose ``--help`` fits one screen, and whose ``--help-all`` shows every option by section."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if any(not option.basic for option in self._own()):
            self.params.append(
                Option(
                    ["--help-all"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    help="Show every option.",
                    callback=_help_all,
                )
            )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words; an error of click's parser is told which command it belongs to."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, where there is enough memory to begin."""
        refuse_little()
        for param in self.get_params(ctx):
            if param.metavar in NAMES and param.name and ctx.params.get(param.name) == "":
                raise UsageError(f"{param.opts[0]} is empty.", "Give a name; a variable of the shell may be unset.")
        return super().invoke(ctx)

    def _own(self) -> list[Option]:
        return [param for param in self.params if isinstance(param, Option)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, by section; the basic ones alone unless all were asked for."""
        everything = ctx.meta.get("softreg.help_all", False)
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record and (everything or not isinstance(param, Option) or param.basic):
                section = param.section if everything and isinstance(param, Option) else "Options"
                sections.setdefault(section, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class Group(click.Group):
    """A group of commands, listed by what they are for, that knows the nearest name."""

    command_class = Command

    def __init__(self, *args: Any, sections: dict[str, tuple[str, ...]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were added."""
        return list(self.commands)

    def paths(self) -> list[str]:
        """Return every command as it is typed behind the group's own name, those of groups inside it too."""
        found = []
        for name, command in self.commands.items():
            inside = command.paths() if isinstance(command, Group) else []
            found += [name, *(f"{name} {path}" for path in inside)]
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        headings = self.sections or {"Commands": tuple(self.commands)}
        for title, names in headings.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(60)) for name in names])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which name is the nearest."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            known = ", ".join(self.commands)
            advice = did_you_mean(name, self.commands) or f"The commands are {known}."
            raise click.UsageError(f'There is no command "{name}". {advice}', ctx)
        return super().resolve_command(ctx, args)


def _help_all(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        ctx.meta["softreg.help_all"] = True
        say(ctx.get_help())
        ctx.exit()
