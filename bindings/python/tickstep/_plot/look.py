"""What all figures share: colours, titles, panels, and plotly itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tickstep._run import Run

__all__ = [
    "Template",
    "count",
    "empty",
    "figure",
    "heading",
    "none",
    "objects",
    "panels",
    "run_figures",
    "signed",
]

Template: TypeAlias = "str | go.layout.Template | None"
"""Name of a template of plotly, such as ``"plotly_dark"``, or one of your own."""

# Told apart with any kind of colour vision, on white and on black (after Okabe and Ito).
LINE = "#3d8fd1"
OTHER = "#e08a1e"
GAIN = "#009e73"
LOSS = "#d55e00"
FAINT = "#8492a6"
RISING = "#a3afbe"
FALLING = "#66758a"
SHADE = "rgba(132, 146, 166, 0.16)"
GAIN_SHADE = "rgba(0, 158, 115, 0.22)"
LOSS_SHADE = "rgba(213, 94, 0, 0.22)"
SERIES = (LINE, OTHER, GAIN, "#cc79a7", LOSS, "#8c7ae6", "#56b4e9", FAINT)
"""Colours of things of one kind, in order."""
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "star", "hexagon", "pentagon")

LOW_TO_HIGH = "Viridis"
"""Even to the eye, dark to bright, in print too."""


def objects() -> Any:
    """``plotly.graph_objects``; an :class:`ImportError` that says how to install it."""
    try:
        return import_module("plotly.graph_objects")
    except ImportError as error:
        raise ImportError(
            "figures need plotly, which is not installed: pip install tickstep[plot]"
        ) from error


def figure(
    template: Template,
    title: str,
    below: Sequence[str] = (),
    *,
    height: int = 420,
    foot: int = 56,
    legend: bool = True,
) -> go.Figure:
    """An empty figure: its title, lines of smaller print below it, and a legend at the foot,
    where it may take several lines; ``foot`` are the pixels of the axis above the legend."""
    go = objects()
    top = 48 + 19 * len(below)
    bottom = foot + (30 if legend else 0)
    layout = {
        "title": {
            "text": title,
            "subtitle": {"text": "<br>".join(below)},
            "x": 0.0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1.0,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14},
        },
        "height": height,
        "margin": {"l": 74, "r": 24, "t": top, "b": bottom},
        "showlegend": legend,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -foot / (height - top - bottom),
            "yanchor": "top",
        },
        "hoverlabel": {"align": "left"},
        "hovermode": "closest",
    }
    if template is not None:
        layout["template"] = template
    try:
        return go.Figure(layout=layout)
    except ValueError as error:
        words = f"template: {template!r} is no template of plotly; plotly.io.templates has them"
        raise ConfigError(words, argument="template") from error


def panels(heights: Sequence[float], gap: float = 0.03) -> list[list[float]]:
    """Domains of panels above each other, the first on top, by their shares of the height."""
    room = (1.0 - gap * (len(heights) - 1)) / sum(heights)
    domains, top = [], 1.0
    for height in heights:
        bottom = max(top - height * room, 0.0)
        domains.append([bottom, top])
        top = bottom - gap
    return domains


def heading(fig: go.Figure, x: str, y: str, words: str) -> None:
    """A line above a panel, named by its axes."""
    fig.add_annotation(
        text=words,
        x=0,
        y=1,
        xref=f"{x} domain",
        yref=f"{y} domain",
        xanchor="left",
        yanchor="bottom",
        yshift=3,
        showarrow=False,
        align="left",
    )


def none(fig: go.Figure, words: str, x: str = "x", y: str = "y") -> None:
    """Says in a panel, named by its axes, why it is empty."""
    fig.add_annotation(
        text=words,
        x=0.5,
        y=0.5,
        xref=f"{x} domain",
        yref=f"{y} domain",
        showarrow=False,
        font={"size": 14, "color": FAINT},
    )


def empty(fig: go.Figure, words: str) -> go.Figure:
    """A figure without anything to draw: it says why, and shows no axis."""
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    fig.update_layout(showlegend=False, plot_bgcolor="rgba(0, 0, 0, 0)")
    fig.add_annotation(
        text=words,
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 16, "color": FAINT},
    )
    return fig


def count(of: int, noun: str) -> str:
    """A number of things in words."""
    return f"{of:,} {noun}{'' if of == 1 else 's'}"


def signed(value: float | None, spec: str) -> str:
    """A figure in print; nothing where it has no value."""
    return "no value" if value is None else format(value, spec).replace("-", "\u2212")


def run_figures(run: Run, labels: Sequence[str]) -> str:
    """Figures of a run in a line, such as ``Return −14.14 %, Sharpe Ratio −23.68``."""
    parts = []
    for label in labels:
        metric = run.stats.metric(label)
        shown = metric.shown if isinstance(metric.shown, int | float) else None
        unit = " %" if metric.unit == "%" and shown is not None else ""
        parts.append(f"{label.removesuffix(' [%]')} {signed(shown, ',.2f')}{unit}")
    return ", ".join(parts)
