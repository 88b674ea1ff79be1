"""Closed trades: on the price, and by what they earned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.candles import checked
from tickstep._plot.clock import Clock
from tickstep._plot.histogram import draw_histogram
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._run import Run

__all__ = ["draw_on_price", "held_inside", "known", "largest", "trades_figure"]

SIZES = ((150, 11, 9, 1.0), (600, 8, 7, 0.85), (1 << 62, 5, 4, 0.6))
"""Pixels of an entry and of an exit and how opaque they are, up to so many trades."""


def known(instrument: str, symbols: list[str]) -> str:
    """The symbol, where it is one of the account's."""
    if instrument not in symbols:
        words = f"instrument: {instrument!r} is not in this run; there are {', '.join(symbols)}"
        raise ConfigError(words, argument="instrument")
    return instrument


def held_inside(run: Run, start: Any, end: Any, symbol: str) -> pl.DataFrame:
    """Trades of an instrument that were open at some time of a span."""
    return _trades(run, start, end, symbol, "entry_time")


def _trades(run: Run, start: Any, end: Any, symbol: str | None, before_end: str) -> pl.DataFrame:
    import polars as pl

    first, last = _native.period_ns(start, end)
    trades = run.trades
    if symbol is not None:
        trades = trades.filter(pl.col("instrument").cast(pl.String) == symbol)
    if first is not None:
        trades = trades.filter(pl.col("exit_time").dt.epoch("ns") >= first)
    if last is not None:
        trades = trades.filter(pl.col(before_end).dt.epoch("ns") < last)
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

    entry_size, exit_size, opacity = next(s[1:] for s in SIZES if trades.height <= s[0])
    outcomes = (
        (pl.col("net_pnl") > 0, look.GAIN, "gain", "circle"),
        (pl.col("net_pnl") <= 0, look.LOSS, "loss", "x"),
    )
    for which, colour, word, _ in outcomes:
        part = trades.filter(which)
        if part.height:
            fig.add_scatter(
                **_segments(part, clock),
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
                mode="markers",
                name=f"{side.capitalize()} entry",
                marker={"symbol": symbol, "size": entry_size, "color": look.LINE},
                opacity=opacity,
                customdata=part["trade"].to_numpy(),
                hovertemplate=f"trade %{{customdata}}: {side} entry at %{{y:{price_format}}}, "
                "%{x}<extra></extra>",
            )
    for which, colour, word, symbol in outcomes:
        part = trades.filter(which)
        if part.height:
            fig.add_scatter(
                x=clock(part["exit_time"]),
                y=part["exit_price"].to_numpy(),
                mode="markers",
                name=f"Exit with a {word}",
                legendgroup=word,
                marker={"symbol": symbol, "size": exit_size, "color": colour},
                opacity=opacity,
                text=_words(part, clock, currency, price_format),
                hovertemplate="%{text}<extra></extra>",
            )


def _segments(trades: pl.DataFrame, clock: Clock) -> dict[str, Any]:
    x: list[Any] = []
    y: list[Any] = []
    times = zip(clock(trades["entry_time"]), clock(trades["exit_time"]), strict=True)
    prices = zip(trades["entry_price"], trades["exit_price"], strict=True)
    for (entry, exit), (paid, got) in zip(times, prices, strict=True):
        # A hole ends each line.
        x += [str(entry), str(exit), None]
        y += [paid, got, None]
    return {"x": x, "y": y}


def _words(trades: pl.DataFrame, clock: Clock, currency: str, price_format: str) -> list[str]:
    """What is said at each exit."""
    several = trades["strategy"].n_unique() > 1
    entries, exits = clock.words(trades["entry_time"]), clock.words(trades["exit_time"])
    lines = []
    for at, row in enumerate(trades.iter_rows(named=True)):
        of = f" of {row['strategy']}" if several else ""
        lines.append(
            f"trade {row['trade']}: {row['side']}{of}, closed by {row['exit_reason']}, "
            f"net {look.signed(row['net_pnl'], '+,.2f')} {currency}<br>"
            f"in at {row['entry_price']:{price_format}}, {entries[at]}<br>"
            f"out at {row['exit_price']:{price_format}}, {exits[at]}"
        )
    return lines


def trades_figure(
    run: Run, instrument: str | None, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.Run.plot_trades`."""
    import polars as pl

    symbols = run.symbols
    symbol = None if instrument is None else known(instrument, symbols)
    trades = _trades(run, start, end, symbol, "exit_time")
    shown = largest(trades, checked(most))
    clock = Clock(run.config["account"]["time_zone"], shown["exit_time"].unique().sort())
    of = symbol or ", ".join(symbols)
    title = f"{of}: net P&L of {look.count(trades.height, 'closed trade')}"
    below = "By what closed them"
    if shown.height < trades.height:
        below += f"; the {shown.height:,} that won or lost most are drawn, all are counted"
    fig = look.figure(template, title, [below], height=680)
    reasons = shown["exit_reason"].cast(pl.String)
    for at, reason in enumerate(reasons.unique().sort()):
        _draw_reason(fig, shown.filter(reasons == reason), reason, at, clock, run.currency)
    place = None if symbol is None else symbols.index(symbol)
    spread = json.loads(_native.trade_histogram(run._native, place, start, end))
    draw_histogram(fig, spread, "x2", "y2", "trades", lambda edge: edge >= 0)
    top, bottom = look.panels([3, 2], gap=0.17)
    fig.update_layout(
        xaxis=clock.axis("y", showspikes=False),
        yaxis={"domain": top, "title": {"text": f"Net P&L, {run.currency}"}},
        xaxis2={"domain": [0, 0.46], "anchor": "y2"},
        yaxis2={"domain": bottom, "anchor": "x2", "title": {"text": "Trades"}},
        xaxis3={"domain": [0.56, 1], "anchor": "y3"},
        yaxis3={"domain": bottom, "anchor": "x3", "title": {"text": "Farthest for it, bps"}},
    )
    fig.layout.xaxis2.title.text = f"Net P&L of a trade, {run.currency}"
    fig.layout.xaxis3.title.text = "Farthest against the position, bps of entry"
    return fig if trades.height else look.empty(fig, "No trade was closed")


def _draw_reason(
    fig: go.Figure, trades: pl.DataFrame, reason: str, at: int, clock: Clock, currency: str
) -> None:
    words = _words(trades, clock, currency, ",.8g")
    common = {
        "mode": "markers",
        "name": reason,
        "legendgroup": reason,
        "text": words,
        "marker": {
            "color": look.SERIES[at % len(look.SERIES)],
            "symbol": look.SYMBOLS[at % len(look.SYMBOLS)],
            "size": 6,
            "opacity": 0.75,
        },
    }
    fig.add_scatter(
        x=clock(trades["exit_time"]),
        y=trades["net_pnl"].to_numpy(),
        hovertemplate="%{text}<extra></extra>",
        **common,
    )
    fig.add_scatter(
        x=trades["mae_bps"].to_numpy(),
        y=trades["mfe_bps"].to_numpy(),
        xaxis="x3",
        yaxis="y3",
        showlegend=False,
        hovertemplate="%{text}<br>against it %{x:.1f} bps, for it %{y:.1f} bps<extra></extra>",
        **common,
    )
