"""Features: what a strategy may know at a close, as objects and as columns.

A feature at the close of a bar uses nothing later. On a longer timeframe it changes only
when a bar of that timeframe has closed; longer bars begin at whole multiples of their length
since 1970, UTC, or as many of them after the market opened. Prices are in the quote
currency, volumes in base units. A value is null until its window is full, again after more
than three missing bars, and at the start of each segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tickstep import _native
from tickstep._arguments import whole
from tickstep._bars import Bars, single
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Feature",
    "Timeframe",
    "atr",
    "bollinger",
    "buy_share",
    "close",
    "close_sum",
    "deviation",
    "ema",
    "features",
    "high",
    "highest",
    "low",
    "lowest",
    "macd",
    "open",
    "resistance",
    "rsi",
    "sma",
    "streak",
    "support",
    "taker_buy",
    "volume",
    "volume_ratio",
    "volume_sum_before",
    "vwap",
]

Timeframe: TypeAlias = str | timedelta | None
"""Bars that a feature is computed on: ``"5m"``, ``"1h"``, a ``timedelta``; ``None`` for the
bars of the data. It must be a multiple of those."""

Argument: TypeAlias = int | float | str | Decimal


@dataclass(frozen=True, eq=False)
class Feature:
    """A feature that can be asked for; made by functions such as :func:`rsi`.

    Equal features have equal functions, arguments, timeframes and names.

    >>> import tickstep as ts
    >>> ts.rsi(14)
    ts.rsi(period=14)
    >>> ts.highest(20, "5m").name
    'highest_20_5m'
    """

    function: str
    """Name of the function that makes it, such as ``"rsi"``."""
    args: Mapping[str, Argument]
    """Its arguments, by name."""
    timeframe: str | timedelta | None
    """Bars that it is computed on; ``None`` for those of the data."""
    name: str
    """Name of its column."""
    _native: _native.Feature = field(repr=False)

    def named(self, name: str) -> Feature:
        """The same feature under another name.

        >>> import tickstep as ts
        >>> ts.sma(50).named("trend").name
        'trend'
        """
        if not isinstance(name, str) or not name:
            raise ConfigError(
                f"name: {name!r} is not allowed; it must be a text that is not empty",
                argument="name",
            )
        return replace(self, name=name)

    def _key(self) -> tuple[Any, ...]:
        return self.function, tuple(self.args.items()), self.timeframe, self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feature) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.function, dict(self.args), self.timeframe, self.name)

    def __repr__(self) -> str:
        words = [f"{name}={value!r}" for name, value in self.args.items()]
        if self.timeframe is not None:
            words.append(f"timeframe={self.timeframe!r}")
        made = f"ts.{self.function}({', '.join(words)})"
        default = _default_name(self.function, self.args, self.timeframe)
        return made if self.name == default else f"{made}.named({self.name!r})"


def _default_name(
    function: str, args: Mapping[str, Argument], timeframe: str | timedelta | None
) -> str:
    parts = [function, *(str(value) for value in args.values())]
    if timeframe is not None:
        parts.append(_native.span_text(timeframe))
    return "_".join(parts)


def _made(
    function: str,
    args: Mapping[str, Argument],
    timeframe: str | timedelta | None,
    name: str | None = None,
) -> Feature:
    native = _native.Feature(function, dict(args), timeframe)
    if name is None:
        name = _default_name(function, args, timeframe)
    return Feature(function, args, timeframe, name, native)


def open(timeframe: Timeframe = None) -> Feature:
    """Open of the last closed bar, a price."""
    return _made("open", {}, timeframe)


def high(timeframe: Timeframe = None) -> Feature:
    """High of the last closed bar, a price."""
    return _made("high", {}, timeframe)


def low(timeframe: Timeframe = None) -> Feature:
    """Low of the last closed bar, a price."""
    return _made("low", {}, timeframe)


def close(timeframe: Timeframe = None) -> Feature:
    """Close of the last closed bar, a price."""
    return _made("close", {}, timeframe)


def volume(timeframe: Timeframe = None) -> Feature:
    """Volume of the last closed bar, base units."""
    return _made("volume", {}, timeframe)


def taker_buy(timeframe: Timeframe = None) -> Feature:
    """Volume that aggressive buyers took in the last closed bar, base units."""
    return _made("taker_buy", {}, timeframe)


def close_sum(period: int, timeframe: Timeframe = None) -> Feature:
    """Sum of the last ``period`` closes, this bar's included."""
    return _made("close_sum", {"period": period}, timeframe)


def sma(period: int, timeframe: Timeframe = None) -> Feature:
    """Mean of the last ``period`` closes, this bar's included; exact, rounded once."""
    return _made("sma", {"period": period}, timeframe)


def volume_sum_before(period: int, timeframe: Timeframe = None) -> Feature:
    """Sum of the volumes of the ``period`` bars before the last closed one, base units."""
    return _made("volume_sum_before", {"period": period}, timeframe)


def volume_ratio(period: int, timeframe: Timeframe = None) -> Feature:
    """Volume of the last closed bar over the mean of the ``period`` bars before it.

    3 is three times the usual volume. Null where the bars before traded nothing.

    >>> import tickstep as ts
    >>> ts.volume_ratio(20).name
    'volume_ratio_20'
    """
    return _made("volume_ratio", {"period": period}, timeframe)


def highest(period: int, timeframe: Timeframe = None) -> Feature:
    """Highest high of the ``period`` bars before the last closed one, which is left out so
    that a close above it is a breakout."""
    return _made("highest", {"period": period}, timeframe)


def lowest(period: int, timeframe: Timeframe = None) -> Feature:
    """Lowest low of the ``period`` bars before the last closed one, which is left out."""
    return _made("lowest", {"period": period}, timeframe)


def streak(timeframe: Timeframe = None) -> Feature:
    """How many bars in a row closed above their open (positive) or below it (negative)."""
    return _made("streak", {}, timeframe)


def support(left: int, right: int, keep: int, timeframe: Timeframe = None) -> Feature:
    """Nearest confirmed pivot low at or below the close, a price.

    The ``left`` bars before a pivot are higher, the ``right`` bars after it not lower, so it is
    known only ``right`` bars later; the last ``keep`` pivots are remembered.
    """
    return _made("support", {"left": left, "right": right, "keep": keep}, timeframe)


def resistance(left: int, right: int, keep: int, timeframe: Timeframe = None) -> Feature:
    """Nearest confirmed pivot high at or above the close, a price; as :func:`support`."""
    return _made("resistance", {"left": left, "right": right, "keep": keep}, timeframe)


def ema(period: int, timeframe: Timeframe = None) -> Feature:
    """Exponential mean of closes: the last one weighs ``2 / (period + 1)``. As TA-Lib's EMA."""
    return _made("ema", {"period": period}, timeframe)


def rsi(period: int = 14, timeframe: Timeframe = None) -> Feature:
    """Wilder's relative strength index of closes, 0 to 100. As TA-Lib's RSI."""
    return _made("rsi", {"period": period}, timeframe)


def atr(period: int = 14, timeframe: Timeframe = None) -> Feature:
    """Wilder's average true range, a difference of prices. As TA-Lib's ATR."""
    return _made("atr", {"period": period}, timeframe)


def deviation(period: int, timeframe: Timeframe = None) -> Feature:
    """Population standard deviation of the last ``period`` closes, a difference of prices."""
    return _made("deviation", {"period": period}, timeframe)


def vwap(period: int, timeframe: Timeframe = None) -> Feature:
    """Mean of the typical prices of the last ``period`` bars, weighed by their volumes."""
    return _made("vwap", {"period": period}, timeframe)


def macd(
    fast: int = 12,
    slow: int = 26,
    signal: int = 9,
    output: Literal["line", "signal", "histogram"] = "line",
    timeframe: Timeframe = None,
) -> Feature:
    """An output of MACD of closes, a difference of prices. As TA-Lib's MACD.

    ``"line"`` is the fast exponential mean less the slow one, ``"signal"`` the exponential mean
    of the line, ``"histogram"`` the line less its signal.

    >>> import tickstep as ts
    >>> ts.macd(output="signal").name
    'macd_12_26_9_signal'
    """
    args: dict[str, Argument] = {"fast": fast, "slow": slow, "signal": signal, "output": output}
    return _made("macd", args, timeframe)


def bollinger(
    period: int = 20,
    k: int | float | str | Decimal = 2,
    band: Literal["upper", "middle", "lower"] = "middle",
    timeframe: Timeframe = None,
) -> Feature:
    """A Bollinger band of closes, a price: their mean and ``k`` population standard
    deviations around it. As TA-Lib's BBANDS."""
    return _made("bollinger", {"period": period, "k": k, "band": band}, timeframe)


def buy_share(
    split: Literal["taker", "close_location"] = "taker", timeframe: Timeframe = None
) -> Feature:
    """Share of the last closed bar's volume that aggressive buyers took, 0 to 1.

    ``"taker"`` is the venue's own taker-buy volume, which the data must have;
    ``"close_location"`` the place of the close between low and high, a stand-in that reads
    prices only. Null where nothing was traded.
    """
    return _made("buy_share", {"split": split}, timeframe)


def features(
    bars: Bars, features: Feature | Iterable[Feature], *, max_gap: int = 3
) -> pl.DataFrame:
    """Features over bars: what a strategy that asks for them sees at each close.

    Returns a frame with one row a bar: ``close_time`` (Datetime in UTC, when the bar closed) and
    a Float64 column for each feature, null until it is warm. After more than ``max_gap`` missing
    bars (0 to 10000) everything warms up again, as in a run.

    Raises :class:`ConfigError` when two features have one name or a timeframe is no multiple of
    the bars, :class:`DataError` when the bars lack what a feature reads.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> seen = ts.features(bars, [ts.rsi(14), ts.volume_ratio(20), ts.highest(20, "5m")])
    >>> seen.columns
    ['close_time', 'rsi_14', 'volume_ratio_20', 'highest_20_5m']
    >>> seen.height == len(bars)
    True
    """
    import polars as pl

    single(bars)
    max_gap = whole("max_gap", max_gap, 0, 10_000)
    asked = list(features) if isinstance(features, Iterable) else [features]
    names = ["close_time"]
    for one in asked:
        if not isinstance(one, Feature):
            raise ConfigError(
                f"features: {one!r} is not a feature; write ts.rsi(14), for example",
                argument="features",
            )
        if one.name in names:
            raise ConfigError(
                f"features: two columns would be called {one.name!r}; give one another name "
                'with .named("...")',
                argument="features",
            )
        names.append(one.name)
    columns = [(one.name, one._native) for one in asked]
    return pl.DataFrame(_native.feature_columns(bars._native, columns, max_gap=max_gap))
