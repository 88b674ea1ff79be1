"""A strategy as a Python class, asked at every close."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

from tickstep import _native
from tickstep._features import Feature
from tickstep._slots import Anchor, Own, Slot
from tickstep._terms import Number, Sizing, Slippage
from tickstep.errors import ParamError, StrategyError

__all__ = ["ClosedTrade", "Proposal", "Strategy", "buy", "exit", "move_stop", "sell"]

Proposal: TypeAlias = (
    "_native.Entry | _native.Exit | _native.MoveStop "
    "| tuple[_native.Entry | _native.Exit | _native.MoveStop, ...] | None"
)
"""What ``on_bar`` may return."""

_BAR = ("open", "high", "low", "close", "volume")
_PLACE = ("name", "instruments", "sizing", "bracket_anchor")


def buy(
    *,
    take_profit: Number | Slippage | None = None,
    stop_loss: Number | Slippage | None = None,
    max_hold: str | timedelta | float | None = None,
    confidence: float | None = None,
    reason: Mapping[str, float] | None = None,
) -> _native.Entry:
    """Enter long at the next open; an open short position is reversed, a long one stays.

    Arguments:
        take_profit: target distance: a fraction of the entry price above 0 and below 1, or
            ``ts.ticks(n)``; none when absent.
        stop_loss: stop distance, likewise.
        max_hold: longest hold: ``"5m"``, a ``timedelta`` or seconds.
        confidence: 0 to 1, shown in ``run.decisions``.
        reason: conditions by name with their values, shown in ``run.decisions``.

    Raises:
        StrategyError: an argument cannot be used.
    """
    return _native.Entry(
        "buy",
        take_profit=take_profit,
        stop_loss=stop_loss,
        max_hold=max_hold,
        confidence=confidence,
        reason=_reason(reason),
    )


def sell(
    *,
    take_profit: Number | Slippage | None = None,
    stop_loss: Number | Slippage | None = None,
    max_hold: str | timedelta | float | None = None,
    confidence: float | None = None,
    reason: Mapping[str, float] | None = None,
) -> _native.Entry:
    """Enter short at the next open; an open long position is reversed. As :func:`buy`."""
    return _native.Entry(
        "sell",
        take_profit=take_profit,
        stop_loss=stop_loss,
        max_hold=max_hold,
        confidence=confidence,
        reason=_reason(reason),
    )


def exit(*, reason: Mapping[str, float] | None = None) -> _native.Exit:
    """Leave the open position at the next open; nothing where there is none."""
    return _native.Exit(reason=_reason(reason))


def _reason(reason: Mapping[str, float] | None) -> dict[str, float] | None:
    if reason is not None and not isinstance(reason, Mapping):
        raise StrategyError(
            f"reason: {reason!r} is not allowed; it must be names and numbers, such as "
            "{'rsi': 28.5}",
            argument="reason",
        )
    return None if reason is None else dict(reason)


def move_stop(price: float) -> _native.MoveStop:
    """Move the stop of the open position to a price, quote currency.

    It is taken only where it tightens. A price off the grid goes to the earlier trigger;
    where the close is at it or through it, the position is left at the next open. The exit
    is recorded as ``trailing_stop``.
    """
    return _native.MoveStop(price)


@dataclass(frozen=True)
class ClosedTrade:
    """A trade as ``on_trade_closed`` is told of it; prices in the quote currency, money in
    the account's."""

    side: str
    """``"long"`` or ``"short"``."""
    entry_time: datetime
    """First entry fill, UTC."""
    exit_time: datetime
    """Last exit fill, UTC."""
    entry_price: float
    exit_price: float
    gross_pnl: float
    """P&L before fees and funding."""
    fees: float
    funding: float
    net_pnl: float
    """P&L after them."""
    exit_reason: str
    """As in ``run.trades``, such as ``"stop"``."""


class Strategy(Slot):
    """The base of a strategy of your own.

    Parameters are annotated class attributes with their defaults, overridden by keyword when
    an object is made. ``features`` names what it reads. ``on_bar`` is asked at every close.

    >>> import tickstep as ts
    >>> class Dip(ts.Strategy):
    ...     threshold: float = 30
    ...     features = {"rsi": ts.rsi(14)}
    ...     def on_bar(self, now):
    ...         if now.rsi is not None and now.rsi < self.threshold and now.is_flat:
    ...             return ts.buy(take_profit=0.004, stop_loss=0.0025, max_hold="5m")
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> run = ts.backtest(bars, Dip(threshold=25), maker_fee=0, taker_fee=0, slippage=ts.ticks(0))
    >>> run.trades.height > 100
    True
    >>> Dip(treshold=25)
    Traceback (most recent call last):
    ...
    tickstep.errors.ParamError: treshold: Dip has no such parameter; did you mean `threshold`?

    ``now`` holds the bar that just closed and nothing later: ``time`` and ``open_time``
    (datetimes, UTC), ``ts`` (the close, nanoseconds since 1970), ``symbol``, ``open``,
    ``high``, ``low``, ``close``, ``volume``, ``taker_buy_volume`` (``None`` where the data has
    none); every feature as ``now.name`` and ``now["name"]``, ``None`` until it is warm;
    ``position`` (``None``, or ``side``, ``quantity``, ``entry_price``, ``entry_time``,
    ``stop``, ``target``, ``best``, ``worst``, ``unrealised`` in the quote currency),
    ``is_flat``, ``is_waiting`` (an order waits for its fill) and ``others`` (other positions
    of the account). It is not to be kept: after ``on_bar`` it raises
    :class:`~tickstep.StrategyError`.

    Each run, and each segment of the data, begins with a copy of the object, so that what a
    run leaves in ``self`` does not reach the next.

    Arguments:
        **params: values of the annotated attributes.
        name: name in results; that of the class when absent.
        instruments: symbols it trades; all of the account when absent. Each has its own copy.
        sizing: size of its entries; that of the account when absent.
        bracket_anchor: ``"fill"`` or ``"decision"``.

    Raises:
        ParamError: a parameter is unknown, lacks a value or is of a kind that cannot be
            written down (numbers, texts, booleans, lists and dictionaries can).
    """

    features: ClassVar[Any] = ()
    """A list of features, a dictionary by name, or a method that returns either."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for key in cls._names():
            if key in _PLACE or hasattr(Strategy, key):
                raise ParamError(
                    f"{key}: a parameter cannot be called so, as every strategy has {key}; "
                    f"rename it, or leave out its type where it is not a parameter",
                    argument=key,
                )

    def __init__(
        self,
        *,
        name: str | None = None,
        instruments: str | Sequence[str] | None = None,
        sizing: Sizing | None = None,
        bracket_anchor: Anchor | None = None,
        **params: Any,
    ) -> None:
        self._set_place(name, instruments, sizing, bracket_anchor)
        self._set_params(params)
        for key in self._names():
            if not hasattr(self, key):
                raise ParamError(
                    f"{key}: {type(self).__name__} needs a value; write "
                    f"{type(self).__name__}({key}=...)",
                    argument=key,
                )

    @classmethod
    def _names(cls) -> list[str]:
        """Names of the parameters, those of base classes first."""
        names: dict[str, None] = {}
        for base in reversed(cls.__mro__):
            if not issubclass(base, Strategy) or base is Strategy:
                continue
            for key, kind in inspect.get_annotations(base).items():
                if not key.startswith("_") and "ClassVar" not in str(kind):
                    names[key] = None
        return list(names)

    def _set_params(self, params: Mapping[str, Any]) -> None:
        known = self._names()
        for key, value in params.items():
            if key not in known:
                hint = _native.hint(key, [*known, *_PLACE])
                words = f"{key}: {type(self).__name__} has no such parameter{hint}"
                raise ParamError(words, argument=key)
            setattr(self, key, value)

    def start(self) -> None:
        """Called before the first ``on_bar`` of every run and every segment of the data."""

    def on_bar(self, now: _native.Now) -> Proposal:
        """Decides at the close of a bar: ``None``, :func:`buy`, :func:`sell`, :func:`exit`,
        :func:`move_stop`, or a tuple of them."""
        raise NotImplementedError(f"{type(self).__name__} has no on_bar(self, now)")

    on_trade_closed: Any = None
    """A method ``on_trade_closed(self, trade)`` is told of every closed :class:`ClosedTrade`."""

    @property
    def params(self) -> dict[str, Any]:
        """Every parameter with its value, by name."""
        return {key: getattr(self, key) for key in self._names()}

    def replace(self, **changes: Any) -> Strategy:
        """A copy with other parameters, or on other terms."""
        new = copy.deepcopy(self)
        place = {**self._place, **{key: changes.pop(key) for key in _PLACE if key in changes}}
        new._set_place(**place)
        new._set_params(changes)
        return new

    def _kind(self) -> str:
        return type(self).__name__

    def _params(self) -> dict[str, Any]:
        return {key: value for key, value in self.params.items() if value is not None}

    def _own(self) -> Own | None:
        return self._made

    def _made(self, params: dict[str, Any]) -> Strategy:
        """A copy with the parameters of a configuration, in the kinds that they have here."""
        new = copy.deepcopy(self)
        mine = new.params
        new._set_params({key: _as(mine.get(key), value) for key, value in params.items()})
        return new

    def _copied(self) -> Strategy:
        return copy.deepcopy(self)

    def _declared(self) -> list[tuple[str, _native.Feature]]:
        asked = self.features() if callable(self.features) else self.features
        if isinstance(asked, Feature):
            asked = [asked]
        named = asked.items() if isinstance(asked, Mapping) else [(_name(f), f) for f in asked]
        declared: list[tuple[str, _native.Feature]] = []
        for name, feature in named:
            if not isinstance(feature, Feature):
                raise StrategyError(
                    f"features: {feature!r} is no feature; write ts.rsi(14) and the like"
                )
            if name in _BAR and name == feature.function and feature.timeframe is None:
                # The bar's own price or volume, which `now` has already.
                continue
            if name in [known for known, _ in declared] or name in dir(_native.Now):
                raise StrategyError(
                    f"features: the name {name} is taken; give another, such as "
                    f"{{'my_{name}': {feature!r}}}"
                )
            declared.append((name, feature._native))
        return declared

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Strategy):
            return NotImplemented
        mine, its = (self._place, self.params), (other._place, other.params)
        return type(self) is type(other) and mine == its

    def __hash__(self) -> int:
        return hash((type(self), repr(self)))

    def __repr__(self) -> str:
        return self._words(self.params)


def _name(feature: Any) -> str:
    return feature.name if isinstance(feature, Feature) else ""


def _as(mine: Any, value: Any) -> Any:
    """A value of a configuration in the kind that the parameter has."""
    if isinstance(mine, Decimal) and not isinstance(value, Decimal):
        return Decimal(str(value))
    if isinstance(mine, tuple) and isinstance(value, list):
        return tuple(value)
    return value
