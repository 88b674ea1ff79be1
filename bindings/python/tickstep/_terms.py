"""Costs and sizes, as arguments are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

__all__ = [
    "FixedNotional",
    "FixedQuantity",
    "Kelly",
    "Number",
    "Risk",
    "Sizing",
    "Slippage",
    "bps",
    "ticks",
]

Number: TypeAlias = int | float | Decimal | str
"""A number; a float counts as its shortest decimal text, a text is exact."""


@dataclass(frozen=True)
class Slippage:
    """What an aggressive fill is worse by; made by :func:`ticks` and :func:`bps`."""

    unit: str
    amount: Number

    def _config(self) -> dict[str, Number]:
        return {self.unit: self.amount}


def ticks(count: int) -> Slippage:
    """Slippage of so many ticks a fill."""
    return Slippage("ticks", count)


def bps(amount: Number) -> Slippage:
    """Slippage of so many basis points of the price a fill."""
    return Slippage("bps", amount)


class Sizing:
    """How large an entry is."""

    _method: ClassVar[str]

    def _config(self) -> dict[str, Any]:
        return {"method": self._method, **self.__dict__}


@dataclass(frozen=True)
class FixedNotional(Sizing):
    """Entries worth the same amount of the quote currency."""

    notional: Number
    _method: ClassVar[str] = "fixed_notional"


@dataclass(frozen=True)
class FixedQuantity(Sizing):
    """Entries of the same quantity, base units."""

    quantity: Number
    _method: ClassVar[str] = "fixed_quantity"


@dataclass(frozen=True)
class Risk(Sizing):
    """Entries that lose the same fraction of equity at their stop."""

    risk_fraction: Number = 0.01
    max_margin_use: Number = 0.5
    _method: ClassVar[str] = "risk"


@dataclass(frozen=True)
class Kelly(Sizing):
    """Entries sized by the Kelly fraction of the last trades, capped by the risk given."""

    kelly_window: int = 50
    risk_fraction: Number = 0.01
    max_margin_use: Number = 0.5
    _method: ClassVar[str] = "kelly"
