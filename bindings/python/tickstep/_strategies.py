"""The strategies that come with tickstep."""

from __future__ import annotations

from typing import Any, ClassVar

from tickstep._terms import Sizing

__all__ = ["BuiltIn", "Scalper", "SmaCross"]


class BuiltIn:
    """A strategy that comes with tickstep, with its parameters."""

    kind: ClassVar[str]

    def __init__(
        self,
        *,
        name: str | None = None,
        instruments: list[str] | None = None,
        sizing: Sizing | None = None,
        bracket_anchor: str | None = None,
        **params: Any,
    ) -> None:
        self.params = params
        self._slot = {
            "kind": self.kind,
            "name": name,
            "instruments": instruments,
            "bracket_anchor": bracket_anchor,
            "sizing": None if sizing is None else sizing._config(),
        }

    def _config(self) -> dict[str, Any]:
        return {**self._slot, "params": self.params}

    def __repr__(self) -> str:
        words = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{type(self).__name__}({words})"


class Scalper(BuiltIn):
    """The scalper: a spike of volume, confirmed by pressure, trend and momentum."""

    kind = "scalper"


class SmaCross(BuiltIn):
    """The cross of two simple moving averages."""

    kind = "sma_cross"
