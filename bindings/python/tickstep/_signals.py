"""Signals as columns: decided beforehand, run wholly in Rust."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

from tickstep import _native
from tickstep._account import Account, backtest
from tickstep._arguments import allow, spelled_out
from tickstep._bars import Bars, single
from tickstep._run import Run
from tickstep._slots import Anchor, Own, Slot
from tickstep._terms import Number, Sizing, Slippage
from tickstep.errors import DataError

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Column", "Levels", "Signals", "simulate"]

Column: TypeAlias = Any
"""A polars or pandas Series, a NumPy array or a list: one value for each bar."""

Levels: TypeAlias = "Number | Slippage | Column"
"""A fraction of the entry price, ``ts.ticks(n)``, or a column of either."""


class Signals(Slot):
    """A strategy that was decided beforehand, as columns with one value for each bar of one
    instrument. Row *i* is decided at the close of bar *i* and filled at the next open.

    Arguments:
        long: booleans, where a long position is entered; it reverses a short one.
        short: booleans, where a short position is entered; never in a row that enters long.
        exit_long: booleans, where an open long position is left.
        exit_short: booleans, where an open short position is left.
        take_profit: target distance of an entry: a fraction of its price above 0 and below 1,
            ``ts.ticks(n)``, or a column of fractions (or ``ts.ticks`` of a column), NaN where
            there is none. Fractions count to 15 decimals.
        stop_loss: stop distance of an entry, likewise.
        max_hold: longest hold of an entry: ``"5m"``, a ``timedelta`` or seconds.
        name: name in results; ``"signals"`` when absent.
        instruments: symbol of the bars that the columns are of; not needed where the account
            has one instrument.
        sizing: size of its entries; that of the account when absent.
        bracket_anchor: ``"fill"`` or ``"decision"``: the price that stop and target are
            measured from; the fill.

    Raises:
        DataError: a column has another length than the bars, another type or a hole; with
            ``argument``, ``row`` and ``timestamp`` as far as there is one.
        ConfigError: a distance or hold is out of its range.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> close = bars.to_polars()["close"]
    >>> dip = ts.Signals(long=(close < close.shift(5) * 0.99).fill_null(False), max_hold="15m")
    >>> run = ts.backtest(bars, [dip, ts.SmaCross()], maker_fee=0.0002, taker_fee=0.0005,
    ...                   slippage=ts.ticks(1), sizing=ts.FixedNotional(1_000))
    >>> sorted(run.trades["strategy"].unique())
    ['signals', 'sma_cross']
    """

    def __init__(
        self,
        *,
        long: Column | None = None,
        short: Column | None = None,
        exit_long: Column | None = None,
        exit_short: Column | None = None,
        take_profit: Levels | None = None,
        stop_loss: Levels | None = None,
        max_hold: str | timedelta | float | None = None,
        name: str | None = None,
        instruments: str | Sequence[str] | None = None,
        sizing: Sizing | None = None,
        bracket_anchor: Anchor | None = None,
    ) -> None:
        self._set_place(name, instruments, sizing, bracket_anchor)
        self._columns = {
            "long": long,
            "short": short,
            "exit_long": exit_long,
            "exit_short": exit_short,
            "take_profit": take_profit,
            "stop_loss": stop_loss,
        }
        self._max_hold = max_hold
        listed = self._place["instruments"]
        if listed is not None and len(listed) != 1:
            raise DataError(
                f"instruments: {listed} are several; signals are of the bars of one instrument",
                argument="instruments",
            )
        self._native = _native.Signals(
            [long, short, exit_long, exit_short],
            symbol=None if listed is None else listed[0],
            take_profit=take_profit,
            stop_loss=stop_loss,
            max_hold=max_hold,
        )

    def check(self, bars: Bars) -> None:
        """Refuses columns that do not fit the bars; a pandas index of times must be theirs."""
        single(bars)
        for name, column in self._columns.items():
            _check_index(name, column, bars)
        self._native.check(bars._native)

    def _kind(self) -> str:
        return "signals"

    def _params(self) -> dict[str, Any]:
        return {"columns": self._native.fingerprint}

    def _own(self) -> Own | None:
        return self._native

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = {**self._place, **self._columns, "max_hold": self._max_hold}
        return _restored, (arguments,)

    def __repr__(self) -> str:
        given = [name for name, column in self._columns.items() if column is not None]
        return f"<Signals of {', '.join(given)}>"


def _restored(arguments: dict[str, Any]) -> Signals:
    return Signals(**arguments)


def _check_index(name: str, column: Any, bars: Bars) -> None:
    """A pandas index must be that of the bars: their times, or 0, 1, 2 and so on."""
    column = column.amount if isinstance(column, Slippage) else column
    index = getattr(column, "index", None)
    if index is None or callable(index) or len(index) != len(bars):
        return
    if hasattr(index, "as_unit"):
        zoned = index if index.tz is not None else index.tz_localize("UTC")
        row = _native.other_time(bars._native, zoned.as_unit("ns").asi8.tobytes())
        if row is None:
            return
        raise DataError(
            f"{name}: row {row + 1}: its index is {index[row]}, which is not the time of that "
            "bar; give the column in the order of the bars, such as column.reindex(times)",
            argument=name,
            row=row + 1,
        )
    if list(index[:1]) + list(index[-1:]) != [0, len(bars) - 1] or not (
        index.is_monotonic_increasing
    ):
        raise DataError(
            f"{name}: its index does not count the bars from 0; sort the column by its index, or "
            "give its values: column.to_numpy()",
            argument=name,
        )


@spelled_out(Account)
def simulate(
    bars: Bars,
    *,
    long: Column | None = None,
    short: Column | None = None,
    exit_long: Column | None = None,
    exit_short: Column | None = None,
    take_profit: Levels | None = None,
    stop_loss: Levels | None = None,
    max_hold: str | timedelta | float | None = None,
    trials: str | PathLike[str] | None = None,
    **account: Unpack[Account],
) -> Run:
    """Runs signal columns over the bars of one instrument, wholly in Rust.

    Row *i* of each column is decided at the close of bar *i* and filled at the next open. The
    size is a loss of 1 % of equity at the stop unless ``sizing`` says otherwise; other columns
    are another trial.

    Arguments:
        bars: bars of one instrument.
        long: booleans, where a long position is entered; it reverses a short one.
        short: booleans, where a short position is entered; never in a row that enters long.
        exit_long: booleans, where an open long position is left.
        exit_short: booleans, where an open short position is left.
        take_profit: target distance of an entry: a fraction of its price above 0 and below 1,
            ``ts.ticks(n)``, or a column of fractions, NaN where there is none.
        stop_loss: stop distance of an entry, likewise.
        max_hold: longest hold of an entry: ``"5m"``, a ``timedelta`` or seconds.
        trials: the file in which it is counted as a trial, see :func:`backtest`.
        **account: costs (which have no default), cash, size, limits: see :class:`Account`.

    Raises:
        DataError: a column has another length than the bars, another type, a hole, or enters
            both sides in one row; with ``argument``, ``row`` and ``timestamp``.
        ConfigError: a distance, a hold or an argument of the account cannot be used.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> close = bars.to_polars()["close"]
    >>> run = ts.simulate(bars, long=(close < close.shift(5) * 0.99).fill_null(False),
    ...                   take_profit=0.004, stop_loss=0.0025, max_hold="5m",
    ...                   maker_fee=0.0002, taker_fee=0.0005, slippage=ts.ticks(1))
    >>> run.trades.height > 50
    True
    """
    allow(account, simulate)
    bars = single(bars)
    signals = Signals(
        long=long,
        short=short,
        exit_long=exit_long,
        exit_short=exit_short,
        take_profit=take_profit,
        stop_loss=stop_loss,
        max_hold=max_hold,
    )
    signals.check(bars)
    return backtest(bars, signals, trials=trials, **account)
