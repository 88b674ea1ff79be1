"""A figure over two parameters as a map, and what a step of each parameter does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep._plot import look
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._found import SweepResult

__all__ = ["heatmap_figure", "sensitivity_figure"]

MEASURES = {
    "median": "median of the sets of each cell",
    "best": "best of the sets of each cell",
    "slice": "all other parameters as at the best set",
}
PRINTED = 144
"""Up to so many cells are printed with their figures."""


def heatmap_figure(
    found: SweepResult, a: str, b: str, metric: str | None, measure: str, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.SweepResult.heatmap`."""
    if measure not in MEASURES:
        words = f"measure: {measure!r} is not allowed; it must be one of {', '.join(MEASURES)}"
        raise ConfigError(words, argument="measure")
    of = found.surface(a, b, metric)
    values = getattr(of, measure)
    rows, columns = values.shape
    z = [[None if cell != cell else cell for cell in row] for row in values.tolist()]
    title = f"{of.label} by {of.x} and {of.y}"
    below = MEASURES[measure] + ("" if of.higher_is_better else "; less is better")
    fig = look.figure(template, title, below, height=460)
    said = [
        [_cell(of, row, column) for column in range(columns)] for row in range(rows)
    ]
    fig.add_heatmap(
        x=of.columns,
        y=of.rows,
        z=z,
        text=[[_number(cell) for cell in row] for row in z],
        texttemplate="%{text}" if rows * columns <= PRINTED else None,
        hovertext=said,
        hovertemplate="%{hovertext}<extra></extra>",
        hoverongaps=False,
        colorscale=look.LOW_TO_HIGH,
        reversescale=not of.higher_is_better,
        colorbar={"title": {"text": of.label}},
        xgap=1,
        ygap=1,
    )
    if of.winner is not None:
        column, row = of.winner
        fig.add_scatter(
            x=[of.columns[column]],
            y=[of.rows[row]],
            mode="markers",
            name="holds the best set",
            marker={
                "symbol": "square-open",
                "size": 26,
                "color": look.LOSS,
                "line": {"width": 3, "color": look.LOSS},
            },
            hoverinfo="skip",
        )
    fig.update_layout(
        xaxis={"type": "category", "title": {"text": of.x}, "showgrid": False},
        yaxis={"type": "category", "title": {"text": of.y}, "showgrid": False},
    )
    if all(cell is None for row in z for cell in row):
        look.none(fig, "No set has a value")
    return fig


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g}".replace("-", "\u2212")


def _cell(of: Any, row: int, column: int) -> str:
    lines = [f"{of.x} {of.columns[column]}, {of.y} {of.rows[row]}", f"{of.sets[row, column]:,} sets"]
    for name in MEASURES:
        value = float(getattr(of, name)[row, column])
        if value == value:
            lines.append(f"{name} {_number(value)}")
    return "<br>".join(lines)


def sensitivity_figure(
    found: SweepResult, metric: str | None, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.SweepResult.plot_sensitivity`."""
    import polars as pl

    steps = found.sensitivity(metric)
    shares = dict(found.influence(metric).iter_rows())
    label = found.label(metric)
    names = steps["parameter"].unique(maintain_order=True).to_list()
    names.sort(key=lambda name: -(shares.get(name) or 0.0))
    across = min(3, max(1, len(names)))
    down = max(1, -(-len(names) // across))
    title = f"What a step of each parameter does to the {label}"
    below = "the most influential first, with the share of the variance that it explains alone"
    fig = look.figure(template, title, below, height=150 + 230 * down)
    for at, name in enumerate(names):
        one = steps.filter(pl.col("parameter") == name)
        _panel(fig, one, at, across, down, name, shares.get(name))
    if not names:
        look.none(fig, "No set is ranked")
    return fig


def _panel(
    fig: go.Figure, steps: Any, at: int, across: int, down: int, name: str, share: float | None
) -> None:
    import polars as pl

    tag = "" if at == 0 else str(at + 1)
    row, column = divmod(at, across)
    gap_x, gap_y = 0.05, 0.24 if down > 1 else 0.0
    width, height = (1 - gap_x * (across - 1)) / across, (1 - gap_y * (down - 1)) / down
    left, top = column * (width + gap_x), 1 - row * (height + gap_y)
    best = steps.filter(pl.col("is_best"))
    lines = (
        ("median", "Median of all sets with that value", look.FAINT, "dot", "circle-open"),
        ("objective", "All other parameters as at the best set", look.LINE, "solid", "circle"),
    )
    common = {"xaxis": f"x{tag}", "yaxis": f"y{tag}"}
    for measure, words, colour, dash, symbol in lines:
        fig.add_scatter(
            x=steps["value"].to_list(),
            y=steps[measure].to_list(),
            mode="lines+markers",
            name=words,
            legendgroup=measure,
            showlegend=at == 0,
            line={"color": colour, "dash": dash, "width": 1.8},
            marker={"symbol": symbol, "size": 7, "color": colour},
            hovertemplate=f"{name} %{{x}}<br>%{{y:.4g}}<extra></extra>",
            **common,
        )
    if best.height:
        fig.add_scatter(
            x=best["value"].to_list(),
            y=best["objective"].to_list(),
            mode="markers",
            name="Best set",
            legendgroup="best",
            showlegend=at == 0,
            marker={"symbol": "star", "size": 14, "color": look.OTHER},
            hovertemplate=f"best set: {name} %{{x}}<br>%{{y:.4g}}<extra></extra>",
            **common,
        )
    said = name if share is None else f"{name} ({share:.0%})"
    fig.update_layout(
        {
            f"xaxis{tag}": {
                "type": "category",
                "domain": [left, left + width],
                "anchor": f"y{tag}",
                "title": {"text": said},
                "categoryorder": "array",
                "categoryarray": steps["value"].to_list(),
            },
            f"yaxis{tag}": {
                "domain": [top - height, top],
                "anchor": f"x{tag}",
                **({} if at == 0 else {"matches": "y"}),
                **({} if column == 0 else {"showticklabels": False}),
            },
        }
    )
