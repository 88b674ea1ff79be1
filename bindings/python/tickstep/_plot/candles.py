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
    import polars as pl

    from tickstep._bars import Bars

__all__ = ["Candles", "bars_figure", "checked"]

MARKED = 300
"""Most volume spikes that are marked, the strongest."""


class Candles:
    """Candles short enough to draw, and how they are spoken of."""

    def __init__(self, drawn: tuple[Any, int, float], bars: Bars) -> None:
        import polars as pl

        table, length, self.multiple = drawn
        self.frame = pl.DataFrame(table)
        self.length_ms = length // 1_000_000
        self.bars = bars
        self.length = _native.span_text(timedelta(microseconds=length // 1000))
        spiked = self.frame.filter(pl.col("volume_ratio").is_not_null())
        self.spikes = spiked.height
        self.marked = spiked.top_k(MARKED, by="volume_ratio").sort("time")

    @property
    def price_format(self) -> str:
        """How prices are printed: with the decimals of the tick size."""
        return number_format(self.bars.tick_size)

    @property
    def words(self) -> str:
        """What the candles are, such as ``candles of 1h made of bars of 1m``."""
        native = self.bars._native.interval_words
        if not self.frame.height:
            return f"no bar of {native} is in this span"
        return f"bars of {native}" if native == self.length else f"{self.length} candles of {native} bars"

    @property
    def spike_words(self) -> str:
        """Which spikes are marked."""
        at_least = f"{self.multiple:g} times the usual"
        if self.spikes > self.marked.height:
            return f"Volume spike (at least {at_least}; strongest {self.marked.height} of {self.spikes})"
        return f"Volume spike (at least {at_least})"

    def _period(self, clock: Clock) -> dict[str, Any]:
        # A candle stands in the middle of its time, not on its open.
        x = clock(self.frame["time"])
        return {"x": x, "xperiod": self.length_ms, "xperiodalignment": "middle"} | (
            {"xperiod0": str(x[0])} if len(x) else {}
        )

    def draw_price(self, fig: go.Figure, clock: Clock, yaxis: str, muted: bool) -> None:
        """Adds the candles; muted ones leave colour to what is drawn over them."""
        up, down = (look.RISING, look.FALLING) if muted else (look.GAIN, look.LOSS)
        prices = {name: self.frame[name].to_numpy() for name in ("open", "high", "low", "close")}
        fig.add_candlestick(
            **self._period(clock),
            **prices,
            yaxis=yaxis,
            name=self.bars.symbol,
            increasing={"line": {"color": up, "width": 1}, "fillcolor": up},
            decreasing={"line": {"color": down, "width": 1}, "fillcolor": down},
        )

    def draw_volume(self, fig: go.Figure, clock: Clock, yaxis: str) -> None:
        """Adds the volume of each candle, and a mark over the strongest spikes."""
        fig.add_bar(
            **self._period(clock),
            y=self.frame["volume"].to_numpy(),
            yaxis=yaxis,
            name="Volume",
            marker={"color": look.FAINT, "line": {"width": 0}},
            showlegend=False,
            hovertemplate="%{x}<br>volume %{y:,.6~g}<extra></extra>",
        )
        if not self.marked.height:
            return
        ratios = self.marked["volume_ratio"].to_list()
        fig.add_scatter(
            x=clock(self.marked["spike_time"]),
            y=self.marked["volume"].to_numpy(),
            yaxis=yaxis,
            mode="markers",
            name=self.spike_words,
            marker={"color": look.OTHER, "size": 5, "symbol": "circle"},
            text=[f"{ratio:.1f}" for ratio in ratios],
            hovertemplate="spike at %{x}<br>%{text} times the usual volume<extra></extra>",
        )


def number_format(step: Decimal) -> str:
    """A number format of d3 with as many decimals as a step has."""
    exponent = step.normalize().as_tuple().exponent
    return f",.{-exponent if isinstance(exponent, int) and exponent < 0 else 0}f"


def checked(most: int) -> int:
    """``most`` where it can be used."""
    if isinstance(most, bool) or not isinstance(most, int) or not 10 <= most <= 100_000:
        words = f"most: {most!r} is out of range; it must be a whole number from 10 to 100000"
        raise ConfigError(words, argument="most")
    return most


def time_axis(clock: Clock, anchor: str) -> dict[str, Any]:
    """The axis of times, with a line through all panels at the pointer."""
    return {
        "type": "date",
        "title": {"text": clock.title},
        "anchor": anchor,
        "rangeslider": {"visible": False},
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": look.FAINT,
        "hoverformat": "%Y-%m-%d %H:%M",
    }


def bars_figure(
    bars: Bars, start: Any, end: Any, most: int, template: look.Template
) -> go.Figure:
    """Price as candles, and volume with its spikes."""
    candles = Candles(_native.bars_candles(bars._native, start, end, checked(most)), bars)
    clock = Clock("UTC", candles.frame["time"])
    fig = look.figure(template, f"{bars.symbol}: price and volume", candles.words, height=560)
    price, volume = look.panels([3, 1])
    candles.draw_price(fig, clock, "y", muted=False)
    candles.draw_volume(fig, clock, "y2")
    fig.update_layout(
        xaxis=time_axis(clock, "y2"),
        yaxis={"domain": price, "title": {"text": "Price"}, "hoverformat": candles.price_format},
        yaxis2={"domain": volume, "title": {"text": "Volume"}, "rangemode": "tozero"},
    )
    if not candles.frame.height:
        look.none(fig, "No bar is in this span")
    return fig
