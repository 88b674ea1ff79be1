"""Costs and sizes, as arguments are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from os import PathLike, fspath
from typing import Any, ClassVar, Literal, TypeAlias

from tickstep import _native
from tickstep.errors import ConfigError

__all__ = [
    "Convert",
    "Duration",
    "FixedNotional",
    "FixedQuantity",
    "Funding",
    "Kelly",
    "Number",
    "Risk",
    "Sizing",
    "Slippage",
    "Terms",
    "bps",
    "plain",
    "seconds",
    "ticks",
    "written",
]

Number: TypeAlias = int | float | Decimal | str
"""A number; a float counts as its shortest decimal text, a text is exact."""

Duration: TypeAlias = int | str | timedelta
"""A length of time: seconds, a ``timedelta``, or a word such as ``"90s"``, ``"5m"``, ``"1h"``."""


def plain(value: Any) -> Any:
    """An argument as a configuration has it."""
    return value._config() if hasattr(value, "_config") else value


def seconds(duration: Duration, argument: str = "duration") -> int:
    """Whole seconds of a length of time.

    >>> seconds("5m"), seconds(timedelta(hours=1)), seconds(90)
    (300, 3600, 90)
    """
    return _native.seconds(duration, argument)


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


@dataclass(frozen=True)
class Funding:
    """Funding or swap that open positions pay: a rate at regular times, or a file of rates.

    ``Funding(rate=0.0001, every="8h")`` charges longs 1 bp of notional every eight hours since
    1970 and pays it to shorts; ``Funding(file="rates.csv")`` takes a CSV or JSON of times and
    rates, looked for in the current folder.
    """

    rate: Number | None = None
    """Fraction of notional, above -1 and below 1."""
    every: Duration | None = None
    """Time between payments."""
    file: str | PathLike[str] | None = None
    """File of rates."""
    partial: bool | None = None
    """The file may cover a part of the data."""

    def _config(self) -> dict[str, Any]:
        return {
            "rate": self.rate,
            "every_s": None if self.every is None else _native.seconds(self.every, "every"),
            "file": None if self.file is None else fspath(self.file),
            "partial": self.partial,
        }


def written(argument: str, value: Any) -> Any:
    """An argument of the account or of an instrument as a configuration has it."""
    kind, example = _MADE_BY.get(argument, (object, ""))
    if value is not None and not isinstance(value, (kind, Mapping)):
        raise ConfigError(
            f"{argument}: {value!r} is not allowed; write {example}", argument=argument
        )
    return plain(value)


@dataclass(frozen=True)
class Convert:
    """How money of the quote currency becomes money of the account.

    ``Convert("EURUSD", "multiply")`` multiplies by the price of another instrument of the
    run; ``"divide"`` divides by it.
    """

    via: str
    method: Literal["multiply", "divide"]

    def _config(self) -> dict[str, Any]:
        return {"via": self.via, "method": self.method}


@dataclass(frozen=True)
class Terms:
    """Terms of one instrument, where they differ from the account's arguments."""

    maker_fee: Number | None = None
    """Fee of a resting fill, a fraction of notional."""
    taker_fee: Number | None = None
    """Fee of an aggressive fill, a fraction of notional."""
    slippage: Slippage | None = None
    """What an aggressive fill is worse by."""
    leverage: Number | None = None
    """Notional over required margin."""
    maintenance_margin: Number | None = None
    """Fraction of notional below which a position is liquidated."""
    lot_step: Number | None = None
    """Quantity step."""
    contract_size: Number | None = None
    """Base units in one unit of quantity."""
    min_qty: Number | None = None
    """Smallest quantity of an order."""
    min_notional: Number | None = None
    """Smallest value of an order, quote currency."""
    quote: str | None = None
    """Quote currency; the account's when absent."""
    convert: Convert | None = None
    """How quote money becomes account money, where the currencies differ."""
    funding: Funding | None = None
    """Funding or swap that open positions pay."""

    def _config(self) -> dict[str, Any]:
        stated = {key: value for key, value in self.__dict__.items() if value is not None}
        return {key: written(key, value) for key, value in stated.items()}


_MADE_BY: dict[str, tuple[type, str]] = {
    "slippage": (Slippage, "ts.ticks(1) or ts.bps(0.5)"),
    "sizing": (
        Sizing,
        "ts.FixedNotional(10_000), ts.FixedQuantity(1), ts.Risk(0.01) or ts.Kelly()",
    ),
    "funding": (Funding, 'ts.Funding(rate=0.0001, every="8h") or ts.Funding(file="rates.csv")'),
    "convert": (Convert, 'ts.Convert("EURUSD", "multiply")'),
}
"""Arguments that are made by a class, and how each is written."""
