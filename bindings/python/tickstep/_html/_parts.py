"""What all views are made of: text, lines, tables, pictures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

__all__ = [
    "AMBER",
    "GREEN",
    "RED",
    "bold",
    "details",
    "line",
    "picture",
    "side_by_side",
    "small",
    "table",
    "text",
    "unbroken",
    "view",
]

RED, AMBER, GREEN = "#d0453c", "#a8701a", "#2a8a60"
"""Colours of what is bad, doubtful and good."""

_CELL = {
    "left": "padding:1px 8px;vertical-align:top;text-align:left",
    "right": "padding:1px 8px;vertical-align:top;text-align:right;white-space:nowrap",
}
_TABLE = "margin:4px 0;border-collapse:collapse"


def text(value: object) -> str:
    """A value as text of a page: no part of it is markup, and none of it no page may have."""
    words = str(value)
    return escape("".join(c for c in words if c.isprintable() or c in "\n\t"))


def bold(words: str, colour: str | None = None) -> str:
    """Markup that stands out; ``words`` is markup already."""
    style = f' style="color:{colour}"' if colour else ""
    return f"<b{style}>{words}</b>"


def unbroken(words: str) -> str:
    """Markup that stays on a line."""
    return f'<span style="white-space:nowrap">{words}</span>'


def small(words: str) -> str:
    """Markup that stands back."""
    return f"<small>{words}</small>"


def line(words: str) -> str:
    """A line of markup of its own."""
    return f'<div style="margin:2px 0">{words}</div>'


def table(
    rows: Iterable[Sequence[str]], head: Sequence[str] = (), *, left: int | None = 1
) -> str:
    """A table of markup; the first ``left`` columns are to the left, the others to the right;
    all are to the left where it is ``None``."""

    def cells(tag: str, row: Sequence[str]) -> str:
        sides = ("left" if left is None or at < left else "right" for at in range(len(row)))
        return "".join(
            f'<{tag} align="{side}" style="{_CELL[side]}">{cell}</{tag}>'
            for side, cell in zip(sides, row, strict=True)
        )

    top = f"<thead><tr>{cells('th', head)}</tr></thead>" if head else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<table style="{_TABLE}">{top}<tbody>{body}</tbody></table>'


def side_by_side(groups: Sequence[tuple[str, Sequence[tuple[str, str]]]], across: int) -> str:
    """Titled lists of label and value, so many beside each other."""
    body = []
    left, right = _CELL["left"], _CELL["right"]
    for start in range(0, len(groups), across):
        beside = groups[start : start + across]
        title = "".join(
            f'<th colspan="2" align="left" style="{left}">{text(title)}</th>'
            for title, _ in beside
        )
        body.append(f"<tr>{title}</tr>")
        for at in range(max(len(rows) for _, rows in beside)):
            cells = []
            for _, rows in beside:
                label, value = rows[at] if at < len(rows) else ("", "")
                cells.append(f'<td align="left" style="{left}">{text(label)}</td>')
                cells.append(f'<td align="right" style="{right}">{text(value)}</td>')
            body.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table style="{_TABLE}"><tbody>{"".join(body)}</tbody></table>'


def picture(svg: str | None, words: str) -> str:
    """A drawing as an image of the page, with ``words`` for where it is not shown.

    An image, because sites that show notebooks drop the elements of SVG and keep images.
    """
    if not svg:
        return ""
    source = b64encode(svg.encode()).decode()
    return line(
        f'<img alt="{text(words)}" style="max-width:100%" '
        f'src="data:image/svg+xml;base64,{source}"/>'
    )


def details(summary: str, body: str) -> str:
    """What is shown when asked for; ``summary`` is text."""
    return f"<details><summary>{text(summary)}</summary>{body}</details>" if body else ""


def view(*parts: str) -> str:
    """A whole view."""
    return f"<div>{''.join(parts)}</div>"
