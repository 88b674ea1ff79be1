"""How far the best set of a search is to be believed, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep._plot import look
from tickstep._plot.candles import time_axis
from tickstep._plot.clock import Clock
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._validation import Validation, WalkForward

__all__ = ["validation_figure", "walk_forward_figure"]

LOGIT_WIDTH = 0.5


def walk_forward_figure(walked: WalkForward | None, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.WalkForward.plot`."""
    if walked is None:
        raise ConfigError(
            "the search was not walked forward; give walk_forward={'train_days': 60, 'test_days': 20}",
            argument="walk_forward",
        )
    windows, days = walked.windows, walked.days
    title = "Walk forward: each best set held to what came next"
    below = (
        f"annual Sharpe ratio {_figure(walked.in_sample_sharpe)} in training, "
        f"{_figure(walked.out_of_sample_sharpe)} in the tests"
    )
    fig = look.figure(template, title, below, height=620)
    top, bottom = look.panels([3, 2], gap=0.16)
    clock = Clock("UTC", days["end"])
    curves = (
        ("outside", "Sets chosen on the past alone", look.LINE, "solid"),
        ("inside", "Best set of the whole search, known afterwards", look.FAINT, "dot"),
    )
    for column, name, colour, dash in curves:
        fig.add_scatter(
            x=clock(days["end"]),
            y=days[column].to_list(),
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 1.8},
            hovertemplate="%{x}<br>%{y:.4f} of the start<extra></extra>",
        )
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
    names = [f"{a:%Y-%m-%d}<br>to {b:%Y-%m-%d}" for a, b in windows.select("test_start", "test_end").iter_rows()]
    for side, name, colour in (
        ("inside", "In training", look.FAINT),
        ("outside", "In the test", look.LINE),
    ):
        fig.add_bar(
            x=names,
            y=windows[f"{side}_sharpe"].to_list(),
            xaxis="x2",
            yaxis="y2",
            name=name,
            marker={"color": colour},
            hovertext=_legs(windows, side),
            hovertemplate="%{hovertext}<extra></extra>",
        )
    fig.update_layout(
        xaxis=time_axis(clock, "y"),
        yaxis={"domain": top, "title": {"text": "Equity, 1 at the start"}},
        xaxis2={"type": "category", "anchor": "y2", "title": {"text": "Test window, UTC"}},
        yaxis2={"domain": bottom, "anchor": "x2", "title": {"text": "Annual Sharpe ratio"}},
        barmode="group",
    )
    if not windows.height:
        look.none(fig, "There is no window")
    return fig


def _legs(windows: Any, side: str) -> list[str]:
    lines = []
    for row in windows.iter_rows(named=True):
        if row["set"] is None:
            lines.append("no set was chosen")
            continue
        of = (row["values"] or "").replace("strategy.params.", "").replace(" ", "<br>")
        lines.append(
            f"set {row['set']}<br>{of}<br>Sharpe {_figure(row[f'{side}_sharpe'])}, "
            f"{row[f'{side}_trades'] or 0:,} trades, return {row[f'{side}_total_return'] or 0:+.2%}"
        )
    return lines


def _figure(value: float | None) -> str:
    return "no value" if value is None else f"{value:.2f}".replace("-", "\u2212")


def validation_figure(of: Validation | None, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.Validation.plot`."""
    if of is None:
        raise ConfigError("a shard is not judged; join all shards", argument="shard")
    fig = look.figure(template, "How far the best set is to be believed", of.verdict.words, height=640)
    top, bottom = look.panels([1, 1], gap=0.2)
    _logits(fig, of)
    _paths(fig, of)
    _bands(fig, of)
    fig.update_layout(
        xaxis={"domain": [0, 0.46], "anchor": "y", "title": {"text": "Logit of the rank out of sample"}},
        yaxis={"domain": top, "anchor": "x", "title": {"text": "Splits of the history"}},
        xaxis2={"domain": [0.56, 1], "anchor": "y2", "title": {"text": "Annual Sharpe ratio of a path"}},
        yaxis2={"domain": top, "anchor": "x2", "visible": False, "range": [-1, 1]},
        xaxis3={"domain": [0.3, 1], "anchor": "y3", "title": {"text": "Share of the starting equity"}, "tickformat": ".1%"},
        yaxis3={"domain": bottom, "anchor": "x3", "type": "category", "autorange": "reversed"},
    )
    return fig


def _logits(fig: go.Figure, of: Validation) -> None:
    pbo = of.overfitting
    if pbo is None:
        look.none(fig, "Not judged: overfitting")
        return
    middle = len(pbo.logits) // 2
    edges = [(at - middle) * LOGIT_WIDTH for at in range(len(pbo.logits))]
    fig.add_bar(
        x=edges,
        y=pbo.logits,
        offset=0,
        width=LOGIT_WIDTH,
        name="Probability of overfitting",
        marker={"color": [look.LOSS if edge < 0 else look.GAIN for edge in edges]},
        showlegend=False,
        hovertemplate="from %{x}<br>%{y:,} splits<extra></extra>",
    )


def _paths(fig: go.Figure, of: Validation) -> None:
    paths = of.paths
    if paths is None:
        look.none(fig, "Not judged: paths", x="x2 domain", y="y2 domain")
        return
    sharpes = [sharpe for sharpe in paths.sharpes if sharpe is not None]
    fig.add_scatter(
        x=sharpes,
        y=[0] * len(sharpes),
        xaxis="x2",
        yaxis="y2",
        mode="markers",
        marker={"size": 12, "color": look.LINE, "opacity": 0.6},
        showlegend=False,
        hovertemplate="%{x:.2f}<extra></extra>",
    )


def _bands(fig: go.Figure, of: Validation) -> None:
    drawn = of.monte_carlo
    if drawn is None:
        look.none(fig, "Not judged: resampled", x="x3 domain", y="y3 domain")
        return
    rows = []
    if drawn.days is not None:
        rows.append(("Total return, days drawn anew", drawn.days.total))
        rows.append(("Max. drawdown, days drawn anew", drawn.days.max_drawdown))
    if drawn.shuffled is not None:
        rows.append(("Max. drawdown, trades in another order", drawn.shuffled.max_drawdown))
    for name, band in rows:
        fig.add_scatter(
            x=[band.p5, band.p95],
            y=[name, name],
            xaxis="x3",
            yaxis="y3",
            mode="lines",
            line={"color": look.LINE, "width": 6},
            showlegend=False,
            hovertemplate="%{y}<br>%{x:.2%}<extra></extra>",
        )
        fig.add_scatter(
            x=[band.p50],
            y=[name],
            xaxis="x3",
            yaxis="y3",
            mode="markers",
            marker={"color": look.OTHER, "size": 10},
            showlegend=False,
            hovertemplate="%{y}<br>median %{x:.2%}<extra></extra>",
        )
