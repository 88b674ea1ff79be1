"""Candles, their volume, and where it stood out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.clock import Clock
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._bars import Bars

__all__ = ["Candles", "bars_figure", "checked"]

MARKED = 300
"""Most volume spikes that are marked, the strongest."""
LEFT_OUT = 300
"""Most nights and holidays that an axis leaves out."""
DAY_MS = 86_400_000
"""Candles as long as a day, in milliseconds, have no nights between them."""


class Candles:
    """Candles short enough to draw, and how they are spoken of."""

    def __init__(self, drawn: tuple[Any, int, tuple[float, int], Any], bars: Bars) -> None:
        import polars as pl

        table, length, self.spike, closed = drawn
        self.frame = pl.DataFrame(table)
        self.bars = bars
        self.length_ms = length // 1_000_000
        whole = self.length_ms >= DAY_MS or len(closed) > LEFT_OUT
        self.closed = [] if whole else list(closed)
        spiked = self.frame.filter(pl.col("volume_ratio").is_not_null())
        self.spikes = spiked.height
        self.marked = spiked.top_k(MARKED, by="volume_ratio").sort("time")

    @property
    def price_format(self) -> str:
        """How prices are printed: with the decimals of the tick size."""
        return decimals_of(self.bars.tick_size)

    @property
    def words(self) -> list[str]:
        """What is drawn, such as ``2h candles of 1m bars``, and what a volume spike is."""
        native = self.bars._native.interval_words
        if not self.frame.height:
            return [f"No {native} bar opens in this span"]
        length = _native.span_text(timedelta(milliseconds=self.length_ms))
        base_ns = self.bars._native.interval_ns
        made = base_ns is not None and self.length_ms * 1_000_000 != base_ns
        words = f"{length} candles of {native} bars" if made else f"{native} bars"
        if not self.spikes:
            return [f"{words}; no volume spike"]
        multiple, baseline = self.spike
        spike = f"Volume spike: {multiple:g} or more times the mean of the {baseline} bars before"
        if self.spikes > self.marked.height:
            spike += f", strongest {self.marked.height:,} of {self.spikes:,}"
        return [words, spike]

    def axis(self, clock: Clock, anchor: str) -> dict[str, Any]:
        """The axis of times, from the first candle's open to the last one's end, without the
        hours in which the market is closed."""
        more: dict[str, Any] = {"rangebreaks": clock.breaks(self.closed)}
        if self.frame.height:
            import numpy as np

            x = clock(self.frame["time"])
            more["range"] = [str(x[0]), str(x[-1] + np.timedelta64(self.length_ms, "ms"))]
        return clock.axis(anchor, **more)

    def _period(self, clock: Clock) -> dict[str, Any]:
        # A candle stands in the middle of its time, not on its open.
        x = clock(self.frame["time"])
        first = {"xperiod0": str(x[0])} if len(x) else {}
        return {"x": x, "xperiod": self.length_ms, "xperiodalignment": "middle", **first}

    def draw_price(self, fig: go.Figure, clock: Clock, *, muted: bool) -> None:
        """Adds the candles; muted ones leave colour to what is drawn over them."""
        up, down = (look.RISING, look.FALLING) if muted else (look.GAIN, look.LOSS)
        prices = {name: self.frame[name].to_numpy() for name in ("open", "high", "low", "close")}
        fig.add_candlestick(
            **self._period(clock),
            **prices,
            name=self.bars.symbol,
            increasing={"line": {"color": up, "width": 1}, "fillcolor": up},
            decreasing={"line": {"color": down, "width": 1}, "fillcolor": down},
        )

    def draw_volume(self, fig: go.Figure, clock: Clock, yaxis: str) -> None:
        """Adds the volume of each candle, and a mark over the strongest spikes."""
        period = self._period(clock)
        fig.add_bar(
            **period,
            y=self.frame["volume"].to_numpy(),
            yaxis=yaxis,
            name="Volume",
            marker={"color": look.FAINT, "line": {"width": 0}},
            showlegend=False,
            hovertemplate=f"volume %{{y:{decimals_of(self.bars.volume_step)}}}<extra></extra>",
        )
        if self.marked.height:
            at = clock.words(self.marked["spike_time"])
            ratios = self.marked["volume_ratio"]
            fig.add_scatter(
                **{**period, "x": clock(self.marked["time"])},
                y=self.marked["volume"].to_numpy(),
                yaxis=yaxis,
                mode="markers",
                name="Volume spike",
                marker={"color": look.OTHER, "size": 5, "symbol": "circle"},
                text=[f"{ratio:.1f} times, {time}" for time, ratio in zip(at, ratios, strict=True)],
                hovertemplate="spike of %{text}<extra></extra>",
            )


def decimals_of(step: Decimal) -> str:
    """How multiples of a step are printed: with its decimals."""
    exponent = step.normalize().as_tuple().exponent
    return f",.{-exponent if isinstance(exponent, int) and exponent < 0 else 0}f"


def checked(most: int) -> int:
    """``most`` where it can be used."""
    if isinstance(most, bool) or not isinstance(most, int) or not 10 <= most <= 100_000:
        words = f"most: {most!r} is out of range; it must be a whole number from 10 to 100000"
        raise ConfigError(words, argument="most")
    return most


def bars_figure(bars: Bars, start: Any, end: Any, most: int, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.Bars.plot`."""
    candles = Candles(_native.bars_candles(bars._native, start, end, checked(most)), bars)
    clock = Clock("UTC", candles.frame["time"])
    title = f"{bars.symbol}: price and volume"
    fig = look.figure(template, title, candles.words, height=580, foot=64)
    price, volume = look.panels([3, 1])
    candles.draw_price(fig, clock, muted=False)
    candles.draw_volume(fig, clock, "y2")
    fig.update_layout(
        hovermode="x unified",
        hoversubplots="axis",
        xaxis=candles.axis(clock, "y2"),
        yaxis={"domain": price, "title": {"text": "Price"}, "hoverformat": candles.price_format},
        yaxis2={"domain": volume, "title": {"text": "Volume"}, "rangemode": "tozero"},
    )
    return fig if candles.frame.height else look.empty(fig, "No bar opens in this span")
