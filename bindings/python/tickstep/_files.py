"""Bars from files, in any layout that ``tickstep check`` knows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from glob import glob, has_magic
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, overload

from tickstep import _native
from tickstep._arguments import allow, spelled_out
from tickstep._bars import Bars, Instant, Span, Step, bars_of_table, named
from tickstep.errors import ConfigError, DataError

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import Unpack

__all__ = [
    "Files",
    "Path",
    "Reading",
    "Stated",
    "is_for_polars",
    "options",
    "read_bars",
    "segments_of",
]

Path: TypeAlias = str | PathLike[str]
Files: TypeAlias = Path | Iterable[Path | Iterable[Path]]
"""A file or pattern, a list of them, or a list of lists, each of which is a segment."""

_POLARS_FILES = (".parquet", ".pq", ".feather", ".ipc", ".arrow")


class Stated(TypedDict, total=False):
    """What is stated of files; what is left out is told by the files."""

    interval: Span | None
    """Length of a bar, such as ``"1m"``."""
    tick_size: Step | None
    """Price step, quote currency."""
    lot_step: Step | None
    """Step of the volumes in the data, base units."""
    format: Path | None
    """Layout: the name of a bundled format or the path of a ``.toml``."""
    time_zone: str | None
    """Whose clock times without a zone are by; UTC when absent."""
    price: Literal["bid", "ask", "mid"] | None
    """Which price of bid and ask data."""
    calendar: str | Mapping[str, Any] | None
    """When the market trades: a bundled calendar, or its zone, days and hours."""
    repair: str | Sequence[str]
    """What is mended instead of refused, such as ``["sort", "drop-duplicates"]``."""


class Reading(Stated, total=False):
    """What is stated of files, and what is made of them."""

    round_to_grid: bool
    """Round prices and volumes off the stated steps instead of refusing them."""
    segment_gap: Span | None
    """Time without bars above which everything starts afresh; a day when absent."""
    start: Instant | None
    """Keep bars that open at or after this time."""
    end: Instant | None
    """Keep bars that open before this time."""
    ignore_taker: bool
    """Leave taker-buy volume out."""


@overload
def read_bars(
    files: Files, *, symbol: str | None = None, split: Literal[True], **stated: Unpack[Reading]
) -> dict[str, Bars]: ...
@overload
def read_bars(
    files: Files,
    *,
    symbol: str | None = None,
    split: Literal[False] = False,
    **stated: Unpack[Reading],
) -> Bars: ...
@spelled_out(Reading)
def read_bars(
    files: Files, *, symbol: str | None = None, split: bool = False, **stated: Unpack[Reading]
) -> Bars | dict[str, Bars]:
    """Reads the bars of one instrument from files, in any layout that ``tickstep check`` knows.

    Args:
        files: A path or pattern (``"FILUSDT-1m-2023-*.csv.gz"``) or a list of them; lists in it
            become segments of their own, after the files that stand alone. CSV, JSON, tapes,
            also packed; Parquet and Feather by polars, all in one segment.
        symbol: Name of the instrument; told by the file names when absent.
        split: The files hold several instruments, told apart by a column of symbols: a
            dictionary of the bars of each, by symbol.
        format: Layout of text files: the name of a bundled format or the path of a ``.toml``.
        price: Of bid and ask data: ``"bid"``, ``"ask"`` or ``"mid"``.

    The other arguments mean what they mean for :meth:`Bars.from_frame`; times without a zone are
    taken as UTC, as the command does.

    Raises:
        DataError: The data is refused; with file, line and remedy.
        ConfigError: An argument cannot be used; its ``argument`` names it.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-*.csv.gz", tick_size="0.001")
    >>> bars.symbol, bars.tick_size
    ('FILUSDT', Decimal('0.001'))
    """
    allow(stated, read_bars)
    if not isinstance(split, bool):
        raise ConfigError(f"split: {split!r} is not True or False", argument="split")
    if symbol is not None:
        named(symbol)
        if split:
            raise ConfigError(
                f"symbol: with split=True each instrument is called as the files call it, not "
                f"{symbol}; leave it out, or take the one of that name without split=True",
                argument="symbol",
            )
    segments = segments_of(files)
    given = options(stated)
    paths = [path for segment in segments for path in segment]
    for path in paths:
        if os.path.isdir(path):
            raise DataError(f"{path} is a folder; name its files: {path}/*.csv", file=path)
        if not os.path.exists(path):
            raise DataError(f"there is no file {path}; check the path", file=path)
    if is_for_polars(paths):
        return _of_polars_files(segments, symbol, given, split)
    if not split:
        return Bars(_native.read_bars(segments, symbol, given))
    symbols = _native.file_symbols(paths, given)
    if not symbols:
        raise _nothing_to_split(paths)
    return {one: Bars(_native.read_bars(segments, one, given)) for one in symbols}


def is_for_polars(paths: Sequence[str]) -> bool:
    """Whether any of the files is one that the native half does not read."""
    return any(path.lower().endswith(_POLARS_FILES) for path in paths)


def options(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What is stated, as the native half takes it."""
    layout = stated.get("format")
    return {**stated, "format": None if layout is None else fspath(layout)}


def segments_of(files: Any, argument: str = "files") -> list[list[str]]:
    """The files of each segment, patterns resolved."""
    if isinstance(files, str | PathLike):
        return [_paths(files)]
    if not isinstance(files, Iterable):
        raise _no_files(files, argument)
    alone: list[str] = []
    segments: list[list[str]] = []
    for item in files:
        if isinstance(item, str | PathLike):
            alone += _paths(item)
        elif isinstance(item, list | tuple) and all(isinstance(p, str | PathLike) for p in item):
            segments.append([path for one in item for path in _paths(one)])
        else:
            raise _no_files(item if isinstance(files, list | tuple) else files, argument)
    return [alone, *segments] if alone else segments


def _no_files(found: Any, argument: str) -> ConfigError:
    return ConfigError(
        f"{argument}: a {type(found).__name__} is no file; give a path or pattern such as "
        '"FILUSDT-1m-*.csv.gz", or a list of them; a frame goes to ts.Bars.from_frame',
        argument=argument,
    )


def _paths(pattern: Path) -> list[str]:
    path = fspath(pattern)
    if not has_magic(path) or os.path.exists(path):
        return [path]
    found = sorted(glob(path))
    if not found:
        raise DataError(f"no file matches {path}; check the pattern and the folder", file=path)
    return found


def _nothing_to_split(paths: Sequence[str]) -> ConfigError:
    return ConfigError(
        f"split: there is no column of symbols in {paths[0] if paths else 'no file'}; leave it out",
        argument="split",
    )


def _of_polars_files(
    segments: list[list[str]], symbol: str | None, stated: dict[str, Any], split: bool
) -> Bars | dict[str, Bars]:
    paths = [path for segment in segments for path in segment]
    if len(segments) > 1 or not all(path.lower().endswith(_POLARS_FILES) for path in paths):
        raise DataError(
            "Parquet and Feather files are read together, without text files and in one segment",
            file=paths[0],
        )
    for argument in ("format", "price"):
        if stated.get(argument) is not None:
            raise ConfigError(
                f"{argument}: it is of text files, and the columns of {paths[0]} have names; read "
                "it with polars and say which are meant: ts.Bars.from_frame(df, columns={...})",
                argument=argument,
            )
    if split:
        frame = _frame_of(paths)
        column = next((name for name in frame.columns if _native.is_symbol_column(name)), None)
        if column is None:
            raise _nothing_to_split(paths)
        symbols = frame[column].drop_nulls().cast(str).unique().sort()
        return {one: _of_frame(frame, one, stated, paths) for one in symbols}
    name = symbol if symbol is not None else _native.symbol_of_files(paths)
    return _of_frame(_frame_of(paths), name, stated, paths)


def _frame_of(paths: list[str]) -> pl.DataFrame:
    import polars as pl

    frames = []
    for path in paths:
        read = pl.read_parquet if path.lower().endswith((".parquet", ".pq")) else pl.read_ipc
        try:
            frames.append(read(path))
        except Exception as error:
            words = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"{path}: cannot be read: {words}", file=path) from error
    try:
        return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")
    except Exception as error:
        raise DataError(
            f"{paths[0]} and the others differ in their columns: {error}", file=paths[0]
        ) from error


def _of_frame(
    frame: pl.DataFrame, symbol: str, stated: dict[str, Any], paths: list[str]
) -> Bars:
    # Files that say no zone are by UTC, as text files are.
    known = {key: value for key, value in stated.items() if key not in ("format", "price")}
    known["time_zone"] = stated.get("time_zone") or "UTC"
    try:
        return Bars(bars_of_table(frame, symbol, known, None))
    except DataError as error:
        if len(paths) == 1:
            error.file = paths[0]
            error.args = (f"{paths[0]}: {error}",)
        raise
