"""What a look-ahead check runs again on other bars: a function of a frame, or a strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from tickstep import _native
from tickstep._account import Account, ran
from tickstep._bars import Bars
from tickstep._run import Run
from tickstep._signals import Signals
from tickstep._slots import Slot
from tickstep._terms import FixedNotional, Slippage, ticks
from tickstep.errors import ConfigError, StrategyError

__all__ = ["Columns", "Decisions", "SignalFunction", "Tried", "is_finished"]

SignalFunction: TypeAlias = Callable[[Any], Any]

_SIGNALS = ("long", "short", "exit_long", "exit_short")
_LEVELS = ("stop_loss", "take_profit", "max_hold")


class Tried:
    """What is run on other bars and compared with its run on all of them."""

    subject: Any

    def decided(self) -> list[int]:
        """Rows at which something is decided."""
        raise NotImplementedError

    def on(self, bars: Bars) -> Any:
        raise NotImplementedError

    def differences(self, other: Any, count: int) -> Iterator[tuple[int, str, Any, Any]]:
        """Row, column and both values, of the first difference of each column before row
        ``count``."""
        raise NotImplementedError


class Columns(Tried):
    """A function of a frame."""

    def __init__(
        self,
        function: SignalFunction,
        bars: Bars,
        columns: str | Sequence[str] | None,
        frame: str,
    ) -> None:
        self.subject = function
        self.function, self.frame = function, frame
        self.asked = [columns] if isinstance(columns, str) else columns
        self.count = len(bars)
        self.whole = self.on(bars)

    def on(self, bars: Bars) -> dict[str, Any]:
        if self.frame == "polars":
            argument: Any = bars.to_polars()
        elif self.frame == "pandas":
            argument = bars.to_pandas()
        elif self.frame == "bars":
            argument = bars
        else:
            raise ConfigError(
                f'frame: {self.frame!r} is not allowed; it must be "polars", "pandas" or "bars"',
                argument="frame",
            )
        returned = _named(self.function(argument))
        names = list(self.asked) if self.asked is not None else _compared(returned)
        for name in names:
            if name not in returned:
                raise ConfigError(
                    f"columns: it returned no column {name}"
                    f"{_native.hint(name, list(returned))}",
                    argument="columns",
                )
        out = {}
        for name in names:
            column = returned[name]
            if not hasattr(column, "__len__") or isinstance(column, str):
                continue
            if len(column) != len(bars):
                raise StrategyError(
                    f"`{name}` has {len(column)} values for {len(bars)} bars; give one for each",
                    column=name,
                )
            out[name] = column
        if not out:
            raise StrategyError("it returned no column to compare")
        return out

    def decided(self) -> list[int]:
        signals = [name for name in self.whole if name in _SIGNALS] or list(self.whole)
        rows: set[int] = set()
        for name in signals:
            rows.update(_native.set_rows(self.whole[name]))
        return sorted(rows)

    def differences(self, other: Any, count: int) -> Iterator[tuple[int, str, Any, Any]]:
        found = []
        for name, column in self.whole.items():
            if name not in other:
                found.append((0, name, "there", None))
                continue
            different = _native.different_value(column, other[name], count)
            if different is not None:
                row, one, its = different
                found.append((row, name, one, its))
        yield from sorted(found, key=lambda one: one[0])


def is_finished(columns: Any) -> bool:
    """Whether this is a column, a frame or a dictionary of columns."""
    if isinstance(columns, str | bytes):
        return False
    by_protocol = hasattr(columns, "__array__") or hasattr(columns, "__arrow_c_stream__")
    return by_protocol or isinstance(columns, Mapping | Sequence)


def _named(returned: Any) -> dict[str, Any]:
    """Columns by name, of a frame, a dictionary, signals or a single column."""
    if isinstance(returned, Signals):
        columns = {name: _amount(column) for name, column in returned._columns.items()}
        # The same distance at every bar knows of none.
        return {name: column for name, column in columns.items() if hasattr(column, "__len__")}
    if isinstance(returned, Mapping):
        return {str(name): column for name, column in returned.items()}
    if hasattr(returned, "collect") and not hasattr(returned, "height"):
        returned = returned.collect()
    names = getattr(returned, "columns", None)
    if names is not None:
        return {str(name): returned[name] for name in names}
    if hasattr(returned, "__len__"):
        return {"signal": returned}
    raise StrategyError(
        f"it returned a {type(returned).__name__}; return a frame, a dictionary of columns or a "
        "column"
    )


def _compared(returned: Mapping[str, Any]) -> list[str]:
    known = [name for name in (*_SIGNALS, *_LEVELS) if name in returned]
    return known or [name for name, column in returned.items() if _is_column(column)]


def _is_column(column: Any) -> bool:
    """Whether it holds booleans or numbers; times and texts are not compared."""
    try:
        _native.set_rows(column)
    except Exception:
        return False
    return True


class Decisions(Tried):
    """A strategy, by its decisions."""

    def __init__(self, strategy: Slot, bars: Bars, account: Account) -> None:
        self.subject = strategy
        self.strategy, self.bars = strategy, bars
        free: Account = {
            "maker_fee": 0,
            "taker_fee": 0,
            "slippage": ticks(0),
            "sizing": FixedNotional(10_000),
        }
        self.account: Account = {**free, **account}
        self.whole = self.on(bars)

    def on(self, bars: Bars) -> Run:
        return ran(bars, self.strategy, self.account)

    def decided(self) -> list[int]:
        return _native.decided_rows(self.whole._native, self.bars._native)

    def differences(self, other: Any, count: int) -> Iterator[tuple[int, str, Any, Any]]:
        until = _native.close_time(self.bars._native, count - 1)
        different = _native.different_decision(self.whole._native, other._native, until)
        if different is not None:
            ts, column, one, its = different
            yield _native.row_closing_at(self.bars._native, ts), column, one, its


def _amount(column: Any) -> Any:
    return column.amount if isinstance(column, Slippage) else column
