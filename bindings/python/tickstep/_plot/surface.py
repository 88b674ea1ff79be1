"""A figure over two parameters as a map, and over all sets as a histogram."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tickstep._plot import look
from tickstep._plot.histogram import draw_histogram
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._found import Surface, SweepResult

__all__ = ["Labelled", "heatmap_figure", "spread_figure"]

MEASURES = {
    "median": "Median of the sets of each cell",
    "best": "Best of the sets of each cell",
    "slice": "All other parameters as at the best set",
}
PRINTED = 144
"""Up to so many cells are printed with their figures."""


class Labelled:
    """How a figure is called and printed: shares as percent, other figures as they are."""

    def __init__(self, label: str) -> None:
        self.is_share = label.endswith(" [%]")
        self.name = label.removesuffix(" [%]")
        self.format = ".3~%" if self.is_share else ".4~g"

    def __call__(self, value: float | None) -> str:
        if value is None:
            return ""
        return look.signed(value, ".2%" if self.is_share else ",.3g")


def heatmap_figure(
    found: SweepResult, a: str, b: str, metric: str | None, measure: str, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.SweepResult.heatmap`."""
    if measure not in MEASURES:
        words = f"measure: {measure!r} is not allowed; it must be one of {', '.join(MEASURES)}"
        raise ConfigError(words, argument="measure")
    of = found.surface(a, b, metric)
    label = Labelled(of.label)
    z = _cells(getattr(of, measure).tolist())
    rows, columns = len(of.rows), len(of.columns)
    below = MEASURES[measure]
    if of.winner is not None:
        below += "; the outlined cell holds the best set"
    if not of.higher_is_better:
        below += "; less is better"
    height = min(900, 230 + max(34 * rows, 200))
    title = f"{label.name} by {of.x} and {of.y}, {len(found):,} sets"
    fig = look.figure(template, title, [below], height=height, legend=False)
    fig.add_heatmap(
        x=of.columns,
        y=of.rows,
        z=z,
        text=[[label(cell) for cell in row] for row in z],
        texttemplate="%{text}" if rows * columns <= PRINTED else None,
        hovertext=[[_said(of, label, row, at) for at in range(columns)] for row in range(rows)],
        hovertemplate="%{hovertext}<extra></extra>",
        hoverongaps=False,
        colorscale=look.LOW_TO_HIGH,
        reversescale=not of.higher_is_better,
        colorbar={"title": {"text": label.name}, "tickformat": label.format},
        xgap=1,
        ygap=1,
    )
    if of.winner is not None:
        column, row = of.winner
        fig.add_shape(
            type="rect",
            x0=column - 0.47,
            x1=column + 0.47,
            y0=row - 0.46,
            y1=row + 0.46,
            line={"color": look.LOSS, "width": 4},
        )
    fig.update_layout(
        xaxis={"type": "category", "title": {"text": of.x}, "showgrid": False},
        yaxis={"type": "category", "title": {"text": of.y}, "showgrid": False},
    )
    if all(cell is None for line in z for cell in line):
        look.empty(fig, "No set that is ranked has a value")
    return fig


def _cells(values: list[list[float]]) -> list[list[float | None]]:
    return [[None if cell != cell else cell for cell in row] for row in values]


def _said(of: Surface, label: Labelled, row: int, column: int) -> str:
    sets = int(of.sets[row, column])
    lines = [
        f"{of.x} {of.columns[column]}, {of.y} {of.rows[row]}",
        look.count(sets, "set"),
    ]
    for name in MEASURES:
        value = float(getattr(of, name)[row, column])
        if value == value:
            word = "others as at the best" if name == "slice" else name
            lines.append(f"{word} {label(value)}")
    return "<br>".join(lines)


def spread_figure(found: SweepResult, metric: str | None, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.SweepResult.plot_spread`."""
    of = json.loads(found._native.spread(metric))
    label = Labelled(of["label"])
    title = f"{label.name} of all {len(found):,} sets"
    below = "A best set far from the rest, or short of what luck finds, is suspect"
    fig = look.figure(template, title, [below])
    draw_histogram(fig, of["histogram"], "x", "y", "sets")
    marks = (
        ("median", "Median", look.LINE, "dot"),
        ("luck", "Best that luck alone finds", look.OTHER, "dash"),
        ("best", "Best", look.GAIN, "solid"),
    )
    most = max(of["histogram"]["counts"], default=1)
    for name, words, colour, dash in marks:
        if of[name] is not None:
            fig.add_scatter(
                x=[of[name], of[name]],
                y=[0, most],
                mode="lines",
                name=f"{words}: {label(of[name])}",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=f"{words} %{{x:{label.format}}}<extra></extra>",
            )
    bars = of["histogram"]
    end = bars["from"] + bars["width"] * len(bars["counts"])
    seen = [bars["from"], end, *(of[name] for name, *_ in marks if of[name] is not None)]
    air = 0.03 * (max(seen) - min(seen))
    fig.update_layout(
        xaxis={
            "title": {"text": label.name},
            "tickformat": label.format,
            "range": [min(seen) - air, max(seen) + air],
        },
        yaxis={"title": {"text": "Sets"}},
    )
    if not of["histogram"]["counts"]:
        look.empty(fig, "No set that is ranked has a value")
    return fig
