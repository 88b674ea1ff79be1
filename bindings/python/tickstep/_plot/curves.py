"""Equity and drawdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.candles import checked, time_axis
from tickstep._plot.clock import Clock

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._run import Run

__all__ = ["draw_drawdown", "draw_equity", "drawdown_figure", "equity_figure"]


def draw_equity(
    fig: go.Figure, points: pl.DataFrame, clock: Clock, yaxis: str, currency: str
) -> None:
    """Adds the curve of equity."""
    fig.add_scatter(
        x=clock(points["time"]),
        y=points["value"].to_numpy(),
        yaxis=yaxis,
        mode="lines",
        name="Equity",
        line={"color": look.LINE, "width": 1.6},
        showlegend=False,
        hovertemplate=f"%{{x}}<br>equity %{{y:,.2f}} {currency}<extra></extra>",
    )


def draw_drawdown(fig: go.Figure, points: pl.DataFrame, clock: Clock, yaxis: str) -> None:
    """Adds the drawdown as an area below zero."""
    fig.add_scatter(
        x=clock(points["time"]),
        y=points["value"].to_numpy(),
        yaxis=yaxis,
        mode="lines",
        name="Drawdown",
        fill="tozeroy",
        fillcolor=look.LOSS_SHADE,
        line={"color": look.LOSS, "width": 1.2},
        showlegend=False,
        hovertemplate="%{x}<br>drawdown %{y:.2%}<extra></extra>",
    )


def equity_figure(
    run: Run, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """Equity at the closes of bars."""
    import polars as pl

    points = pl.DataFrame(_native.equity_curve(run._native, start, end, checked(most)))
    clock = Clock(run.config["account"]["time_zone"], points["time"])
    stats, currency = run.stats, run.currency
    below = _figures(run, ("Return [%]", "Sharpe Ratio", "Max. Drawdown [%]"))
    fig = look.figure(template, f"Equity of {', '.join(run.symbols)}", below, legend=False)
    draw_equity(fig, points, clock, "y", currency)
    cash = float(run.config["account"]["cash"])
    fig.add_hline(
        y=cash, line={"color": look.FAINT, "width": 1, "dash": "dot"}, annotation_text="start",
        annotation_position="top left", annotation_font_color=look.FAINT,
    )
    fig.update_layout(
        xaxis=time_axis(clock, "y"), yaxis={"title": {"text": f"Equity, {currency}"}}
    )
    if not points.height:
        look.none(fig, "No close is in this span")
    return fig


def drawdown_figure(
    run: Run, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """Equity against its highest so far."""
    import polars as pl

    points = pl.DataFrame(_native.drawdown_curve(run._native, start, end, checked(most)))
    clock = Clock(run.config["account"]["time_zone"], points["time"])
    below = _figures(run, ("Max. Drawdown [%]",))
    fig = look.figure(
        template, f"Drawdown of {', '.join(run.symbols)}", below, height=340, legend=False
    )
    draw_drawdown(fig, points, clock, "y")
    fig.update_layout(
        xaxis=time_axis(clock, "y"),
        yaxis={"title": {"text": "Below the highest equity so far"}, "tickformat": ".1%"},
    )
    if not points.height:
        look.none(fig, "No close is in this span")
    return fig


def _figures(run: Run, labels: tuple[str, ...]) -> str:
    parts = []
    for label in labels:
        value = run.stats[label]
        parts.append(f"{label} {'no value' if value is None else format(value, ',.2f')}")
    return " · ".join(parts).replace("-", "\u2212")
