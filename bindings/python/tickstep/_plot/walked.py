"""The search done again on the past of each window, and held to what came next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickstep._plot import look
from tickstep._plot.clock import Clock
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._validation import WalkForward

__all__ = ["walk_forward_figure"]

CURVES = (
    ("outside", "Sets chosen on the past alone", look.LINE, "solid"),
    ("inside", "Best set of the whole search, known afterwards", look.FAINT, "dot"),
)
SIDES = (("inside", "In training", look.FAINT), ("outside", "In the test", look.LINE))


def walk_forward_figure(walked: WalkForward | None, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.WalkForward.plot`."""
    if walked is None:
        raise ConfigError(
            "the search was not walked forward; give walk_forward={'train_days': 60, "
            "'test_days': 20}",
            argument="walk_forward",
        )
    windows, days = walked.windows, walked.days
    below = (
        f"Annual Sharpe ratio {look.signed(walked.in_sample_sharpe, '.2f')} in training, "
        f"{look.signed(walked.out_of_sample_sharpe, '.2f')} in the tests"
    )
    title = f"Walk forward: {look.count(windows.height, 'best set')} held to what came next"
    fig = look.figure(template, title, [below], height=660, foot=78)
    top, bottom = look.panels([3, 2], gap=0.16)
    clock = Clock("UTC", days["end"])
    for column, name, colour, dash in CURVES:
        fig.add_scatter(
            x=clock(days["end"]),
            y=days[column].to_list(),
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 1.8},
            hovertemplate="%{x}<br>%{y:.4f} of the start<extra></extra>",
        )
    _shade_windows(fig, windows, clock)
    spans = [
        f"{start:%Y-%m-%d}<br>to {end:%Y-%m-%d}"
        for start, end in windows.select("test_start", "test_end").iter_rows()
    ]
    for side, name, colour in SIDES:
        fig.add_bar(
            x=spans,
            y=windows[f"{side}_sharpe"].to_list(),
            xaxis="x2",
            yaxis="y2",
            name=name,
            marker={"color": colour},
            hovertext=_legs(windows, side),
            hovertemplate=f"{name.lower()}: %{{hovertext}}<extra></extra>",
        )
    fig.update_layout(
        xaxis=clock.axis("y", showspikes=False),
        yaxis={"domain": top, "title": {"text": "Equity, 1 at the start"}},
        xaxis2={"type": "category", "anchor": "y2", "title": {"text": "Test, UTC"}},
        yaxis2={"domain": bottom, "anchor": "x2", "title": {"text": "Annual Sharpe ratio"}},
        barmode="group",
    )
    return fig if windows.height else look.empty(fig, "There is no window")


def _shade_windows(fig: go.Figure, windows: pl.DataFrame, clock: Clock) -> None:
    """Shades every second test."""
    starts, ends = clock(windows["test_start"]), clock(windows["test_end"])
    for at in range(1, windows.height, 2):
        fig.add_shape(
            type="rect",
            x0=str(starts[at]),
            x1=str(ends[at]),
            y0=0,
            y1=1,
            yref="y domain",
            fillcolor=look.SHADE,
            line={"width": 0},
            layer="below",
        )


def _legs(windows: pl.DataFrame, side: str) -> list[str]:
    lines = []
    for row in windows.iter_rows(named=True):
        if row["set"] is None:
            lines.append("no set was chosen")
            continue
        values = (row["values"] or "").replace("strategy.params.", "").replace(" ", "<br>")
        lines.append(
            f"set {row['set']}<br>{values}<br>"
            f"Sharpe {look.signed(row[f'{side}_sharpe'], '.2f')}, "
            f"{row[f'{side}_trades'] or 0:,} trades, "
            f"return {look.signed(row[f'{side}_total_return'], '+.2%')}"
        )
    return lines
