"""Counts in bars of one width."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tickstep._plot import look

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["draw_histogram"]


def draw_histogram(
    fig: go.Figure,
    of: dict[str, Any],
    xaxis: str,
    yaxis: str,
    counted: str,
    is_good: Callable[[float], bool] | None = None,
) -> None:
    """Adds a histogram as Rust counts it: ``from``, ``width``, ``counts``, and whether the outer
    bars hold what lies ``below`` and ``above`` as well. ``is_good`` colours a bar by its lower
    border."""
    edges = [of["from"] + of["width"] * at for at in range(len(of["counts"]) + 1)]
    words = [
        f"{look.signed(low, ',.6g')} to {look.signed(high, ',.6g')}"
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    ]
    if words and of["below"]:
        words[0] += " and below"
    if words and of["above"]:
        words[-1] += " and above"
    colours: Any = look.FAINT
    if is_good is not None:
        colours = [look.GAIN if is_good(edge) else look.LOSS for edge in edges[:-1]]
    fig.add_bar(
        x=edges[:-1],
        y=of["counts"],
        offset=0,
        width=of["width"],
        xaxis=xaxis,
        yaxis=yaxis,
        name=counted.capitalize(),
        showlegend=False,
        marker={"color": colours},
        text=words,
        textposition="none",
        hovertemplate=f"%{{text}}<br>%{{y:,}} {counted}<extra></extra>",
    )
