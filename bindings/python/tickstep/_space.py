"""What a sweep varies: parameters, and the values that each may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from tickstep._terms import Number, seconds
from tickstep.errors import ConfigError

__all__ = ["Axis", "Draws", "Space", "Steps", "integers", "log_uniform", "steps", "uniform"]


@dataclass(frozen=True)
class Steps:
    """Numbers from one end to the other by equal steps, or equal factors; see :func:`steps`."""

    low: Number
    high: Number
    step: Number
    log: bool = False

    def _config(self) -> dict[str, Any]:
        ends = {"from": _exact(self.low), "to": _exact(self.high), "step": _exact(self.step)}
        return {**ends, "log": True} if self.log else ends


@dataclass(frozen=True)
class Draws:
    """Any number between two ends; see :func:`uniform` and :func:`log_uniform`."""

    low: Number
    high: Number
    decimals: int | None = None
    log: bool = False

    def _config(self) -> dict[str, Any]:
        decimals = self.decimals
        if decimals is None:
            decimals = min(12, max(_digits(self.low), _digits(self.high)) + 2)
        return {
            "from": _exact(self.low),
            "to": _exact(self.high),
            "decimals": decimals,
            "log": self.log,
        }


Axis: TypeAlias = "Steps | Draws | Iterable[Any]"
"""What one parameter may be: a list of values, :func:`steps`, :func:`integers`,
:func:`uniform` or :func:`log_uniform`."""

Space: TypeAlias = "Mapping[str, Axis]"
"""Parameters and what each may be, in the order that numbers the sets: the last changes
fastest."""


def steps(low: Number, high: Number, step: Number, *, log: bool = False) -> Steps:
    """Numbers from ``low`` up to ``high`` by ``step``, exactly; with ``log`` each is the one
    before times ``step``.

    >>> import tickstep as ts
    >>> ts.steps(0.002, 0.006, 0.002)
    Steps(low=0.002, high=0.006, step=0.002, log=False)
    """
    return Steps(low, high, step, log)


def integers(low: int, high: int, *, step: int = 1) -> Steps:
    """Whole numbers from ``low`` up to ``high`` by ``step``, both ends among them where the
    steps meet them.

    >>> import tickstep as ts
    >>> ts.integers(60, 600, step=60)
    Steps(low=60, high=600, step=60, log=False)
    """
    return Steps(low, high, step)


def uniform(low: Number, high: Number, *, decimals: int | None = None) -> Draws:
    """Any number from ``low`` to ``high``, each as likely; not for a grid.

    Numbers are drawn with ``decimals`` digits behind the point, at most 12: two more than
    the ends have, when absent.

    >>> import tickstep as ts
    >>> ts.uniform(0.001, 0.006)
    Draws(low=0.001, high=0.006, decimals=None, log=False)
    """
    return Draws(low, high, decimals)


def log_uniform(low: Number, high: Number, *, decimals: int | None = None) -> Draws:
    """Any number from ``low`` to ``high``, which are above zero, each ratio as likely; not
    for a grid. Digits are as :func:`uniform` has them."""
    return Draws(low, high, decimals, log=True)


_TABLES = ("account", "costs", "simulation", "risk", "strategy", "instrument")
"""Tables of a configuration that keys can be of."""

_SHORT = {
    "cash": "account",
    "maker_fee": "costs",
    "taker_fee": "costs",
    "slippage": "costs",
    "intrabar": "simulation",
    "max_gap": "simulation",
    "daily_loss": "risk",
    "daily_loss_basis": "risk",
    "flatten_at": "risk",
    "max_drawdown": "risk",
    "trailing_drawdown": "risk",
    "profit_target": "risk",
    "min_trading_days": "risk",
    "drawdown_tiers": "risk",
    "symbol_exposure": "risk",
    "correlated_exposure": "risk",
    "sizing": "strategy",
    "bracket_anchor": "strategy",
    "lot_step": "instrument",
    "contract_size": "instrument",
    "min_qty": "instrument",
    "min_notional": "instrument",
    "leverage": "instrument",
    "maintenance_margin": "instrument",
}
"""Arguments of an account that can be varied, and the table of each."""


def key_of(name: str) -> str:
    """The key of a configuration that a name in a space means."""
    first = name.split(".")[0]
    if first in _TABLES and "." in name:
        return name
    if first in _SHORT:
        return f"{_SHORT[first]}.{name}"
    if name == "fit_margin":
        return "risk.margin"
    return f"strategy.params.{name}"


def axes_of(space: Space) -> tuple[list[dict[str, Any]], list[tuple[str, str]], bool]:
    """Axes as a configuration has them, keys with the names they were given by, and whether
    any is drawn from a stretch of numbers."""
    if not isinstance(space, Mapping):
        raise ConfigError(
            f'space: {type(space).__name__} is no mapping; write {{"stop_loss": [0.002, 0.004]}}',
            argument="space",
        )
    axes, names, drawn = [], [], False
    for name, axis in space.items():
        if not isinstance(name, str):
            raise ConfigError(
                f"space: {name!r} is no name of a parameter; write it as a text",
                argument="space",
            )
        key = key_of(name)
        axes.append({"key": key, **_axis(name, axis)})
        names.append((key, name))
        drawn = drawn or isinstance(axis, Draws)
    return axes, names, drawn


def _axis(name: str, axis: Axis) -> dict[str, Any]:
    if isinstance(axis, Steps | Draws):
        try:
            return axis._config()
        except (ValueError, ArithmeticError, TypeError) as error:
            raise _refused(name, f"{axis} is not of numbers ({error})") from None
    if isinstance(axis, str | bytes | Mapping) or not isinstance(axis, Iterable):
        raise _refused(
            name, f"{axis!r} is no list of values; write [{axis!r}], or ts.uniform(low, high)"
        )
    values = list(axis)
    if any(value is None for value in values):
        raise _refused(name, "None is no value; leave it out")
    if any(isinstance(value, Mapping) or hasattr(value, "_config") for value in values):
        raise _refused(
            name,
            f"{values[0]!r} is made of several values; vary one of them, as slippage.ticks or "
            "sizing.notional",
        )
    return {"values": [_exact(value) for value in values]}


def _refused(name: str, words: str) -> ConfigError:
    argument = f'space["{name}"]'
    return ConfigError(f"{argument}: {words}", argument=argument)


def _exact(value: Any) -> Any:
    """A value as a configuration has it: scalars of NumPy as what they hold, lengths of time
    in seconds."""
    if isinstance(value, timedelta):
        return seconds(value)
    if hasattr(value, "tolist"):
        # A float of fewer bits is the decimals that it is written with.
        short = type(value).__name__ in ("float16", "float32")
        return float(str(value)) if short else value.tolist()
    return value


def _digits(number: Number) -> int:
    """Digits behind the point, as the number is written."""
    exponent = Decimal(str(_exact(number))).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


Method: TypeAlias = Literal["grid", "random", "latin"]
"""How sets are taken from a space: every combination, draws at random, or a Latin
hypercube, whose draws are spread evenly over each parameter."""
