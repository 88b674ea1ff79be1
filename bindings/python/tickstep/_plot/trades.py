"""Closed trades: on the price, and by what they earned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.candles import checked, time_axis
from tickstep._plot.clock import Clock

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._run import Run

__all__ = ["draw_on_price", "largest", "trades_figure", "trades_inside"]


def trades_inside(run: Run, start: Any, end: Any, symbol: str | None) -> pl.DataFrame:
    """Trades that were open at some time of a span, of one instrument or of all."""
    import polars as pl

    first, last = _native.period_ns(start, end)
    trades = run.trades
    if symbol is not None:
        trades = trades.filter(pl.col("instrument").cast(pl.String) == symbol)
    if first is not None:
        trades = trades.filter(pl.col("exit_time").dt.epoch("ns") >= first)
    if last is not None:
        trades = trades.filter(pl.col("entry_time").dt.epoch("ns") < last)
    return trades


def largest(trades: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most ``most`` of the trades: those that won or lost most, in their order."""
    import polars as pl

    if trades.height <= most:
        return trades
    return trades.top_k(most, by=pl.col("net_pnl").abs()).sort("trade")


def draw_on_price(
    fig: go.Figure, trades: pl.DataFrame, clock: Clock, currency: str, price_format: str
) -> None:
    """Adds entries, exits and a line from each entry to its exit."""
    import polars as pl

    spec = price_format
    for won, colour, word in ((True, look.GAIN, "gain"), (False, look.LOSS, "loss")):
        part = trades.filter((pl.col("net_pnl") > 0) == won)
        if part.height:
            fig.add_scatter(
                **_segments(part, clock),
                yaxis="y",
                mode="lines",
                name=f"Held, {word}",
                legendgroup=word,
                showlegend=False,
                line={"color": colour, "width": 1.5},
                hoverinfo="skip",
            )
    for side, symbol in (("long", "triangle-up"), ("short", "triangle-down")):
        part = trades.filter(pl.col("side").cast(pl.String) == side)
        if part.height:
            fig.add_scatter(
                x=clock(part["entry_time"]),
                y=part["entry_price"].to_numpy(),
                yaxis="y",
                mode="markers",
                name=f"{side.capitalize()} entry",
                marker={"symbol": symbol, "size": 9, "color": look.LINE, "line": _edge()},
                customdata=part["trade"].to_numpy(),
                hovertemplate=f"trade %{{customdata}}: {side} entry<br>%{{x}}<br>"
                f"price %{{y:{spec}}}<extra></extra>",
            )
    for won, colour, word in ((True, look.GAIN, "gain"), (False, look.LOSS, "loss")):
        part = trades.filter((pl.col("net_pnl") > 0) == won)
        if part.height:
            fig.add_scatter(
                x=clock(part["exit_time"]),
                y=part["exit_price"].to_numpy(),
                yaxis="y",
                mode="markers",
                name=f"Exit with a {word}",
                legendgroup=word,
                marker={
                    "symbol": "circle" if won else "x",
                    "size": 7,
                    "color": colour,
                    "line": _edge(),
                },
                text=_words(part, clock, currency, spec),
                hovertemplate="%{text}<extra></extra>",
            )


def _edge() -> dict[str, Any]:
    return {"width": 0.5, "color": "rgba(255, 255, 255, 0.8)"}


def _segments(trades: pl.DataFrame, clock: Clock) -> dict[str, Any]:
    entry, exit = clock(trades["entry_time"]), clock(trades["exit_time"])
    x: list[Any] = []
    y: list[Any] = []
    prices = zip(trades["entry_price"], trades["exit_price"], strict=True)
    for (a, b), (p, q) in zip(zip(entry, exit, strict=True), prices, strict=True):
        # A hole ends each line.
        x += [str(a), str(b), None]
        y += [p, q, None]
    return {"x": x, "y": y}


def _words(trades: pl.DataFrame, clock: Clock, currency: str, spec: str) -> list[str]:
    """What is said at each exit."""
    several = trades["strategy"].n_unique() > 1
    entries, exits = clock.words(trades["entry_time"]), clock.words(trades["exit_time"])
    lines = []
    for at, row in enumerate(trades.iter_rows(named=True)):
        of = f" of {row['strategy']}" if several else ""
        lines.append(
            f"trade {row['trade']}: {row['side']}{of}, closed by {row['exit_reason']}<br>"
            f"{entries[at]} at {row['entry_price']:{spec}}<br>"
            f"{exits[at]} at {row['exit_price']:{spec}}<br>"
            f"net {row['net_pnl']:+,.2f} {currency}"
        )
    return lines


def trades_figure(
    run: Run, instrument: str | None, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """Net P&L of every trade by time and exit reason, how it is spread, and how far each went
    for and against the position."""
    import polars as pl

    trades = trades_inside(run, start, end, instrument)
    shown = largest(trades, checked(most))
    clock = Clock(run.config["account"]["time_zone"], trades["exit_time"].unique().sort())
    of = f" of {instrument}" if instrument else ""
    title = f"{trades.height:,} closed trades{of}: net P&L"
    part = "" if shown.height == trades.height else f"; the {shown.height:,} largest are drawn"
    below = f"coloured by what closed them{part}"
    fig = look.figure(template, title, below, height=640)
    top, bottom = look.panels([3, 2], gap=0.17)
    reasons = sorted(shown["exit_reason"].cast(pl.String).unique().to_list())
    for at, reason in enumerate(reasons):
        one = shown.filter(pl.col("exit_reason").cast(pl.String) == reason)
        colour, symbol = look.SERIES[at % 8], look.SYMBOLS[at % 8]
        words = _words(one, clock, run.currency, ",g")
        common = {
            "mode": "markers",
            "name": reason,
            "legendgroup": reason,
            "text": words,
            "marker": {"color": colour, "symbol": symbol, "size": 6, "opacity": 0.75},
        }
        fig.add_scatter(
            x=clock(one["exit_time"]),
            y=one["net_pnl"].to_numpy(),
            hovertemplate="%{text}<extra></extra>",
            **common,
        )
        fig.add_scatter(
            x=one["mae_bps"].to_numpy(),
            y=one["mfe_bps"].to_numpy(),
            xaxis="x3",
            yaxis="y3",
            showlegend=False,
            hovertemplate="%{text}<br>against it %{x:.1f} bps, for it %{y:.1f} bps<extra></extra>",
            **common,
        )
    spread = json.loads(_native.trade_histogram(run._native, start, end))
    fig.update_layout(
        xaxis={**time_axis(clock, "y"), "domain": [0, 1], "showspikes": False},
        yaxis={"domain": top, "title": {"text": f"Net P&L, {run.currency}"}, "zeroline": True},
        xaxis2={"domain": [0, 0.46], "anchor": "y2", "title": {"text": f"Net P&L of a trade, {run.currency}"}},
        yaxis2={"domain": bottom, "anchor": "x2", "title": {"text": "Trades"}},
        xaxis3={"domain": [0.56, 1], "anchor": "y3", "title": {"text": "Farthest against it (MAE), bps"}, "rangemode": "tozero"},
        yaxis3={"domain": bottom, "anchor": "x3", "title": {"text": "Farthest for it (MFE), bps"}, "rangemode": "tozero"},
    )
    _draw_spread(fig, spread)
    if not trades.height:
        look.none(fig, "No trade was closed")
    return fig


def _draw_spread(fig: go.Figure, of: dict[str, Any]) -> None:
    edges = [of["from"] + of["width"] * at for at in range(len(of["counts"]))]
    fig.add_bar(
        x=edges,
        y=of["counts"],
        offset=0,
        width=of["width"],
        xaxis="x2",
        yaxis="y2",
        showlegend=False,
        marker={
            "color": [look.LOSS if edge < 0 else look.GAIN for edge in edges],
            "line": {"width": 0},
        },
        hovertemplate="from %{x:,.6~g}<br>%{y:,} trades<extra></extra>",
    )
