"""What a careful person wants to know of data before trusting it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

from tickstep import _html, _native
from tickstep._arguments import allow, spelled_out, whole
from tickstep._bars import Bars, listed, named, single
from tickstep._files import Files, Stated, is_for_polars, options, read_bars, segments_of
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import Unpack

__all__ = ["Check", "check"]


class Check:
    """What a check found; made by :func:`check`. It is true where there is no error.

    >>> import tickstep as ts
    >>> found = ts.check("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> bool(found), found.errors
    (True, 0)
    """

    def __init__(self, document: str, words: str) -> None:
        self._document = document
        self._words = words

    @cached_property
    def _instruments(self) -> list[dict[str, Any]]:
        instruments: list[dict[str, Any]] = json.loads(self._document)
        return instruments

    @property
    def ok(self) -> bool:
        """Whether everything loads: there is no error. There may be warnings."""
        return self.errors == 0

    def __bool__(self) -> bool:
        return self.ok

    def _count(self, severity: str) -> int:
        return sum(finding["severity"] == severity for _, _, finding in self._all())

    @property
    def errors(self) -> int:
        """How many findings are errors: what is refused when it is loaded."""
        return self._count("error")

    @property
    def warnings(self) -> int:
        """How many findings are warnings: it loads, and should be looked at."""
        return self._count("warning")

    @property
    def notes(self) -> int:
        """How many findings are notes: worth knowing."""
        return self._count("note")

    @property
    def verdict(self) -> str:
        """What loading makes of it, a line for each instrument."""
        return "\n".join(one["words"] for one in self._instruments)

    def _all(self) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
        """Symbol, file and finding."""
        for one in self._instruments:
            symbol = one["report"]["symbol"] or ""
            for file in one["files"]:
                for finding in file["findings"]:
                    yield symbol, file["path"], finding
            for finding in one["report"]["findings"]:
                yield symbol, None, finding

    @cached_property
    def findings(self) -> pl.DataFrame:
        """One row a finding: ``symbol``, ``file`` (null between files), ``severity`` (error,
        warning, note), ``kind``, ``words``, ``count`` and ``repairs`` (any of which mends it)."""
        import polars as pl

        rows = [
            (
                symbol,
                file,
                found["severity"],
                found["kind"],
                found["words"],
                found["count"],
                found.get("repairs", []),
            )
            for symbol, file, found in self._all()
        ]
        schema: dict[str, Any] = {
            "symbol": pl.String,
            "file": pl.String,
            "severity": pl.Categorical,
            "kind": pl.Categorical,
            "words": pl.String,
            "count": pl.UInt64,
            "repairs": pl.List(pl.String),
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    @cached_property
    def cases(self) -> pl.DataFrame:
        """One row a case of a finding: ``symbol``, ``kind``, ``place``, ``time`` and ``until``
        (UTC), ``bars`` and ``what`` is there."""
        import polars as pl

        rows = [
            (
                symbol,
                found["kind"],
                case["place"],
                case.get("time"),
                case.get("until"),
                case.get("bars"),
                case["what"],
            )
            for symbol, _, found in self._all()
            for case in found["cases"]
        ]
        schema: dict[str, Any] = {
            "symbol": pl.String,
            "kind": pl.Categorical,
            "place": pl.String,
            "time": pl.String,
            "until": pl.String,
            "bars": pl.UInt64,
            "what": pl.String,
        }
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        instant = pl.col("time", "until").str.to_datetime(time_unit="ns", time_zone="UTC")
        return frame.with_columns(instant)

    @cached_property
    def instruments(self) -> pl.DataFrame:
        """One row a file or bars in memory: ``symbol``, ``file``, ``bars``, ``interval``,
        ``calendar``, ``tick_size``, ``volume_step``, ``with_taker``, ``missing``,
        ``longest_gap``, ``zero_volume``, ``filler`` and whether the instrument ``loads``."""
        import polars as pl

        rows = [
            (
                one["report"]["symbol"],
                file["path"],
                file["bars"],
                file["bar"],
                file["calendar"],
                *(file.get(step) for step in ("tick_size", "volume_step")),
                *(file[count] for count in _COUNTS),
                one["report"]["verdict"] == "loads",
            )
            for one in self._instruments
            for file in one["files"]
        ]
        schema: dict[str, Any] = {
            "symbol": pl.String,
            "file": pl.String,
            "bars": pl.UInt64,
            "interval": pl.String,
            "calendar": pl.String,
            "tick_size": pl.String,
            "volume_step": pl.String,
            **dict.fromkeys(_COUNTS, pl.UInt64),
            "loads": pl.Boolean,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def __repr__(self) -> str:
        return self._words.rstrip()

    def _repr_html_(self) -> str:
        return _html.check(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Check, (self._document, self._words)


_COUNTS = ("with_taker", "missing", "longest_gap", "zero_volume", "filler")


@spelled_out(Stated)
def check(
    data: Bars | Sequence[Bars] | Mapping[str, Bars] | Files,
    *,
    symbol: str | None = None,
    cases: int | None = 3,
    **stated: Unpack[Stated],
) -> Check:
    """Looks at data before it is trusted, as ``tickstep check`` does.

    Args:
        data: Files, as :func:`read_bars` takes them, or bars in memory. Files are read as they
            stand and nothing stops the check. Bars are sound already, so that of them only
            what loads but may not be what it seems is found: gaps, jumps, filler. So it is
            with Parquet and Feather files, which are loaded first; what refuses them is raised.
        symbol: Name of the instrument; told by the file names when absent.
        cases: How many cases of each finding are listed; all when ``None``.

    The other arguments are those of :func:`read_bars` and go with files.

    >>> import tickstep as ts
    >>> found = ts.check(ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz"))
    >>> found.ok, found.instruments["bars"].to_list()
    (True, [44640])
    """
    allow(stated, check)
    if cases is not None:
        cases = whole("cases", cases, 0)
    if symbol is not None:
        named(symbol)
    if isinstance(data, Mapping):
        data = listed(data, "data")
    many = [data] if isinstance(data, Bars | str | PathLike) else data
    if isinstance(many, list | tuple) and any(isinstance(one, Bars) for one in many):
        given = [name for name, value in {**stated, "symbol": symbol}.items() if value]
        if given:
            raise ConfigError(
                f"{given[0]}: it is stated of files, and these bars are loaded already",
                argument=given[0],
            )
        bars = [single(one, "data") for one in many]
        return Check(*_native.check_bars([one._native for one in bars], cases=cases))
    segments = segments_of(data, "data")
    paths = [path for segment in segments for path in segment]
    if is_for_polars(paths):
        return check(read_bars(segments, symbol=symbol, **stated), cases=cases)
    return Check(*_native.check_files(paths, symbol, options(stated), cases=cases))
