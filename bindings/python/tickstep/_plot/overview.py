"""A run at a glance: price with every trade, volume, equity and drawdown on one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.candles import Candles, checked
from tickstep._plot.clock import Clock
from tickstep._plot.curves import depth_axis, draw_drawdown, draw_equity
from tickstep._plot.trades import draw_on_price, held_inside, known, largest

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._run import Run

__all__ = ["run_figure"]


def run_figure(
    run: Run, instrument: str | None, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.Run.plot`."""
    import polars as pl

    native, symbols = run._native, run.symbols
    symbol = symbols[0] if instrument is None else known(instrument, symbols)
    most = checked(most)
    drawn = _native.run_candles(native, symbols.index(symbol), start, end, most)
    candles = Candles(drawn, run.bars[symbol])
    equity = pl.DataFrame(_native.equity_curve(native, start, end, most))
    drawdown = pl.DataFrame(_native.drawdown_curve(native, start, end, most))
    clock = Clock(run.config["account"]["time_zone"], candles.frame["time"])
    trades = held_inside(run, start, end, symbol)
    shown = largest(trades, most)

    said = look.run_figures(run, ("Return [%]", "Sharpe Ratio", "Max. Drawdown [%]"))
    if len(symbols) > 1:
        said += f"; equity and drawdown are of all {len(symbols)} instruments"
    below = [f"Whole run: {said}", *candles.words]
    title = f"{symbol}: " + (look.count(trades.height, "trade") if trades.height else "no trade")
    if shown.height < trades.height:
        title += f", the {shown.height:,} that won or lost most are drawn"
    fig = look.figure(template, title, below, height=860, foot=64)
    candles.draw_price(fig, clock, muted=True)
    draw_on_price(fig, shown, clock, run.currency, candles.price_format)
    candles.draw_volume(fig, clock, "y2")
    draw_equity(fig, equity, clock, "y3", run.currency)
    draw_drawdown(fig, drawdown, clock, "y4")
    price, volume, money, depth = look.panels([5, 1.2, 2, 1.3], gap=0.025)
    fig.update_layout(
        hovermode="x unified",
        hoversubplots="axis",
        xaxis=candles.axis(clock, "y4"),
        yaxis={"domain": price, "title": {"text": "Price"}, "hoverformat": candles.price_format},
        yaxis2={"domain": volume, "title": {"text": "Volume"}, "rangemode": "tozero"},
        yaxis3={"domain": money, "title": {"text": f"Equity, {run.currency}"}},
        yaxis4={"domain": depth, **depth_axis(drawdown, "Drawdown")},
    )
    return fig if candles.frame.height else look.empty(fig, "No bar opens in this span")
