"""How far the best set of a search is to be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._plot import look
from tickstep._plot.histogram import draw_histogram
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._validation import Validation

__all__ = ["validation_figure"]

NAMES = {
    "deflated": "Deflated Sharpe ratio",
    "pbo": "Probability of overfitting",
    "random_p": "p-value, random entries",
    "plateau": "Neighbours with half the edge",
}


def validation_figure(of: Validation | None, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.Validation.plot`."""
    if of is None:
        raise ConfigError(
            "a shard is not judged; join all shards, which are judged then", argument="shard"
        )
    words = of.verdict.words
    fig = look.figure(
        template, "How far the best set is to be believed", [words], height=900, legend=False
    )
    fig.update_layout(margin={"t": 100, "l": 216})
    _rules(fig, of)
    _bands(fig, of)
    _logits(fig, of)
    _paths(fig, of)
    rows = {"type": "category", "autorange": "reversed", "showgrid": False}
    axes: dict[str, Any] = {
        "xaxis": {"range": [-0.03, 1.03], "title": {"text": "Found, from 0 to 1"}},
        "yaxis": rows,
        "xaxis2": {"title": {"text": "Share of equity"}, "tickformat": ".3~%"},
        "yaxis2": rows,
        "xaxis3": {"title": {"text": "Logit of the rank out of sample"}},
        "yaxis3": {"title": {"text": "Splits"}},
        "xaxis4": {"title": {"text": "Annual Sharpe ratio"}},
        "yaxis4": {"visible": False, "range": [-1, 1]},
    }
    for tag, domain in zip(("", "2", "3", "4"), look.panels([4, 3, 3.5, 1.2], 0.11), strict=True):
        axes[f"xaxis{tag}"] |= {"anchor": f"y{tag}"}
        axes[f"yaxis{tag}"] = {**axes[f"yaxis{tag}"], "anchor": f"x{tag}", "domain": domain}
    fig.update_layout(axes)
    return fig


def _rules(fig: go.Figure, of: Validation) -> None:
    look.heading(fig, "x", "y", "What was found (marks) and what is asked for (shaded)")
    asked, _ = _native.judged_by()
    figures = (of.deflated_sharpe, of.pbo, of.random_p, of.plateau)
    rows = list(zip(asked, figures, strict=True))
    fig.add_scatter(
        x=[value for _, value in rows],
        y=[NAMES[name] for (name, _, _), _ in rows],
        mode="markers",
        name="Found",
        showlegend=False,
        marker={
            "size": 13,
            "symbol": ["circle" if _holds(rule, value) else "x" for rule, value in rows],
            "color": [look.GAIN if _holds(rule, value) else look.LOSS for rule, value in rows],
        },
        text=[_asked(rule) for rule, _ in rows],
        hovertemplate="%{y} %{x:.3f}<br>%{text}<extra></extra>",
    )
    for at, ((_, bound, at_least), value) in enumerate(rows):
        fig.add_shape(
            type="rect",
            x0=bound if at_least else 0,
            x1=1 if at_least else bound,
            y0=at - 0.3,
            y1=at + 0.3,
            fillcolor=look.GAIN_SHADE,
            line={"width": 0},
            layer="below",
        )
        if value is None:
            fig.add_annotation(
                text="no value", x=0.5, y=at, showarrow=False, font={"color": look.FAINT}
            )


def _holds(rule: tuple[str, float, bool], value: float | None) -> bool:
    _, bound, at_least = rule
    return value is not None and (value >= bound if at_least else value <= bound)


def _asked(rule: tuple[str, float, bool]) -> str:
    _, bound, at_least = rule
    return f"{bound:g} or {'more' if at_least else 'less'} is asked for"


def _paths(fig: go.Figure, of: Validation) -> None:
    paths = of.paths
    if paths is None:
        look.none(fig, "There is no cross-validation", "x4", "y4")
        return
    sharpes = [sharpe for sharpe in paths.sharpes if sharpe is not None]
    below = "" if paths.below_zero is None else f", {paths.below_zero:.0%} below zero"
    look.heading(fig, "x4", "y4", f"{len(sharpes)} histories by cross-validation{below}")
    fig.add_scatter(
        x=sharpes,
        y=[0] * len(sharpes),
        xaxis="x4",
        yaxis="y4",
        mode="markers",
        name="Path",
        showlegend=False,
        marker={
            "size": 14,
            "color": [look.GAIN if sharpe > 0 else look.LOSS for sharpe in sharpes],
            "opacity": 0.6,
        },
        hovertemplate="annual Sharpe ratio %{x:.2f}<extra></extra>",
    )


def _logits(fig: go.Figure, of: Validation) -> None:
    pbo = of.overfitting
    if pbo is None:
        look.none(fig, "Overfitting is not told", "x3", "y3")
        return
    share = f"{pbo.probability:.0%}"
    look.heading(fig, "x3", "y3", f"How the best set of one half ranks in the other: lower half in {share} of splits")
    _, width = _native.judged_by()
    counts = list(pbo.logits)
    histogram = {
        "from": -width * (len(counts) // 2),
        "width": width,
        "counts": counts,
        "below": True,
        "above": True,
    }
    draw_histogram(fig, histogram, "x3", "y3", "splits", lambda edge: edge >= 0)


def _bands(fig: go.Figure, of: Validation) -> None:
    drawn = of.monte_carlo
    if drawn is None:
        look.none(fig, "Nothing was drawn anew", "x2", "y2")
        return
    look.heading(fig, "x2", "y2", "What else could have come of its days and trades: 5th, 50th and 95th percentile")
    rows: list[tuple[str, Any]] = []
    if drawn.days is not None:
        rows.append(("Return, days drawn anew", drawn.days.total))
        rows.append(("Max. drawdown, days drawn anew", drawn.days.max_drawdown))
    if drawn.shuffled is not None:
        rows.append(("Max. drawdown, trades shuffled", drawn.shuffled.max_drawdown))
    for name, band in rows:
        if band.p5 is None or band.p50 is None or band.p95 is None:
            continue
        fig.add_scatter(
            x=[band.p5, band.p50, band.p95],
            y=[name] * 3,
            xaxis="x2",
            yaxis="y2",
            mode="lines+markers",
            name=name,
            showlegend=False,
            line={"color": look.LINE, "width": 5},
            marker={
                "opacity": 1,
                "size": [11, 15, 11],
                "symbol": ["line-ns-open", "diamond", "line-ns-open"],
                "color": [look.LINE, look.OTHER, look.LINE],
                "line": {"width": [3, 0, 3], "color": look.LINE},
            },
            text=["5th percentile", "median", "95th percentile"],
            hovertemplate=f"{name}<br>%{{text}} %{{x:.2%}}<extra></extra>",
        )
