"""Options that say which data, and which rows of them for what: of every command that trains."""

from __future__ import annotations

import click

from softreg.cli.options import Columns, setting, shared
from softreg.settings import SourceSettings, SplitSettings

__all__ = ["data_options", "given", "split_options"]

data_options = shared(
    setting(SourceSettings, "target", section="Data", basic=True, metavar="COL"),
    setting(SourceSettings, "features", section="Data", multiple=True, metavar="COL"),
    setting(SourceSettings, "exclude", section="Data", basic=True, multiple=True, metavar="COL"),
    setting(SourceSettings, "id", section="Data", multiple=True, metavar="COL"),
    setting(SourceSettings, "numeric", section="Data", multiple=True, metavar="COL"),
    setting(SourceSettings, "categorical", section="Data", multiple=True, metavar="COL"),
    setting(SourceSettings, "missing", section="Data"),
    setting(SourceSettings, "min_count", section="Data"),
    setting(SourceSettings, "weight_col", section="Data", metavar="COL"),
    setting(SourceSettings, "target_distribution", section="Data", type=Columns(), metavar="COL,COL,..."),
    setting(SourceSettings, "separator", section="Data", metavar="CHAR"),
    setting(SourceSettings, "encoding", section="Data", metavar="NAME"),
    setting(SourceSettings, "data_home", section="Data", metavar="DIR"),
    setting(SourceSettings, "samples", section="Data"),
    setting(SourceSettings, "noise", section="Data"),
    setting(SourceSettings, "centers", section="Data"),
)
split_options = shared(
    setting(SplitSettings, "test_size", section="Split", basic=True),
    setting(SplitSettings, "val_size", section="Split"),
    setting(SplitSettings, "split_col", section="Split", metavar="COL"),
    setting(SplitSettings, "test", section="Split", metavar="FILE"),
    setting(SplitSettings, "group_col", section="Split", metavar="COL"),
)


def given(ctx: click.Context) -> frozenset[str]:
    """Return the names of the options that were asked for, on the command line, in the environment or in a file."""
    default = click.core.ParameterSource.DEFAULT
    return frozenset(name for name in ctx.params if ctx.get_parameter_source(name) not in (default, None))
