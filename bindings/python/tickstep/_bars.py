"""Bars of one instrument: from a frame, and as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tickstep import _html, _native
from tickstep._arguments import whole
from tickstep._frames import table_of
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._plot.look import Template

__all__ = ["Bars", "Instant", "Span", "Step", "bars_of_table", "listed", "named", "single"]

Step: TypeAlias = int | float | Decimal | str
"""A step above zero; a float counts as its shortest decimal text, a text is exact."""
Span: TypeAlias = str | timedelta
"""``"5m"``, ``"90s"``, ``"1h"``, ``"1d"``, or a ``timedelta``."""
Instant: TypeAlias = str | date | datetime
"""``"2023-08-01"`` or ``"2023-08-01 09:30"`` (UTC), a date, or a datetime with a zone."""


class Bars:
    """The bars of one instrument, checked: sorted, on one grid, without duplicates.

    Made by :func:`read_bars` and :meth:`Bars.from_frame`; a value that does not change, is
    equal to one with the same bars from the same sources, and pickles.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> bars
    Bars('FILUSDT', 44640 of 1m, 2023-08-01 00:00 to 2023-09-01 00:00 UTC, tick 0.001)
    >>> len(bars["2023-08-01":"2023-08-03"]), len(bars[100:200])
    (2880, 100)
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.Bars) -> None:
        if not isinstance(native, _native.Bars):
            raise TypeError(
                f"Bars are not made of a {type(native).__name__}; use ts.read_bars(files) or "
                "ts.Bars.from_frame(df, symbol=...)"
            )
        self._native = native

    @classmethod
    def from_frame(
        cls,
        df: Any,
        *,
        symbol: str,
        interval: Span | None = None,
        tick_size: Step | None = None,
        lot_step: Step | None = None,
        columns: Mapping[str, str | None] | None = None,
        time_zone: str | None = None,
        calendar: str | Mapping[str, Any] | None = None,
        repair: str | Sequence[str] = (),
        round_to_grid: bool = False,
        segment_gap: Span | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        ignore_taker: bool = False,
    ) -> Bars:
        """Bars of a frame or of arrays in memory, one row a bar.

        Args:
            df: A polars or pandas frame (the index may be the time), a table of Arrow or anything
                else with ``__arrow_c_stream__``, a dict of NumPy arrays or lists, a structured
                array, or a list of dicts.
            symbol: Name of the instrument.
            interval: Length of a bar, such as ``"1m"``; told by the open times when absent.
            tick_size: Price step, quote currency; told by the decimals when absent.
            lot_step: Step of the volumes in the data, base units; told by the decimals when absent.
            columns: What columns are called, where not as usual: ``{"time": "when", "open": "o"}``;
                the keys are time, open, high, low, close, volume, taker_buy. ``"volume": None``
                says that there are no volumes.
            time_zone: Whose clock times without a zone are by, such as ``"UTC"``.
            calendar: When the market trades: the name of a bundled calendar such as ``"nyse"``, or
                its zone, days and hours as in a configuration; told by the open times when absent.
            repair: What is mended instead of refused, such as ``["sort", "drop-duplicates"]``.
            round_to_grid: Round prices and volumes off the stated steps instead of refusing them.
            segment_gap: Time without bars above which everything starts afresh; a day when absent.
            start, end: Keep bars that open at or after ``start`` and before ``end``.
            ignore_taker: Leave taker-buy volume out.

        Open times are datetimes with a zone, dates, text, or integers of seconds, milliseconds,
        microseconds or nanoseconds since 1970, told apart by their size. A float is on a stated
        grid within a millionth of a step, or where its shortest text is.

        Raises :class:`DataError` with the row (counted from 1), column and time at fault, and the
        remedy; :class:`ConfigError` for an argument that cannot be used.

        >>> import tickstep as ts
        >>> rows = {"time": [1690848000, 1690848060], "open": [4.255, 4.251], "high": [4.256, 4.253],
        ...         "low": [4.252, 4.251], "close": [4.252, 4.253], "volume": [25259.1, 2476.0]}
        >>> ts.Bars.from_frame(rows, symbol="FILUSDT", tick_size="0.001", lot_step="0.1")
        Bars('FILUSDT', 2 of 1m, 2023-08-01 00:00 to 2023-08-01 00:02 UTC, tick 0.001)
        """
        named(symbol)
        stated = {
            "interval": interval,
            "tick_size": tick_size,
            "lot_step": lot_step,
            "time_zone": time_zone,
            "calendar": calendar,
            "repair": repair,
            "round_to_grid": round_to_grid,
            "segment_gap": segment_gap,
            "start": start,
            "end": end,
            "ignore_taker": ignore_taker,
        }
        return cls(bars_of_table(df, symbol, stated, columns))

    @property
    def symbol(self) -> str:
        """Name of the instrument."""
        return self._native.symbol

    @property
    def interval(self) -> timedelta | str:
        """Length of a bar; ``"day"``, ``"week"`` or ``"month"`` where it is one of the market."""
        ns = self._native.interval_ns
        return self._native.interval_words if ns is None else timedelta(microseconds=ns // 1000)

    @property
    def tick_size(self) -> Decimal:
        """Price step, quote currency."""
        return Decimal(self._native.tick_size)

    @property
    def volume_step(self) -> Decimal:
        """Step of the volumes, base units."""
        return Decimal(self._native.volume_step)

    @property
    def start(self) -> datetime:
        """Open time of the first bar, UTC, to the microsecond."""
        return _datetime(self._native.span_ns[0])

    @property
    def end(self) -> datetime:
        """When the last bar closes, UTC, to the microsecond."""
        return _datetime(self._native.span_ns[1])

    @property
    def has_taker(self) -> bool:
        """Whether every bar has the volume that aggressive buyers took; else none has."""
        return self._native.has_taker

    @property
    def segments(self) -> list[range]:
        """Stretches of bars, as indexes, between which everything starts afresh."""
        return [range(start, end) for start, end in self._native.segments]

    @property
    def gaps(self) -> pl.DataFrame:
        """Where bars are missing: ``after`` (open time of the bar before, UTC) and ``missing``
        (how many bars, in the time in which the market trades)."""
        import polars as pl

        return pl.DataFrame(self._native.gaps())

    @property
    def repaired(self) -> dict[str, int]:
        """What named repairs and roundings changed, by what was counted; empty when nothing."""
        return dict(self._native.repaired)

    @property
    def calendar(self) -> str:
        """Name of the calendar by which the market trades; ``"always"`` when it never closes."""
        return self._native.calendar[0]

    @property
    def sources(self) -> list[dict[str, str | int]]:
        """Files that it, or what it was cut or made from, was read from: ``path``, ``sha256`` and
        ``bars``; empty for frames, Parquet and Feather."""
        return [
            {"path": path, "sha256": sha256, "bars": bars}
            for path, sha256, bars in self._native.sources
        ]

    def __len__(self) -> int:
        return len(self._native)

    def to_polars(self) -> pl.DataFrame:
        """A polars frame, one row a bar: ``open_time`` (Datetime of ns in UTC), ``open``, ``high``,
        ``low``, ``close``, ``volume`` and, where there is one, ``taker_buy_volume`` (Float64)."""
        import polars as pl

        return pl.DataFrame(self._native.table())

    def to_pandas(self) -> pd.DataFrame:
        """A pandas frame, indexed by ``open_time`` (DatetimeIndex in UTC)."""
        import pandas as pd

        columns = self.to_numpy()
        index = pd.DatetimeIndex(columns.pop("open_time"), name="open_time").tz_localize("UTC")
        return pd.DataFrame(columns, index=index)

    def to_numpy(self) -> dict[str, np.ndarray[Any, Any]]:
        """Arrays by column, each of shape ``(len(bars),)``: ``open_time`` as ``datetime64[ns]``
        (UTC), the others as ``float64``."""
        frame = self.to_polars()
        frame = frame.with_columns(frame["open_time"].dt.replace_time_zone(None))
        return {column.name: column.to_numpy() for column in frame}

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._native.table().__arrow_c_stream__(requested_schema)

    def head(self, n: int = 5) -> Bars:
        """The first ``n`` bars; without the last ``-n`` where it is below zero."""
        return self[: whole("n", n)]

    def tail(self, n: int = 5) -> Bars:
        """The last ``n`` bars; without the first ``-n`` where it is below zero."""
        n = whole("n", n)
        return self[max(len(self) - n, 0) :] if n >= 0 else self[-n:]

    def __getitem__(self, key: slice) -> Bars:
        """Bars of a slice: by number, ``bars[100:200]``, or by time, the end left out:
        ``bars["2023-08-01":"2023-08-03"]`` are two days."""
        if not isinstance(key, slice):
            raise TypeError(
                f"bars take slices, not {key!r}: bars[100:200] or bars['2023-08-01':'2023-08-03']; "
                "bars.to_polars() has the rows"
            )
        if key.step not in (None, 1):
            raise ValueError("bars are sliced without a step; bars.resample('5m') makes longer ones")
        start, end = (
            self._native.index_of(edge) if isinstance(edge, str | date) else edge
            for edge in (key.start, key.stop)
        )
        start, end, _ = slice(start, end).indices(len(self))
        return Bars(self._native.part(start, max(start, end)))

    def resample(self, interval: Span, *, edges: Literal["drop", "keep"] = "drop") -> Bars:
        """Longer bars, exact: ``"5m"``, ``"1h"``, ``"day"``, ``"week"`` or ``"month"``.

        They open at whole multiples of the interval since 1970, UTC, or as many of them after the
        market opened. Volumes are summed, gaps stay gaps. Bars that the ends of the data cut off
        are left out, or kept with ``edges="keep"``.
        """
        if edges not in ("drop", "keep"):
            raise ConfigError(
                f"edges: {edges!r} is not allowed; it must be 'drop' or 'keep'", argument="edges"
            )
        longer, _ = self._native.resample(interval, edges == "keep")
        return Bars(longer)

    def plot(
        self,
        *,
        start: Instant | None = None,
        end: Instant | None = None,
        most: int = 2_200,
        template: Template = None,
    ) -> go.Figure:
        """Price as candles, and volume with its spikes, in UTC.

        Bars are made longer until there are at most ``most`` candles (10 to 100,000). A volume
        of at least 3 times the mean of the 20 bars before is a spike; the 300 strongest are marked.

        Args:
            start, end: Part of the time, the end left out, UTC where no zone is named.
            most: Most candles.
            template: Template of plotly, such as ``"plotly_dark"``; plotly's default when absent.

        Needs plotly (``pip install tickstep[plot]``); :class:`ConfigError` for an argument that
        cannot be used.

        >>> import tickstep as ts
        >>> fig = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz").plot()
        >>> print(fig.layout.title.subtitle.text.split("<br>")[0])
        30m candles of 1m bars
        """
        from tickstep._plot.candles import bars_figure

        return bars_figure(self, start, end, most, template)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bars) and self._native == other._native

    def __hash__(self) -> int:
        return hash(self._native)

    def __copy__(self) -> Bars:
        return self

    def __deepcopy__(self, memo: Any) -> Bars:
        return self

    def __reduce__(self) -> tuple[Callable[[bytes], Bars], tuple[bytes]]:
        return _of_state, (self._native.state(),)

    def __repr__(self) -> str:
        span = f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"
        length = self._native.interval_words
        return f"Bars({self.symbol!r}, {len(self)} of {length}, {span}, tick {self.tick_size})"

    def _repr_html_(self) -> str:
        return _html.bars(self)


def _of_state(state: bytes) -> Bars:
    return Bars(_native.Bars.of_state(state))


def _datetime(ns: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=ns // 1000)


def named(symbol: Any) -> None:
    """Refuses what is no name of an instrument."""
    if not isinstance(symbol, str) or not symbol:
        raise ConfigError(
            f"symbol: {symbol!r} is not allowed; it must be a text that is not empty",
            argument="symbol",
        )


def listed(bars: Any, argument: str = "bars") -> list[Bars]:
    """Bars of one instrument, a list of several, or a dictionary of them by symbol."""
    if isinstance(bars, Bars):
        return [bars]
    if isinstance(bars, Mapping):
        for key, one in bars.items():
            if isinstance(one, Bars) and one.symbol != key:
                raise ConfigError(
                    f"{argument}: what is called {key!r} are bars of {one.symbol}; give them "
                    "under their own name",
                    argument=argument,
                )
        bars = list(bars.values())
    many = list(bars) if isinstance(bars, list | tuple) else [bars]
    return [single(one, argument) for one in many]


def single(bars: Any, argument: str = "bars") -> Bars:
    """Bars of one instrument."""
    if not isinstance(bars, Bars):
        several = isinstance(bars, list | tuple | Mapping)
        made = "make them with ts.read_bars(files) or ts.Bars.from_frame(df, symbol=...)"
        made = "give those of one" if several else made
        raise ConfigError(
            f"{argument}: a {type(bars).__name__} is not Bars of one instrument; {made}",
            argument=argument,
        )
    return bars


def bars_of_table(
    df: Any, symbol: str, stated: dict[str, Any], columns: Mapping[str, Any] | None
) -> _native.Bars:
    """Bars of whatever holds a table; ``stated`` are arguments of :meth:`Bars.from_frame`."""
    if columns is not None and not isinstance(columns, Mapping):
        raise ConfigError(
            f"columns: {columns!r} is not allowed; it must be a dictionary of the parts of a bar "
            'and what their columns are called, such as {"time": "when"}',
            argument="columns",
        )
    names = None if columns is None else dict(columns)
    table, known = table_of(df, names)
    names = None if known is None else dict(known)
    return _native.bars_of_table(table, symbol, stated, columns=names)
