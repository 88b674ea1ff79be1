"""What a look-ahead check found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from tickstep import _html
from tickstep.errors import StrategyError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Leak", "LookaheadReport", "said", "utc"]


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
        there = "that bar" if self.end == self.time else f"{utc(self.end)}"
        when = (
            f"when the data ends at {there}"
            if self.future == "cut off"
            else f"when other bars follow {there}"
        )
        if self.raised is not None:
            return (
                f"At {utc(self.time)} it works with the whole data, but fails {when} "
                f"({self.raised}): it looks at bars that had not happened yet."
            )
        return (
            f"At {utc(self.time)} `{self.column}` is {said(self.whole)} with the whole data, but "
            f"{said(self.other)} {when}: it looks at bars that had not happened yet."
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
                said(leak.whole),
                leak.raised or said(leak.other),
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


def _ns(time: datetime) -> int:
    since = time - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since // timedelta(microseconds=1)) * 1_000


def utc(time: datetime) -> str:
    seconds = ":%S" if time.second or time.microsecond else ""
    return time.strftime(f"%Y-%m-%d %H:%M{seconds} UTC")


def said(value: Any) -> str:
    return "missing" if value is None else str(value)
