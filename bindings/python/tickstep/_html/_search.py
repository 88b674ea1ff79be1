"""Views of a search and of how far it is to be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._html._parts import (
    AMBER,
    GREEN,
    RED,
    bold,
    details,
    line,
    picture,
    table,
    text,
    unbroken,
    view,
)

if TYPE_CHECKING:
    from tickstep._found import Surface, SweepResult
    from tickstep._validation import Figures, Validation, Verdict, WalkForward

__all__ = ["figures", "found", "surface", "validation", "verdict", "walk_forward"]

_BEST = 8
"""Sets shown."""
_WINDOWS = 16
"""Windows of a walk forward shown."""
_LISTED = 6
"""Values of a list shown."""
_LEVELS = {"supported": GREEN, "not_supported": RED, "unproven": AMBER}
_MARKS = {
    "-": bold("fails", RED),
    "?": unbroken(bold("not judged", AMBER)),
    "+": "holds",
}
"""What a rule came to, by the mark before it; what is bad first."""


def found(of: SweepResult) -> str:
    """A sweep: the verdict and what speaks against it, the best sets, a map."""
    judged = of.validation
    against, rest = "", ""
    if judged is None:
        heads = [line(bold("A shard: it is judged when all shards are joined.", AMBER))]
    else:
        heads = [_sentence(judged.verdict)]
        rules = list(_rules(judged.lines))
        against = _ruled(row for row in rules if row[0] != _MARKS["+"])
        holds = _ruled(row for row in rules if row[0] == _MARKS["+"])
        rest = details("What speaks for it", holds)
        rest += "".join(line(text(words)) for words in _facts(judged.lines))
    excluded = f", {of.excluded:,} excluded" if of.excluded else ""
    counted = f"{len(of):,} sets{excluded}, judged by {', '.join(of.objectives)}; the best:"
    failed = of.failures.height
    if failed:
        first = of.failures["failure"][0]
        words = f"{failed:,} sets failed, the first because {first}"
        heads.append(line(bold(text(words), RED)))
    head, rows = of._native.printed(_BEST)
    best = table([[text(cell) for cell in row] for row in rows], [text(name) for name in head])
    if not rows:
        best = line(bold("No set has enough trades and a value of the objective.", AMBER))
    title = f"{of.objectives[0]} over the parameters it depends on most"
    return view(
        *heads,
        against,
        line(text(counted)),
        best,
        picture(of._native.svg() if rows else None, title),
        rest,
    )


def verdict(of: Verdict) -> str:
    """The verdict and its rules, those that fail first."""
    return view(_sentence(of), _ruled(_rules(str(of).splitlines())))


def validation(of: Validation) -> str:
    """The verdict, the rules, and the figures that the command prints."""
    facts = (line(text(words)) for words in _facts(of.lines))
    return view(_sentence(of.verdict), _ruled(_rules(of.lines)), *facts)


def walk_forward(of: WalkForward) -> str:
    """What was chosen in each window, and what it gave there and after."""
    head = ["test from (UTC)", "to", "set", "values"]
    for name in ("Sharpe", "trades", "return"):
        head += [f"{name} inside", "outside"]
    windows = of._of["windows"]
    rows = [_walked(one) for one in windows[:_WINDOWS]]
    inside, outside = (_number(of._of[f"{side}_sample_sharpe"]) for side in ("in", "out_of"))
    words = f"Annual Sharpe ratio: {inside} in sample, {outside} out of sample"
    if of.efficiency is not None:
        words += f", efficiency {_number(of.efficiency)}"
    more = f"{len(windows):,} windows in all: .windows" if len(windows) > _WINDOWS else ""
    return view(line(bold(text(words))), table(rows, head, left=4), line(more) if more else "")


def surface(of: Surface) -> str:
    """A figure over two parameters, as a table."""
    rows = [
        [bold(text(name)), *(_number(None if value != value else value) for value in values)]
        for name, values in zip(of.rows, of.median.tolist(), strict=True)
    ]
    words = f"{of.label}, median of the sets of a cell: {of.x} across, {of.y} down"
    return view(line(text(words)), table(rows, ["", *(text(name) for name in of.columns)]))


def figures(of: Figures) -> str:
    """Figures by name, those of a part with a point between."""
    rows = [[text(name), text(value)] for name, value in _flat(of)]
    return view(table(rows, ("figure", "value")))


def _flat(of: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in of.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, list) and (len(value) > _LISTED or _nested(value)):
            yield before + name, f"a list of {len(value):,}"
        else:
            yield before + name, "no value" if value is None else str(value)


def _nested(values: Sequence[Any]) -> bool:
    return any(isinstance(value, Mapping | list) for value in values)


def _sentence(of: Verdict) -> str:
    return line(f"Verdict: {bold(text(of.words), _LEVELS.get(of.level))}")


def _rules(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What each rule came to and its words, what fails first."""
    for mark, shown in _MARKS.items():
        for words in lines:
            if words.startswith(f"  {mark} "):
                yield shown, text(words[4:].removeprefix("Not judged: "))


def _facts(lines: Sequence[str]) -> list[str]:
    return [words for words in lines[1:] if not words.startswith("  ")]


def _ruled(rows: Iterator[tuple[str, str]]) -> str:
    given = list(rows)
    return table(given, left=None) if given else ""


def _walked(one: Mapping[str, Any]) -> list[str]:
    """The cells of a window."""
    chosen = one["chosen"] or {}
    inside, outside = chosen.get("inside") or {}, chosen.get("outside") or {}
    cells = [unbroken(_day(one["window"][edge])) for edge in ("test_start", "test_end")]
    values = chosen.get("values", "").replace("strategy.params.", "")
    cells += [text(chosen.get("set", "none")), text(values)]
    for name, places in (("sharpe", 2), ("trades", 0), ("total_return", 4)):
        cells += [_number(leg.get(name), places) for leg in (inside, outside)]
    return cells


def _number(value: float | None, places: int = 2) -> str:
    return "no value" if value is None else _native.printed(value, places)


def _day(ns: int) -> str:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return f"{epoch + timedelta(microseconds=ns // 1000):%Y-%m-%d}"
