"""Does a strategy use what it could not have known? Found by running it on other futures.

What is decided at a bar must be the same whether the data ends at that bar or goes on, and
however it goes on. So a strategy is run once on all bars, and then again, for one bar after
the other, on bars that end there and on bars that go on otherwise from there. Everything up
to that bar must be as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tickstep import _html, _native
from tickstep._account import Account, backtest
from tickstep._bars import Bars
from tickstep._outside import cut_off_outside
from tickstep._run import Run
from tickstep._signals import Signals
from tickstep._slots import Slot
from tickstep._terms import FixedNotional, ticks
from tickstep.errors import ConfigError, StrategyError

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import Unpack

__all__ = ["Leak", "LookaheadReport", "check_lookahead"]

SignalFunction: TypeAlias = Callable[[Any], Any]

_SIGNALS = ("long", "short", "exit_long", "exit_short")
_LEVELS = ("stop_loss", "take_profit", "max_hold")
_SEED = 1


@dataclass(frozen=True)
class Leak:
    """A value at a bar that changes with what happens after that bar."""

    row: int
    """The bar, counted from 0."""
    time: datetime
    """Close of that bar, UTC: the time at which the value had to be known."""
    column: str
    """The column, or for a strategy the column of ``run.decisions``."""
    whole: Any
    """Its value on all bars; ``None`` where there is none."""
    other: Any
    """Its value on the other bars."""
    future: Literal["cut off", "another"]
    """Whether the data ended at ``end``, or went on otherwise from there."""
    end: datetime
    """Close of the last bar that was left as it was."""
    raised: str | None = None
    """What was raised on the other bars, where that is what differs."""

    @property
    def sentence(self) -> str:
        """The leak in a sentence."""
        there = "that bar" if self.end == self.time else f"{_utc(self.end)}"
        when = (
            f"when the data ends at {there}"
            if self.future == "cut off"
            else f"when other bars follow {there}"
        )
        if self.raised is not None:
            return (
                f"At {_utc(self.time)} it works with the whole data, but fails {when} "
                f"({self.raised}): it looks at bars that had not happened yet."
            )
        return (
            f"At {_utc(self.time)} `{self.column}` is {_said(self.whole)} with the whole data, but "
            f"{_said(self.other)} {when}: it looks at bars that had not happened yet."
        )


@dataclass(frozen=True)
class LookaheadReport:
    """What a look-ahead check found; true when it found nothing."""

    found: tuple[Leak, ...]
    """The leaks: the first, or of every bar that was tried the first of each column."""
    checked: int
    """Bars that it was run again for."""
    decisions: int
    """Bars at which something is decided."""
    decisions_checked: int
    """Of those, how many it was run again for."""
    bars: int
    """Bars of the data."""
    runs: int = field(default=0, repr=False)
    """How often it was run."""

    @property
    def ok(self) -> bool:
        """Whether nothing leaks."""
        return not self.found

    @property
    def first(self) -> Leak | None:
        """The first leak."""
        return self.found[0] if self.found else None

    @property
    def leaks(self) -> pl.DataFrame:
        """The leaks as a frame: ``row``, ``time``, ``column``, ``whole``, ``other``,
        ``future``, ``end``; values as text."""
        import polars as pl

        time = pl.Datetime("us", "UTC")
        rows = [
            (
                leak.row,
                leak.time,
                leak.column,
                _said(leak.whole),
                leak.raised or _said(leak.other),
                leak.future,
                leak.end,
            )
            for leak in self.found
        ]
        schema: dict[str, Any] = {
            "row": pl.Int64,
            "time": time,
            "column": pl.String,
            "whole": pl.String,
            "other": pl.String,
            "future": pl.String,
            "end": time,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def raise_if_leaking(self) -> None:
        """Raises :class:`~tickstep.StrategyError` with the first leak, where there is one."""
        if self.first is not None:
            leak = self.first
            raise StrategyError(
                leak.sentence,
                column=leak.column,
                row=leak.row + 1,
                timestamp=_ns(leak.time),
            )

    def __bool__(self) -> bool:
        return self.ok

    @property
    def tried(self) -> str:
        """What was tried, in a sentence."""
        return (
            f"{self.checked:,} of {self.bars:,} bars were tried, {self.decisions_checked:,} of "
            f"them among the {self.decisions:,} at which something is decided."
        )

    def __repr__(self) -> str:
        if self.first is None:
            return f"No look-ahead was found. {self.tried}"
        more = len(self.found) - 1
        others = f" And {more:,} more: see .leaks." if more else ""
        return f"{self.first.sentence}{others} {self.tried}"

    def _repr_html_(self) -> str:
        return _html.lookahead(self)


def check_lookahead(
    strategy: Slot | SignalFunction,
    bars: Bars,
    *,
    columns: Sequence[str] | None = None,
    frame: Literal["polars", "pandas", "bars"] = "polars",
    all: bool = False,
    max_checks: int | None = 10_000,
    sample: int = 50,
    first_bar: int = 0,
    progress: Callable[[int, int, str], Any] | None = None,
    **account: Unpack[Account],
) -> LookaheadReport:
    """Finds out whether a strategy, or a function that computes signals, uses the future.

    It is run on all bars, then again for each bar at which something is decided, and for some
    others (an entry that the future suppressed is no decision): on the bars up to that one,
    and on bars that go on otherwise from there. All rows up to that bar must be equal:
    booleans and texts exactly, numbers within a billionth (1e-9) of the larger.

    Arguments:
        strategy: a function of a frame that returns columns, as a frame or a dictionary of
            ``long``, ``short``, ``exit_long``, ``exit_short``, ``take_profit``,
            ``stop_loss``, or a single column; or ``ts.Scalper(...)`` and the like, or an object
            of a class of :class:`Strategy`, whose decisions are compared.
        bars: bars of one instrument.
        columns: names of the columns that are compared; by default those named above, and all
            where there is none of them.
        frame: what the function takes: ``"polars"`` or ``"pandas"`` (as ``bars.to_polars()``
            and ``bars.to_pandas()`` give it), or ``"bars"``.
        all: go on after the first leak.
        max_checks: most bars at which something is decided that it is run again for, spread
            over them where there are more; ``None`` for all of them.
        sample: bars at which nothing is decided that it is run again for, spread over them.
        first_bar: the first bar that is tried, where a function cannot work on fewer.
        progress: called with what is done, the total and a note.
        **account: the account of a strategy, see :class:`Account`; costs are zero and the size
            10,000 of notional by default.

    What the strategy reads beside its argument is cut off at the same bar where that can be
    seen: frames, columns, arrays, lists and bars as long as the data that a global variable, a
    default, an enclosing function or an attribute holds. A file that is read again is not.

    Raises:
        ConfigError: finished columns were given, which cannot be computed again.
        StrategyError: two runs on the same bars differ, so that nothing can be compared.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz").head(2_000)
    >>> def peeks(df):
    ...     return {"long": df["close"].shift(-1) > df["close"]}
    >>> report = ts.check_lookahead(peeks, bars)
    >>> report.ok, report.first.column
    (False, 'long')
    >>> print(report.first.sentence)
    At 2023-08-01 00:01 UTC `long` is True with the whole data, but missing when the data ends at that bar: it looks at bars that had not happened yet.
    """
    if not isinstance(bars, Bars):
        raise ConfigError(f"bars: {type(bars).__name__} is not Bars of one instrument", argument="bars")
    if isinstance(strategy, Signals):
        raise ConfigError(
            "strategy: signals are finished columns, of which it cannot be seen how they were "
            "computed; give the function that computes them from a frame",
            argument="strategy",
        )
    tried: _Tried
    if isinstance(strategy, Slot):
        tried = _Decisions(strategy, bars, account)
    elif callable(strategy) and not (isinstance(strategy, type) and issubclass(strategy, Slot)):
        if account:
            raise ConfigError(
                f"{next(iter(account))}: a function has no account; it is of strategies",
                argument=next(iter(account)),
            )
        tried = _Columns(strategy, bars, columns, frame)
    else:
        raise ConfigError(
            f"strategy: {strategy!r} is neither a strategy nor a function of a frame",
            argument="strategy",
        )
    return _check(tried, bars, all, max_checks, sample, first_bar, progress)


class _Tried:
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


def _check(
    tried: _Tried,
    bars: Bars,
    every: bool,
    max_checks: int | None,
    sample: int,
    first_bar: int,
    progress: Callable[[int, int, str], Any] | None,
) -> LookaheadReport:
    total = len(bars)
    again = list(tried.differences(tried.on(bars), total))
    if again:
        row, column, one, other = again[0]
        raise StrategyError(
            f"it gives different results on the same bars: `{column}` of "
            f"{_utc(_close(bars, row))} is {_said(one)} and then {_said(other)}; give its random "
            "numbers a seed, and let it keep nothing between runs",
            column=column,
            row=row + 1,
        )
    decided = [row for row in tried.decided() if row >= first_bar]
    rows = _spread(decided, max_checks)
    chosen = set(decided)
    quiet = [row for row in range(first_bar, total) if row not in chosen]
    both = sorted({*rows, *_spread(quiet, sample)})
    found: dict[tuple[int, str], Leak] = {}
    checked = runs = 0
    for done, last in enumerate(both):
        if progress is not None:
            progress(done, len(both), f"{len(found)} leaks")
        leaks = list(_leaks_at(tried, bars, last))
        checked, runs = done + 1, runs + 2
        for leak in leaks:
            found.setdefault((leak.row, leak.column), leak)
        if found and not every:
            break
    if progress is not None:
        progress(checked, len(both), f"{len(found)} leaks")
    leaks = sorted(found.values(), key=lambda leak: leak.row)
    if leaks and not every:
        leaks = [_nearer(tried, bars, leaks[0])]
    return LookaheadReport(
        found=tuple(leaks),
        checked=checked,
        decisions=len(decided),
        decisions_checked=len([row for row in both[:checked] if row in chosen]),
        bars=total,
        runs=runs + 2,
    )


def _spread(rows: Sequence[int], most: int | None) -> list[int]:
    """So many of the rows, the first and the last among them."""
    if most is None or len(rows) <= most:
        return list(rows)
    if most <= 1:
        return list(rows[:most])
    return [rows[at * (len(rows) - 1) // (most - 1)] for at in range(most)]


def _leaks_at(tried: _Tried, bars: Bars, last: int) -> Iterator[Leak]:
    """What is different up to a bar when the data ends there, or goes on otherwise."""
    yield from _leaks_of(tried, bars, last, "cut off")
    if last + 1 < len(bars):
        yield from _leaks_of(tried, bars, last, "another")


def _leaks_of(
    tried: _Tried, bars: Bars, last: int, future: Literal["cut off", "another"]
) -> Iterator[Leak]:
    count = last + 1
    if future == "cut off":
        other_bars = Bars(_native.cut_off(bars._native, count))
        patched = cut_off_outside(tried.subject, count, len(bars))
    else:
        other_bars = Bars(_native.with_other_future(bars._native, count, _SEED))
        patched = cut_off_outside(tried.subject, len(bars), len(bars))
    end = _close(bars, last)
    with patched as outside:
        try:
            other = tried.on(other_bars)
        except Exception as error:
            if not outside:
                note = (
                    f"raised in check_lookahead, on the {count} bars up to {_utc(end)}; "
                    "first_bar=... leaves out bars on which it cannot work"
                )
                if hasattr(error, "add_note"):
                    error.add_note(note)
                raise
            said = f"{type(error).__name__}: {error}"
            yield Leak(last, end, ", ".join(outside), None, None, future, end, said)
            return
    for row, column, one, its in tried.differences(other, count):
        yield Leak(row, _close(bars, row), column, one, its, future, end)


def _nearer(tried: _Tried, bars: Bars, leak: Leak) -> Leak:
    """The leak as it shows with the data that ends at its own bar, where it does."""
    if leak.time == leak.end:
        return leak
    closer = [one for one in _leaks_at(tried, bars, leak.row) if one.row == leak.row]
    same = [one for one in closer if one.column == leak.column]
    return (same or closer or [leak])[0]


class _Columns(_Tried):
    """A function of a frame."""

    def __init__(
        self, function: SignalFunction, bars: Bars, columns: Sequence[str] | None, frame: str
    ) -> None:
        self.subject = function
        self.function, self.frame, self.asked = function, frame, columns
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


def _named(returned: Any) -> dict[str, Any]:
    """Columns by name, of a frame, a dictionary or a single column."""
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


class _Decisions(_Tried):
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
        return backtest(bars, self.strategy, **self.account)

    def decided(self) -> list[int]:
        return _native.decided_rows(self.whole._native, self.bars._native)

    def differences(self, other: Any, count: int) -> Iterator[tuple[int, str, Any, Any]]:
        until = _native.close_time(self.bars._native, count - 1)
        different = _native.different_decision(self.whole._native, other._native, until)
        if different is not None:
            ts, column, one, its = different
            yield _native.row_closing_at(self.bars._native, ts), column, one, its


def _close(bars: Bars, row: int) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return epoch + timedelta(microseconds=_native.close_time(bars._native, row) // 1_000)


def _ns(time: datetime) -> int:
    since = time - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since // timedelta(microseconds=1)) * 1_000


def _utc(time: datetime) -> str:
    seconds = ":%S" if time.second or time.microsecond else ""
    return time.strftime(f"%Y-%m-%d %H:%M{seconds} UTC")


def _said(value: Any) -> str:
    return "missing" if value is None else str(value)
