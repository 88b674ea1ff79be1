"""Does a strategy use what it could not have known? Found by running it on other futures.

What is decided at a bar must be the same whether the data ends at that bar or goes on, and
however it goes on. So a strategy is run once on all bars, and then again, for one bar after
the other, on bars that end there and on bars that go on otherwise from there. Everything up
to that bar must be as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from tickstep import _native
from tickstep._account import Account
from tickstep._arguments import allow, spelled_out, whole
from tickstep._bars import Bars, single
from tickstep._leaks import Leak, LookaheadReport, said, utc
from tickstep._outside import cut_off_outside
from tickstep._progress import Progress, shown
from tickstep._signals import Signals
from tickstep._slots import Slot
from tickstep._tried import Columns, Decisions, SignalFunction, Tried, is_finished
from tickstep.errors import ConfigError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

__all__ = ["check_lookahead"]

_SEED = 1


@spelled_out(Account)
def check_lookahead(
    strategy: Slot | SignalFunction,
    bars: Bars,
    *,
    columns: str | Sequence[str] | None = None,
    frame: Literal["polars", "pandas", "bars"] | None = None,
    all: bool = False,
    max_checks: int | None = 10_000,
    sample: int = 50,
    first_bar: int = 0,
    progress: Progress = None,
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
            and ``bars.to_pandas()`` give it), or ``"bars"``; polars when absent.
        all: go on after the first leak.
        max_checks: most bars at which something is decided that it is run again for, spread
            over them where there are more; ``None`` for all of them.
        sample: bars at which nothing is decided that it is run again for, spread over them.
        first_bar: the first bar that is tried, where a function cannot work on fewer.
        progress: a bar where a person looks; ``True``, ``False``, or a function of what is
            done, the total, and a note.
        **account: the account of a strategy, see :class:`Account`; costs are zero and the size
            10,000 of notional by default.

    What the strategy reads beside its argument is cut off at the same bar where that can be
    seen: frames, columns, arrays, lists and bars as long as the data that a global variable, a
    default, an enclosing function or an attribute holds. A file that is read again is not.

    Raises:
        ConfigError: finished columns were given, which cannot be computed again, or another
            argument cannot be used; its ``argument`` names it.
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
    allow(account, check_lookahead)
    bars = single(bars)
    max_checks = None if max_checks is None else whole("max_checks", max_checks, 0)
    sample = whole("sample", sample, 0)
    first_bar = whole("first_bar", first_bar, 0, len(bars) - 1)
    if isinstance(strategy, Signals) or not callable(strategy) and is_finished(strategy):
        raise ConfigError(
            "strategy: these are finished columns, and numbers that are done do not show whether "
            "later bars had a part in them; give the function that makes them of a frame, which "
            "is then run on data that ends earlier: ts.check_lookahead(lambda df: {'long': "
            "df['close'] < df['open']}, bars)",
            argument="strategy",
        )
    tried: Tried
    if isinstance(strategy, Slot):
        for argument, given in (("columns", columns), ("frame", frame)):
            if given is not None:
                raise ConfigError(
                    f"{argument}: it is of functions of a frame; a strategy's decisions are "
                    "compared, leave it out",
                    argument=argument,
                )
        tried = Decisions(strategy, bars, account)
    elif callable(strategy) and not (isinstance(strategy, type) and issubclass(strategy, Slot)):
        if account:
            raise ConfigError(
                f"{next(iter(account))}: a function has no account; it is of strategies",
                argument=next(iter(account)),
            )
        tried = Columns(strategy, bars, columns, "polars" if frame is None else frame)
    else:
        is_class = isinstance(strategy, type)
        made = f"; it is a class, write {strategy.__name__}()" if is_class else ""
        raise ConfigError(
            f"strategy: {strategy!r} is neither a strategy nor a function of a frame{made}",
            argument="strategy",
        )
    with shown(progress, "look-ahead", "bars") as told:
        return _check(tried, bars, all, max_checks, sample, first_bar, told)


def _check(
    tried: Tried,
    bars: Bars,
    every: bool,
    max_checks: int | None,
    sample: int,
    first_bar: int,
    progress: Callable[[int, int, str], object] | None,
) -> LookaheadReport:
    total = len(bars)
    again = list(tried.differences(tried.on(bars), total))
    if again:
        row, column, one, other = again[0]
        raise StrategyError(
            f"it gives different results on the same bars: `{column}` of "
            f"{utc(_close(bars, row))} is {said(one)} and then {said(other)}; give its random "
            "numbers a seed, and let it keep nothing between runs",
            column=column,
            row=row + 1,
        )
    decided = [row for row in tried.decided() if row >= first_bar]
    rows = _spread(decided, max_checks)
    chosen = set(decided)
    quiet = [row for row in range(first_bar, total) if row not in chosen]
    both = sorted({*rows, *_spread(quiet, sample)})
    if not both:
        raise ConfigError(
            f"sample: with {sample}, max_checks {max_checks} and first_bar {first_bar} no bar "
            "would be tried, so that nothing could be found",
            argument="sample",
        )
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


def _leaks_at(tried: Tried, bars: Bars, last: int) -> Iterator[Leak]:
    """What is different up to a bar when the data ends there, or goes on otherwise."""
    yield from _leaks_of(tried, bars, last, "cut off")
    if last + 1 < len(bars):
        yield from _leaks_of(tried, bars, last, "another")


def _leaks_of(
    tried: Tried, bars: Bars, last: int, future: Literal["cut off", "another"]
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
                    f"raised in check_lookahead, on the {count} bars up to {utc(end)}; "
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


def _nearer(tried: Tried, bars: Bars, leak: Leak) -> Leak:
    """The leak as it shows with the data that ends at its own bar, where it does."""
    if leak.time == leak.end:
        return leak
    closer = [one for one in _leaks_at(tried, bars, leak.row) if one.row == leak.row]
    same = [one for one in closer if one.column == leak.column]
    return (same or closer or [leak])[0]


def _close(bars: Bars, row: int) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return epoch + timedelta(microseconds=_native.close_time(bars._native, row) // 1_000)
