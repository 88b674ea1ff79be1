"""The strategies that come with tickstep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from tickstep import _html, _native
from tickstep._slots import Anchor, Slot
from tickstep._terms import Duration, Number, Sizing, plain, seconds
from tickstep.errors import ParamError

__all__ = ["AtrExits", "BuiltIn", "Scalper", "SmaCross"]


@dataclass(frozen=True)
class AtrExits:
    """Stop and target in multiples of Wilder's average true range.

    >>> import tickstep as ts
    >>> ts.Scalper(pressure_rule="buy_share", atr=ts.AtrExits(period=14, stop=1.5, target=3))
    Scalper(pressure_rule='buy_share', atr=AtrExits(period=14, stop=1.5, target=3))
    """

    period: int
    """Bars, 2 to 1000."""
    stop: Number
    """Stop distance, ATRs, above 0 to 100."""
    target: Number
    """Target distance, ATRs, above 0 to 100."""

    def _config(self) -> dict[str, Any]:
        return {"period": self.period, "stop": self.stop, "target": self.target}


class BuiltIn(Slot):
    """A strategy that comes with tickstep, with its parameters. It cannot be changed;
    :meth:`replace` makes another."""

    kind: ClassVar[str]
    _frozen = False
    _stated: dict[str, Any]

    def _begin(self, given: Mapping[str, Any]) -> None:
        params = {key: value for key, value in given.items() if key != "self"}
        place = [params.pop(name) for name in ("name", "instruments", "sizing", "bracket_anchor")]
        self._set_place(*place)
        for key, value in params.items():
            setattr(self, key, value)
        spec = type(self).__init__.__kwdefaults__ or {}
        for key, value in params.items():
            if value is None and spec[key] is not None:
                raise ParamError(
                    f"{key}: None is not allowed; leave it out for {spec[key]!r}", argument=key
                )
        self._stated = {key: value for key, value in params.items() if value != spec[key]}
        _native.check_strategy(self._config())
        self._frozen = True

    def _kind(self) -> str:
        return self.kind

    @classmethod
    def _names(cls) -> list[str]:
        return _native.param_names(cls.kind)

    def _params(self) -> dict[str, Any]:
        return {key: plain(value) for key, value in self._stated.items()}

    @property
    def params(self) -> dict[str, Any]:
        """Every parameter with its value, by name."""
        return {key: getattr(self, key) for key in self._names()}

    def replace(self, **changes: Any) -> BuiltIn:
        """The same strategy with other parameters, or on other terms.

        >>> import tickstep as ts
        >>> ts.SmaCross(fast=10).replace(slow=30)
        SmaCross(fast=10, slow=30)
        """
        return type(self)(**{**self._place, **self._stated, **changes})

    def __setattr__(self, name: str, value: Any) -> None:
        if self._frozen:
            raise AttributeError(
                f"{type(self).__name__} cannot be changed; .replace({name}=...) makes another"
            )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BuiltIn):
            return NotImplemented
        return type(self) is type(other) and self._config() == other._config()

    def __hash__(self) -> int:
        return hash((type(self), repr(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), {**self._place, **self._stated})

    def __repr__(self) -> str:
        return self._words(self._stated)

    def _repr_html_(self) -> str:
        return _html.strategy(self)


def _several(argument: str, given: Any) -> tuple[int, ...]:
    try:
        return tuple(given)
    except TypeError:
        raise ParamError(
            f"{argument}: {given!r} is not allowed; write a list, such as [8, 9]",
            argument=argument,
        ) from None


def _restored(cls: type[BuiltIn], arguments: dict[str, Any]) -> BuiltIn:
    return cls(**arguments)


class Scalper(BuiltIn):
    """The scalper: a sudden volume, confirmed by who presses and by the chart, for a small
    move within minutes.

    It enters long at the close of a bar when all rules that are on hold; short mirrors each:

    1. ``volume_rule``: volume over the mean of the bars before is ``spike_multiple`` or more;
    2. ``pressure_rule``: buyers took ``min_buy_share`` of the volume or more (short: sellers);
    3. ``cross_rule``: the close crosses its mean of ``ma_period`` bars upwards;
    4. ``rsi_rule``: RSI is below ``overbought`` (short: above ``oversold``).

    The opposite signal reverses an open position.

    Arguments:
        volume_rule: rule 1 on or off; on.
        baseline_period: bars before the current one whose mean volume is the baseline,
            2 to 1000; 20.
        spike_multiple: volume over baseline that is a spike, above 0 to 100; 3.
        pressure_rule: rule 2: ``"buy_share"`` reads the bars' taker-buy volume,
            ``"imbalance"`` the order book, which bars do not have, ``"off"`` neither;
            ``"imbalance"``.
        min_imbalance: imbalance that long must exceed, 0.5 to below 1; 0.6.
        min_buy_share: buy share that long must reach, 0.5 to 1; 0.6.
        volume_split: how the buy share is read: ``"taker"``, ``"close_location"``
            or ``"tick_rule"``; ``"taker"``.
        depth: how the order book is looked at, a dictionary of the keys of
            ``[strategy.params.depth]``; the specification's when absent.
        cross_rule: rule 3 on or off; on.
        ma_period: bars of the simple mean, 2 to 1000; 5.
        rsi_rule: rule 4 on or off; on.
        rsi_period: bars of Wilder's RSI, 2 to 1000; 14.
        overbought: long needs an RSI below, 50 to 100; 70.
        oversold: short needs an RSI above, 0 to 50; 30.
        max_positions: most positions open or waiting on the account, 1 to 10000; 5.
        take_profit: target distance, a fraction of the entry price, above 0 and below 1;
            0.004.
        stop_loss: stop distance, a fraction of the entry price, above 0 and below 1; 0.0025.
        max_hold_s: longest hold, 1 to 604800: seconds, a ``timedelta`` or text such as
            ``"5m"``; 300.
        atr: stop and target in multiples of ATR instead of fractions, :class:`AtrExits`;
            none.
        trailing_stop: trails the stop this fraction behind the best price, above 0 and
            below 1; none.
        break_even: moves the stop to the entry price once the best price is this fraction
            ahead, above 0 and below 1; none.
        cool_down_s: seconds without entries after a losing trade, 1 to 604800; none.
        allowed_hours: UTC hours (0 to 23) in which entries are allowed; all when empty.
        allowed_weekdays: UTC weekdays (1 Monday to 7 Sunday) on which entries are allowed;
            all when empty.
        name: name in results; ``"scalper"``, and numbered, when absent.
        instruments: symbols it trades; all of the account when absent.
        sizing: size of its entries; that of the account when absent.
        bracket_anchor: ``"fill"`` or ``"decision"``: the price that stop and target are
            measured from; the fill.

    Raises:
        ParamError: a parameter is out of its range; ``argument`` names it.

    >>> import tickstep as ts
    >>> ts.Scalper(pressure_rule="buy_share", spike_multiple=5).spike_multiple
    5
    >>> ts.Scalper(spike_multiple=200)
    Traceback (most recent call last):
    ...
    tickstep.errors.ParamError: spike_multiple: 200 is out of range; it must be above 0, at most 100
    """

    kind = "scalper"

    def __init__(
        self,
        *,
        volume_rule: bool = True,
        baseline_period: int = 20,
        spike_multiple: Number = 3,
        pressure_rule: Literal["imbalance", "buy_share", "off"] = "imbalance",
        min_imbalance: Number = 0.6,
        min_buy_share: Number = 0.6,
        volume_split: Literal["taker", "close_location", "tick_rule"] = "taker",
        depth: Mapping[str, Any] | None = None,
        cross_rule: bool = True,
        ma_period: int = 5,
        rsi_rule: bool = True,
        rsi_period: int = 14,
        overbought: Number = 70,
        oversold: Number = 30,
        max_positions: int = 5,
        take_profit: Number = 0.004,
        stop_loss: Number = 0.0025,
        max_hold_s: Duration = 300,
        atr: AtrExits | Mapping[str, Any] | None = None,
        trailing_stop: Number | None = None,
        break_even: Number | None = None,
        cool_down_s: Duration | None = None,
        allowed_hours: Sequence[int] = (),
        allowed_weekdays: Sequence[int] = (),
        name: str | None = None,
        instruments: str | Sequence[str] | None = None,
        sizing: Sizing | None = None,
        bracket_anchor: Anchor | None = None,
    ) -> None:
        max_hold_s = seconds(max_hold_s, "max_hold_s")
        if cool_down_s is not None:
            cool_down_s = seconds(cool_down_s, "cool_down_s")
        allowed_hours = _several("allowed_hours", allowed_hours)
        allowed_weekdays = _several("allowed_weekdays", allowed_weekdays)
        self._begin({key: value for key, value in locals().items() if key != "__class__"})


class SmaCross(BuiltIn):
    """The cross of two simple means of closes: long when the fast one comes to lie above the
    slow one, short when below; always in the market unless an exit lets go before.

    Arguments:
        fast: bars of the fast mean, 1 (the close itself) to 1000000, fewer than ``slow``; 20.
        slow: bars of the slow mean, 2 to 1000000; 50.
        take_profit: target distance, a fraction of the entry price, above 0 and below 1; none.
        stop_loss: stop distance, a fraction of the entry price, above 0 and below 1; none.
        max_hold_s: longest hold, 1 to 604800: seconds, a ``timedelta`` or text such as
            ``"5m"``; none.
        name: name in results; ``"sma_cross"``, and numbered, when absent.
        instruments: symbols it trades; all of the account when absent.
        sizing: size of its entries; that of the account when absent.
        bracket_anchor: ``"fill"`` or ``"decision"``: the price that stop and target are
            measured from; the fill.

    Raises:
        ParamError: a parameter is out of its range; ``argument`` names it.

    >>> import tickstep as ts
    >>> ts.SmaCross(fast=10, slow=40)
    SmaCross(fast=10, slow=40)
    """

    kind = "sma_cross"

    def __init__(
        self,
        *,
        fast: int = 20,
        slow: int = 50,
        take_profit: Number | None = None,
        stop_loss: Number | None = None,
        max_hold_s: Duration | None = None,
        name: str | None = None,
        instruments: str | Sequence[str] | None = None,
        sizing: Sizing | None = None,
        bracket_anchor: Anchor | None = None,
    ) -> None:
        if max_hold_s is not None:
            max_hold_s = seconds(max_hold_s, "max_hold_s")
        self._begin({key: value for key, value in locals().items() if key != "__class__"})
