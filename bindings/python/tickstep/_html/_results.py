"""Views of what a run gave and of what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tickstep import _native
from tickstep._html._first import first_figures
from tickstep._html._parts import (
    AMBER,
    RED,
    bold,
    details,
    line,
    picture,
    side_by_side,
    small,
    table,
    text,
    view,
)

if TYPE_CHECKING:
    from tickstep._leaks import Leak, LookaheadReport
    from tickstep._run import Bounds, Run, Term
    from tickstep._stats import Stats
    from tickstep._strategies import BuiltIn

__all__ = ["bounds", "lookahead", "run", "stats", "strategy", "terms"]

_LEAKS = 10
"""Leaks shown."""


def run(of: Run) -> str:
    """A run: what it claims and what is doubtful, equity, the figures to look at first."""
    claims, assumed = of._native.opening_parts()
    groups = of._native.figures()
    heads = [line(bold(text(words), RED if bad else None)) for bad, words in claims[:1]]
    heads += [line(bold(text(words), RED) if bad else text(words)) for bad, words in claims[1:]]
    heads += [line(f"{bold('Doubtful', AMBER)}: {text(words)}") for words in of.warnings]
    heads += [line(f"{bold('Repaired', AMBER)}: {text(words)}") for words in of.repairs]
    names = ", ".join(of.symbols)
    printed = {label: value for _, rows in groups for label, value in rows}
    span = f"{printed['Start']} to {printed['End']}" if "Start" in printed else ""
    caption = f"Equity of {names}, {span}, {printed.get('Equity Final', '')} at the end"
    return view(
        *heads,
        picture(_native.run_svg(of._native), caption),
        side_by_side(first_figures(groups), 3),
        details("All figures", side_by_side(groups, 3)),
        details("What it was run under", table(_texts(assumed), left=None)),
    )


def stats(of: Stats) -> str:
    """All figures, as the command groups them."""
    return view(side_by_side(of._groups, 3))


def bounds(of: Bounds) -> str:
    """Net P&L under each order inside a bar."""
    row = [text(amount) for amount in (of.worst, of.chosen, of.best)]
    kind = "scenarios" if of.scenario else "bounds"
    return view(
        table([[f"Net P&amp;L, {kind}", *row]], ("", "worst", "chosen", "best")),
        *(line(text(words)) for words in of.words.splitlines()),
    )


def terms(of: Sequence[Term]) -> str:
    """Everything that moves money: what was stated stands out."""
    rows = []
    for term in of:
        origin = "default" if term.default else "shown by the data" if term.inferred else "stated"
        value = text(term.value)
        stated = origin == "stated"
        rows.append([text(term.key), bold(value) if stated else value, small(origin)])
    return view(table(rows, ("key", "value", ""), left=None))


def strategy(of: BuiltIn) -> str:
    """A strategy: what was stated, then every parameter."""
    rows = [
        [text(name), bold(text(repr(value))) if name in of._stated else text(repr(value))]
        for name, value in of.params.items()
    ]
    every = table(rows, ("parameter", "value"), left=None)
    return view(line(f"<code>{text(repr(of))}</code>"), details("All parameters", every))


def lookahead(of: LookaheadReport) -> str:
    """A look-ahead check: the first leak in a sentence, then the others."""
    if of.first is None:
        return view(line(text(repr(of))))
    rows = [_leak(leak) for leak in of.found[:_LEAKS]] if len(of.found) > 1 else []
    head = ("row", "close (UTC)", "column", "with all data", "otherwise", "future", "from (UTC)")
    more = line(f"{len(of.found):,} leaks in all: .leaks") if len(of.found) > _LEAKS else ""
    return view(
        line(bold(text(of.first.sentence), RED)),
        line(text(of.tried)),
        table(rows, head, left=None) if rows else "",
        more,
    )


def _leak(leak: Leak) -> list[str]:
    """The cells of a leak."""
    time, end = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (leak.time, leak.end))
    other = leak.raised or ("missing" if leak.other is None else leak.other)
    whole = "missing" if leak.whole is None else leak.whole
    cells = (leak.row, time, leak.column, whole, other, leak.future, end)
    return [text(cell) for cell in cells]


def _texts(rows: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[text(cell) for cell in row] for row in rows]
