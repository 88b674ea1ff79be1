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

__all__ = ["depth_axis", "draw_drawdown", "draw_equity", "drawdown_figure", "equity_figure"]


def draw_equity(
    fig: go.Figure, points: pl.DataFrame, clock: Clock, yaxis: str, currency: str
) -> None:
    """Adds the curve of equity."""
    fig.add_scatter(
        x=clock(points["time"]),
        y=points["value"].to_numpy(),
        yaxis=yaxis,
        mode="lines+markers" if points.height == 1 else "lines",
        cliponaxis=points.height > 1,
        name="Equity",
        line={"color": look.LINE, "width": 1.6},
        showlegend=False,
        hovertemplate=f"equity %{{y:,.2f}} {currency}, %{{x}}<extra></extra>",
    )


def draw_drawdown(fig: go.Figure, points: pl.DataFrame, clock: Clock, yaxis: str) -> None:
    """Adds the drawdown as an area below zero."""
    fig.add_scatter(
        x=clock(points["time"]),
        y=points["value"].to_numpy(),
        yaxis=yaxis,
        mode="lines+markers" if points.height == 1 else "lines",
        cliponaxis=points.height > 1,
        name="Drawdown",
        fill="tozeroy",
        fillcolor=look.LOSS_SHADE,
        line={"color": look.LOSS, "width": 1.2},
        showlegend=False,
        hovertemplate="drawdown %{y:.2%}, %{x}<extra></extra>",
    )


def depth_axis(points: pl.DataFrame, title: str) -> dict[str, Any]:
    """The axis of drawdowns; where there is none, it has room below zero all the same."""
    flat = bool((points["value"] == 0.0).all())
    more: dict[str, Any] = {"range": [-0.01, 0.0005]} if flat else {}
    return {"title": {"text": title}, "tickformat": ".2~%" if flat else ".1%", **more}


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
    if start is None:
        fig.add_hline(
            y=float(account["cash"]),
            line={"color": look.FAINT, "width": 1, "dash": "dot"},
            annotation_text="cash at the start",
            annotation_position="top right",
            annotation_font_color=look.FAINT,
        )
    fig.update_layout(
        hovermode="x",
        xaxis=clock.axis("y"),
        yaxis={"title": {"text": f"Equity, {run.currency}"}}
    )
    return fig if points.height else look.empty(fig, "No bar closes in this span")


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
        hovermode="x",
        xaxis=clock.axis("y"),
        yaxis=depth_axis(points, "Below highest equity"),
    )
    return fig if points.height else look.empty(fig, "No bar closes in this span")
