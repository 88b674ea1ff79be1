"""Views of data: bars, and what a check found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._html._parts import AMBER, RED, bold, details, line, picture, small, table, text, view

if TYPE_CHECKING:
    from tickstep._bars import Bars
    from tickstep._check import Check

__all__ = ["bars", "check"]

_COLUMNS = ("open_time (UTC)", "open", "high", "low", "close", "volume", "taker_buy_volume")
_ENDS = 3
"""Bars shown of each end."""
_FINDINGS = 12
"""Findings shown."""
_TONES = {"error": RED, "warning": AMBER, "note": None}


def bars(of: Bars) -> str:
    """Bars: what they are, how they went, the first and the last."""
    native = of._native
    tick, volume = ("" if stated else " (inferred)" for stated in _stated(native))
    calendar, inferred = native.calendar
    facts = [
        f"{len(of):,} bars of {native.interval_words}",
        f"{of.start:%Y-%m-%d %H:%M} to {of.end:%Y-%m-%d %H:%M} UTC",
        f"tick {native.tick_size}{tick}",
        f"volume step {native.volume_step}{volume}",
        "with taker-buy volume" if of.has_taker else "without taker-buy volume",
    ]
    if calendar != "always":
        facts.append(f"calendar {calendar}{' (inferred)' if inferred else ''}")
    doubts = []
    if of.gaps.height:
        doubts.append(f"bars are missing in {of.gaps.height:,} places: .gaps")
    if len(of.segments) > 1:
        doubts.append(f"{len(of.segments):,} segments, between which everything starts afresh")
    doubts += [f"repaired: {count:,} {what}" for what, count in of.repaired.items()]
    shown = range(len(of)) if len(of) <= 2 * _ENDS + 1 else [*range(_ENDS)]
    rows = _native.bars_printed(native, list(shown))
    if len(of) > len(shown):
        last = _native.bars_printed(of[-_ENDS:]._native, list(range(_ENDS)))
        rows = [*rows, ["…"] * len(rows[0]), *last]
    return view(
        line(f"{bold(text(of.symbol))}: {text(', '.join(facts))}"),
        *(line(bold(text(doubt), AMBER)) for doubt in doubts),
        picture(_native.bars_svg(native), f"Closes of {of.symbol}"),
        table([[text(cell) for cell in row] for row in rows], _COLUMNS[: len(rows[0])]),
    )


def _stated(native: _native.Bars) -> tuple[bool, bool]:
    tick, volume = native.inferred
    return not tick, not volume


def check(of: Check) -> str:
    """A check: whether it loads, then the findings, the gravest first."""
    heads = []
    for one in of._instruments:
        loads = one["report"]["verdict"] == "loads"
        heads.append(line(bold(text(one["words"]), None if loads else RED)))
    found = sorted(of._all(), key=lambda each: list(_TONES).index(each[2]["severity"]))
    several = len(of._instruments) > 1 or len({file for _, file, _ in found}) > 1
    rows = [_finding(*each, several) for each in found[:_FINDINGS]]
    body = table(rows, ("", "finding", "what it is"), left=None) if rows else ""
    if not rows:
        body = line("Nothing to report.")
    elif len(found) > len(rows):
        body += line(f"{len(found):,} findings in all: .findings")
    files = [
        [text(file["path"])]
        + [text(file[name]) for name in ("bars", "bar", "first", "last", "missing")]
        + [text(file.get(name) or "") for name in ("tick_size", "volume_step")]
        for one in of._instruments
        for file in one["files"]
    ]
    head = ("file", "bars", "interval", "first", "last", "missing", "tick", "volume step")
    return view(*heads, body, details("Files", table(files, head)))


def _finding(symbol: str, file: str | None, of: dict[str, Any], several: bool) -> list[str]:
    severity = of["severity"]
    cases = [
        " ".join(filter(None, (case["place"], _span(case), case["what"]))) for case in of["cases"]
    ]
    if cases and of["count"] > len(cases):
        cases.append(f"{of['count']:,} in all: cases=None lists them")
    words = [text(of["words"])]
    if several:
        words.insert(0, small(text(file or symbol)))
    if of.get("repairs"):
        names = " or ".join(f'repair="{name}"' for name in of["repairs"])
        words.append(f"mended by {bold(text(names))}")
    words += [small(text(case)) for case in cases]
    return [bold(text(severity), _TONES[severity]), text(of["kind"]), "<br/>".join(words)]


def _span(case: dict[str, Any]) -> str:
    time, until = case.get("time"), case.get("until")
    return f"{time} to {until}" if until and until != time else time or ""
