"""What each month gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickstep._plot import look

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._run import Run

__all__ = ["monthly_figure"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FEW = 24
"""Up to so many months are bars; more are a table of a row a year."""


def monthly_figure(run: Run, template: look.Template) -> go.Figure:
    """The figure of :meth:`tickstep.Run.plot_monthly`."""
    months = run.monthly()
    zone = run.config["account"]["time_zone"]
    title = f"Return by month of {', '.join(run.symbols)}"
    below = f"Of equity, from month end to month end, {zone}"
    fig = look.figure(template, title, [below], height=400, foot=36, legend=False)
    draw = _bars if months.height <= FEW else _table
    return draw(months, run.currency, fig)


def _words(months: pl.DataFrame, currency: str) -> list[str]:
    return [
        f"{row['month']}: {look.count(row['trades'], 'trade')}, {row['wins']:,} won<br>"
        f"before costs {look.signed(row['before_costs'], '+,.2f')} {currency}<br>"
        f"costs {look.signed(row['costs'], ',.2f')} {currency}<br>"
        f"net {look.signed(row['net_pnl'], '+,.2f')} {currency}"
        for row in months.iter_rows(named=True)
    ]


def _percent(value: float | None) -> str:
    return "" if value is None else look.signed(value, "+.2%")


def _bars(months: pl.DataFrame, currency: str, fig: go.Figure) -> go.Figure:
    values = months["return"].to_list()
    fig.add_bar(
        x=months["month"].to_list(),
        y=values,
        text=[_percent(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        width=0.6,
        hovertext=_words(months, currency),
        hovertemplate="%{hovertext}<br>return %{text}<extra></extra>",
        marker={"color": [look.LOSS if (v or 0) < 0 else look.GAIN for v in values]},
    )
    fig.update_layout(
        xaxis={"type": "category"},
        yaxis={"title": {"text": "Return"}, "tickformat": ".1%", "zeroline": True},
    )
    return fig if months.height else look.empty(fig, "No bar closes in any month")


def _table(months: pl.DataFrame, currency: str, fig: go.Figure) -> go.Figure:
    years = sorted({month[:4] for month in months["month"]})
    place = {month: (years.index(month[:4]), int(month[5:]) - 1) for month in months["month"]}
    z: list[list[Any]] = [[None] * 12 for _ in years]
    words = [[""] * 12 for _ in years]
    for month, value, said in zip(
        months["month"], months["return"], _words(months, currency), strict=True
    ):
        row, column = place[month]
        z[row][column], words[row][column] = value, said
    largest = max((abs(v) for row in z for v in row if v is not None), default=1.0) or 1.0
    fig.add_heatmap(
        x=list(MONTHS),
        y=years,
        z=z,
        zmin=-largest,
        zmax=largest,
        text=[[_percent(value) for value in row] for row in z],
        texttemplate="%{text}",
        hovertext=words,
        hovertemplate="%{hovertext}<br>return %{text}<extra></extra>",
        hoverongaps=False,
        colorscale=[[0, look.LOSS], [0.5, "#f2f2f2"], [1, look.GAIN]],
        colorbar={"tickformat": ".0%", "title": {"text": "Return"}},
        xgap=2,
        ygap=2,
    )
    fig.update_layout(
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        xaxis={"type": "category", "showgrid": False},
        height=max(260, 130 + 34 * len(years)),
    )
    return fig
