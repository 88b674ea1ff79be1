"""A run at a glance: price with every trade, volume, equity and drawdown on one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.candles import Candles, checked, time_axis
from tickstep._plot.clock import Clock
from tickstep._plot.curves import draw_drawdown, draw_equity
from tickstep._plot.trades import draw_on_price, largest, trades_inside
from tickstep.errors import ConfigError

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
    candles = Candles(
        _native.run_candles(native, symbols.index(symbol), start, end, most), run.bars[symbol]
    )
    equity = pl.DataFrame(_native.equity_curve(native, start, end, most))
    drawdown = pl.DataFrame(_native.drawdown_curve(native, start, end, most))
    clock = Clock(run.config["account"]["time_zone"], candles.frame["time"])
    trades = trades_inside(run, start, end, symbol)
    shown = largest(trades, most)

    title = f"{symbol}: {trades.height:,} trades" + ("" if trades.height else ", none was closed")
    below = candles.words
    if shown.height < trades.height:
        below += f"; the {shown.height:,} trades that won or lost most are drawn"
    if len(symbols) > 1:
        below += f"; equity and drawdown are of all {len(symbols)} instruments"
    fig = look.figure(template, title, below, height=820)
    candles.draw_price(fig, clock, "y", muted=True)
    draw_on_price(fig, shown, clock, run.currency, candles.price_format)
    candles.draw_volume(fig, clock, "y2")
    draw_equity(fig, equity, clock, "y3", run.currency)
    draw_drawdown(fig, drawdown, clock, "y4")
    domains = look.panels([5, 1.2, 2, 1.3], gap=0.025)
    titles = ("Price", "Volume", f"Equity, {run.currency}", "Drawdown")
    axes = {
        f"yaxis{at or ''}": {"domain": domain, "title": {"text": title}, "anchor": "x"}
        for at, (domain, title) in zip((0, 2, 3, 4), zip(domains, titles, strict=True), strict=True)
    }
    axes["yaxis"]["hoverformat"] = candles.price_format
    axes["yaxis2"]["rangemode"] = "tozero"
    axes["yaxis4"]["tickformat"] = ".1%"
    fig.update_layout(xaxis=time_axis(clock, "y4"), **axes)
    if not candles.frame.height:
        look.none(fig, "No bar is in this span")
    return fig


def known(instrument: str, symbols: list[str]) -> str:
    """The symbol, where it is one of the account's."""
    if instrument not in symbols:
        words = f"instrument: {instrument!r} is not in this run; there are {', '.join(symbols)}"
        raise ConfigError(words, argument="instrument")
    return instrument
