"""The figures of a run that are looked at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

__all__ = ["Group", "first_figures", "first_lines"]

Group: TypeAlias = "tuple[str, list[tuple[str, str]]]"
"""A title, labels and values in print."""

_FIRST = {
    "Does it pay": (
        "# Trades",
        "Gross Edge [bps a trade]",
        "Costs [bps a trade]",
        "Net [bps a trade]",
        "Break-even Cost [bps a side]",
        "Win Rate [%]",
        "Profit Factor",
        "Expectancy",
    ),
    "Result": (
        "Return [%]",
        "Buy & Hold Return [%]",
        "CAGR [%]",
        "Equity Final",
        "Fees Paid",
        "Slippage Paid",
        "Exposure Time [%]",
        "Turnover",
    ),
    "Risk": (
        "Max. Drawdown [%]",
        "Max. Drawdown Duration",
        "Volatility (Ann.) [%]",
        "Sharpe Ratio",
        "Sortino Ratio",
        "Calmar Ratio",
        "Probabilistic Sharpe Ratio",
        "Deflated Sharpe Ratio",
    ),
}
"""What is looked at first."""


def first_figures(groups: Sequence[Group]) -> list[Group]:
    """The figures that are looked at first, under their titles."""
    printed = {label: value for _, rows in groups for label, value in rows}
    return [
        (title, [(label, printed[label]) for label in labels if label in printed])
        for title, labels in _FIRST.items()
    ]


def first_lines(groups: Sequence[Group]) -> list[str]:
    """The same as lines of text, groups beside each other."""
    blocks = []
    for title, rows in first_figures(groups):
        labels = max(len(label) for label, _ in rows)
        values = max(len(value) for _, value in rows)
        lines = [f"{label:<{labels}}  {value:>{values}}" for label, value in rows]
        blocks.append([f"{title.upper():<{len(lines[0])}}", *lines])
    height = max(len(block) for block in blocks)
    blocks = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return ["   ".join(beside).rstrip() for beside in zip(*blocks, strict=True)]
