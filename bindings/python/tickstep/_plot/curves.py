"""Equity and drawdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.candles import checked
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
        mode="lines+markers" if points.height == 1 else "lines",
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
        mode="lines+markers" if points.height == 1 else "lines",
        name="Drawdown",
        fill="tozeroy",
        fillcolor=look.LOSS_SHADE,
        line={"color": look.LOSS, "width": 1.2},
        showlegend=False,
        hovertemplate="%{x}<br>drawdown %{y:.2%}<extra></extra>",
    )


def equity_figure(run: Run, start: Any, end: Any, most: int, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.Run.plot_equity`."""
    import polars as pl

    points = pl.DataFrame(_native.equity_curve(run._native, start, end, checked(most)))
    account = run.config["account"]
    clock = Clock(account["time_zone"], points["time"])
    said = look.run_figures(run, ("Return [%]", "Sharpe Ratio", "Max. Drawdown [%]"))
    title = f"Equity of {', '.join(run.symbols)}"
    fig = look.figure(template, title, [f"Whole run: {said}"], legend=False)
    draw_equity(fig, points, clock, "y", run.currency)
    fig.add_hline(
        y=float(account["cash"]),
        line={"color": look.FAINT, "width": 1, "dash": "dot"},
        annotation_text="cash at the start",
        annotation_position="top right",
        annotation_font_color=look.FAINT,
    )
    fig.update_layout(
        xaxis=clock.axis("y"), yaxis={"title": {"text": f"Equity, {run.currency}"}}
    )
    if not points.height:
        look.none(fig, "No bar closes in this span")
    return fig


def drawdown_figure(
    run: Run, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.Run.plot_drawdown`."""
    import polars as pl

    points = pl.DataFrame(_native.drawdown_curve(run._native, start, end, checked(most)))
    clock = Clock(run.config["account"]["time_zone"], points["time"])
    said = look.run_figures(run, ("Max. Drawdown [%]", "Avg. Drawdown [%]"))
    title = f"Drawdown of {', '.join(run.symbols)}"
    fig = look.figure(template, title, [f"Whole run: {said}"], height=360, legend=False)
    draw_drawdown(fig, points, clock, "y")
    fig.update_layout(
        xaxis=clock.axis("y"),
        yaxis={"title": {"text": "Below highest equity"}, "tickformat": ".1%"},
    )
    if not points.height:
        look.none(fig, "No bar closes in this span")
    return fig
