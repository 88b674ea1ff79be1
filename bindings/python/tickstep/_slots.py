"""What every kind of strategy has in common: its place on an account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from tickstep import _native
from tickstep._terms import Sizing, plain, written
from tickstep.errors import ConfigError

__all__ = ["Anchor", "Slot", "slots"]

Anchor: TypeAlias = Literal["fill", "decision"]
"""Where stop and target are measured from: the price of the fill, or that of the decision."""

Own: TypeAlias = "Callable[[dict[str, Any]], Any] | _native.Signals"


class Slot:
    """A strategy on an account: its name, instruments and size."""

    _place: dict[str, Any] = dict.fromkeys(("name", "instruments", "sizing", "bracket_anchor"))

    def _set_place(
        self,
        name: str | None,
        instruments: str | Sequence[str] | None,
        sizing: Sizing | None,
        bracket_anchor: Anchor | None,
    ) -> None:
        listed = [instruments] if isinstance(instruments, str) else instruments
        if name is not None and (not isinstance(name, str) or not name):
            raise ConfigError(
                f"name: {name!r} is not allowed; it must be a text that is not empty",
                argument="name",
            )
        written("sizing", sizing)
        self._place = {
            "name": name,
            "instruments": None if listed is None else list(listed),
            "sizing": sizing,
            "bracket_anchor": bracket_anchor,
        }

    def _kind(self) -> str:
        raise NotImplementedError

    @classmethod
    def _names(cls) -> list[str]:
        """Names of its parameters."""
        return []

    def _params(self) -> dict[str, Any]:
        return {}

    def _own(self) -> Own | None:
        """What makes it, where it does not come with tickstep."""
        return None

    def _config(self) -> dict[str, Any]:
        return {
            **self._place,
            "kind": self._kind(),
            "sizing": plain(self._place["sizing"]),
            "params": self._params(),
        }

    def _words(self, params: dict[str, Any]) -> str:
        stated = {key: value for key, value in self._place.items() if value is not None}
        words = [f"{key}={value!r}" for key, value in {**params, **stated}.items()]
        return f"{type(self).__name__}({', '.join(words)})"


def slots(strategies: Sequence[Any]) -> tuple[list[dict[str, Any]], list[tuple[str, Own]]]:
    """The strategies as a configuration has them, and those of Python by their kinds."""
    tables: list[dict[str, Any]] = []
    own: list[tuple[str, Own]] = []
    for strategy in strategies:
        if not isinstance(strategy, Slot):
            hint = ""
            if isinstance(strategy, type) and issubclass(strategy, Slot):
                hint = f"; it is a class, write {strategy.__name__}()"
            raise ConfigError(
                f"strategy: {strategy!r} is not a strategy such as ts.Scalper(), ts.Signals(...) "
                f"or an object of a class of ts.Strategy{hint}",
                argument="strategy",
            )
        table = strategy._config()
        maker = strategy._own()
        if maker is not None:
            taken = {kind for kind, _ in own}
            number = 2
            while table["kind"] in taken:
                # Each object is a kind of its own, numbered as strategies of one kind are.
                table["kind"] = f"{strategy._kind()}#{number}"
                number += 1
            own.append((table["kind"], maker))
        tables.append(table)
    return tables, own
