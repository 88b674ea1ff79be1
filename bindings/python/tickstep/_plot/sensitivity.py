"""What a step of each parameter does to a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickstep._plot import look
from tickstep._plot.surface import Labelled

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._found import SweepResult

__all__ = ["sensitivity_figure"]

ACROSS = 3
PIXELS = 210
AXIS = 62
"""Height of a panel with its axis, and of the axis."""
LINES = (
    ("median", "Median of all sets with that value", look.FAINT, "dot", "circle-open"),
    ("objective", "All other parameters as at the best set", look.LINE, "solid", "circle"),
)


def sensitivity_figure(
    found: SweepResult, metric: str | None, template: look.Template
) -> go.Figure:
    """The figure of :meth:`tickstep.SweepResult.plot_sensitivity`."""
    import polars as pl

    steps = found.sensitivity(metric)
    shares = dict(found.influence(metric).iter_rows())
    label = Labelled(found.label(metric))
    # Influence is told the largest first; a parameter without a share comes last.
    names = [name for name in shares if name in set(steps["parameter"])]
    names += [n for n in steps["parameter"].unique(maintain_order=True) if n not in shares]
    across = min(ACROSS, max(1, len(names)))
    down = max(1, -(-len(names) // across))
    title = f"{label.name}: what a step of each parameter does"
    below = "In brackets the share of its variance that the parameter explains alone"
    fig = look.figure(template, title, [below], height=170 + PIXELS * down)
    places = _Places(across, down)
    for at, name in enumerate(names):
        panel = _Panel(fig, at, name, label)
        panel.draw(steps.filter(pl.col("parameter") == name))
        panel.place(places, shares.get(name))
    return fig if names else look.empty(fig, "No set is ranked")


class _Places:
    """Panels in rows."""

    def __init__(self, across: int, down: int) -> None:
        # Room for an axis with its title between rows.
        self.across, self.wide, self.high = across, 0.06, AXIS / (PIXELS * down)
        self.width = (1 - self.wide * (across - 1)) / across
        self.height = (1 - self.high * (down - 1)) / down

    def domains(self, at: int) -> tuple[list[float], list[float]]:
        row, column = divmod(at, self.across)
        left = column * (self.width + self.wide)
        bottom = max(1 - row * (self.height + self.high) - self.height, 0.0)
        return [left, min(left + self.width, 1.0)], [bottom, min(bottom + self.height, 1.0)]


class _Panel:
    def __init__(self, fig: go.Figure, at: int, name: str, label: Labelled) -> None:
        self.fig, self.at, self.name, self.label = fig, at, name, label
        self.tag = "" if at == 0 else str(at + 1)

    def draw(self, steps: pl.DataFrame) -> None:
        import polars as pl

        on = {"xaxis": f"x{self.tag}", "yaxis": f"y{self.tag}", "showlegend": self.at == 0}
        said = f"{self.name} %{{x}}<br>{self.label.name} %{{y:{self.label.format}}}<extra></extra>"
        for measure, words, colour, dash, symbol in LINES:
            self.fig.add_scatter(
                x=steps["value"].to_list(),
                y=steps[measure].to_list(),
                mode="lines+markers",
                name=words,
                legendgroup=measure,
                line={"color": colour, "dash": dash, "width": 1.8},
                marker={"symbol": symbol, "size": 7, "color": colour},
                hovertemplate=f"{words}<br>{said}",
                **on,
            )
        best = steps.filter(pl.col("is_best"))
        if best.height:
            self.fig.add_scatter(
                x=best["value"].to_list(),
                y=best["objective"].to_list(),
                mode="markers",
                name="Best set",
                legendgroup="best",
                marker={"symbol": "star", "size": 14, "color": look.OTHER},
                hovertemplate=f"Best set<br>{said}",
                **on,
            )
        self.values = steps["value"].to_list()

    def place(self, places: _Places, share: float | None) -> None:
        x, y = places.domains(self.at)
        said = self.name if share is None else f"{self.name} ({share:.0%})"
        first = self.at % places.across == 0
        yaxis = {
            "domain": y,
            "anchor": f"x{self.tag}",
            "tickformat": self.label.format,
            "showticklabels": first,
            **({"title": {"text": self.label.name}} if first else {}),
            **({"matches": "y"} if self.at else {}),
        }
        xaxis = {
            "type": "category",
            "domain": x,
            "anchor": f"y{self.tag}",
            "title": {"text": said, "standoff": 6},
            "categoryorder": "array",
            "categoryarray": self.values,
        }
        self.fig.update_layout({f"xaxis{self.tag}": xaxis, f"yaxis{self.tag}": yaxis})
