"""Writers: answers a block at a time, as CSV, TSV or Parquet, in bounded memory; a file whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import polars as pl

from softreg.data.parsing import written
from softreg.errors import DataError, system_number
from softreg.files import scratch, writing
from softreg.terminal import Sink, standard_output

__all__ = ["CsvWriter", "ParquetWriter", "Writer", "separator_of", "written_to"]

GROUP_BYTES, MOST_ROWS = 2**23, 2**17
"""What a group of rows of a Parquet file holds, at most."""


class Writer(Protocol):
    """Takes frames of the same columns."""

    def rendered(self, frame: pl.DataFrame, lines: list[bytes] | None = None) -> Any:
        """Return what ``write`` takes, ``lines`` of text in front of the columns if there are any; on any thread."""

    def write(self, rendered: Any) -> None:
        """Write it, behind what has been written."""


def separator_of(output: str) -> str | None:
    r"""Return what stands between the fields of an output file; None for Parquet.

    >>> separator_of("answers.tsv"), separator_of("-"), separator_of("answers.parquet")
    ('\t', ',', None)
    """
    return {".parquet": None, ".tsv": "\t"}.get("" if output == "-" else Path(output).suffix.lower(), ",")


@contextlib.contextmanager
def written_to(output: str, names: Sequence[str], *, overwrite: bool = True) -> Iterator[Writer]:
    """Open the writer of a file (.csv, .tsv or .parquet), or of CSV on standard output (``-``).

    ``names`` are the columns, which the frames may call otherwise. The file appears when the block ends without an
    error, and takes no other's place without ``overwrite``, as :func:`softreg.files.writing` says.
    """
    separator = separator_of(output)
    if output == "-":
        yield CsvWriter(standard_output(), names)
        return
    with writing(Path(output), overwrite=overwrite) as file:
        if separator is None:
            with scratch(Path(output)) as folder:
                writer = ParquetWriter(file, names, folder)
                yield writer
                writer.finish()
        else:
            yield CsvWriter(file, names, separator)


class CsvWriter:
    """Writes a header and then rows; a reader sees every block at once."""

    def __init__(self, file: Sink, names: Sequence[str], separator: str = ",") -> None:
        self._header = written(names, separator) + b"\n"
        self._file = file
        self._separator = separator

    def rendered(self, frame: pl.DataFrame, lines: list[bytes] | None = None) -> bytes:
        """Return the rows as text; with ``lines``, no value of the frame may hold a line feed.

        Raises DataError for a column that text cannot hold.
        """
        no_text = (pl.Binary, pl.Duration)
        held = next((name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype in no_text), None)
        if held is not None:
            what = f'Column "{held}" holds {frame.schema[held]}, which a CSV cannot hold.'
            raise DataError(what, "Write a .parquet with -o, or name the columns to keep with --keep.")
        text = io.BytesIO()
        if lines is not None:
            frame = frame.select(pl.lit(None).alias(""), pl.all())  # written as nothing, and a separator behind it
        frame.write_csv(text, include_header=False, separator=self._separator)
        if lines is None:
            return text.getvalue()
        parts = [b"\n"] * (3 * len(lines))  # line, answers, end: joined at once, not row by row
        parts[0::3], parts[1::3] = lines, text.getvalue().split(b"\n")[:-1]
        return b"".join(parts)

    def write(self, rendered: bytes) -> None:
        """Write rows, the first ones behind the header.

        Subtle: through Python's own write, so that a reader that closed its end is a BrokenPipeError; and where Python
        runs unbuffered, that writes no more than there is room for in a pipe.
        """
        left = memoryview(self._header + rendered if self._header else rendered)
        while left:
            left = left[self._file.write(left) :]
        self._file.flush()
        self._header = b""


class ParquetWriter:
    """Collects blocks in files of a folder, and makes one file of them at the end, without holding them in memory."""

    def __init__(self, file: IO[bytes], names: Sequence[str], folder: Path) -> None:
        self._file = file
        self._names = names
        self._folder = folder
        self._parts: list[Path] = []
        self._waiting: list[pl.DataFrame] = []
        self._size = self._n_rows = 0

    def rendered(self, frame: pl.DataFrame, lines: list[bytes] | None = None) -> pl.DataFrame:
        """Return the frame with the names that the file will have."""
        assert lines is None  # they are text
        return frame.rename(dict(zip(frame.columns, self._names, strict=True)))

    def write(self, rendered: pl.DataFrame) -> None:
        """Take a block."""
        self._waiting.append(rendered)
        self._n_rows += rendered.height
        if sum(int(frame.estimated_size()) for frame in self._waiting) >= GROUP_BYTES:
            self._set_aside()

    def finish(self) -> None:
        """Make the file, in groups of rows that readers, too, can hold."""
        self._set_aside()
        rows = max(1, min(MOST_ROWS, self._n_rows * GROUP_BYTES // max(1, self._size)))
        whole = self._folder / "whole"
        with _as_the_system_says():
            pl.scan_parquet(self._parts, glob=False, low_memory=True).sink_parquet(whole, row_group_size=rows)
        with whole.open("rb") as file:
            shutil.copyfileobj(file, self._file)

    def _set_aside(self) -> None:
        if self._waiting:
            part = pl.concat(self._waiting)
            self._size += int(part.estimated_size())
            self._parts.append(self._folder / f"{len(self._parts):08}.parquet")
            with _as_the_system_says():
                part.write_parquet(self._parts[-1], compression="lz4")
            self._waiting = []


@contextlib.contextmanager
def _as_the_system_says() -> Iterator[None]:
    """Raise an error of the system, a full disk for one, as what it is, where polars puts it into words of its own."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        number = system_number(error)
        if not number:
            raise
        raise OSError(number, os.strerror(number)) from error
