"""What all figures share: colours, titles, axes, and plotly itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from tickstep.errors import ConfigError

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Template", "figure", "none", "objects", "panels"]

Template: TypeAlias = "str | go.layout.Template | None"
"""Name of a template of plotly, such as ``"plotly_dark"``, or one of your own."""

# Told apart with any kind of colour vision, on white and on black (after Okabe and Ito).
LINE = "#3d8fd1"
OTHER = "#e08a1e"
GAIN = "#009e73"
LOSS = "#d55e00"
FAINT = "#8492a6"
RISING = "#a3afbe"
FALLING = "#6d7989"
SHADE = "rgba(132, 146, 166, 0.16)"
LINE_SHADE = "rgba(61, 143, 209, 0.18)"
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
    template: Template, title: str, below: str = "", *, height: int = 420, legend: bool = True
) -> go.Figure:
    """An empty figure with its title, and a line of smaller print below it."""
    go = objects()
    layout = {
        "title": {
            "text": title,
            "subtitle": {"text": below},
            "x": 0.0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1.0,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 14},
        },
        "height": height,
        "margin": {"l": 70, "r": 24, "t": 96 if legend else 76, "b": 50},
        "showlegend": legend,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
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


def none(fig: go.Figure, words: str, *, x: str = "x domain", y: str = "y domain") -> None:
    """Says in a panel why it is empty."""
    fig.add_annotation(
        text=words, x=0.5, y=0.5, xref=x, yref=y, showarrow=False, font={"size": 14, "color": FAINT}
    )
