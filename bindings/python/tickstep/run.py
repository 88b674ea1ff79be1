"""One account over historical bars."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep.bars import Bars
from tickstep.strategies import BuiltIn
from tickstep.terms import Number, Sizing, Slippage

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Run", "backtest", "run"]


class Run:
    """A finished run: statistics, trades, equity and every decision."""

    def __init__(self, native: _native.Run) -> None:
        self._native = native

    @cached_property
    def stats(self) -> Mapping[str, Any]:
        """The statistics."""
        return json.loads(self._native.stats_json())

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row a closed trade, in the order they closed."""
        import polars as pl

        return pl.DataFrame(self._native.trades())

    def __repr__(self) -> str:
        return self._native.words()


def backtest(
    bars: Bars | Sequence[Bars],
    strategy: BuiltIn | Sequence[BuiltIn],
    *,
    cash: Number = 100_000,
    currency: str = "USDT",
    maker_fee: Number | None = None,
    taker_fee: Number | None = None,
    slippage: Slippage | None = None,
    sizing: Sizing | None = None,
) -> Run:
    """Runs strategies over bars."""
    series = [bars] if isinstance(bars, Bars) else list(bars)
    strategies = [strategy] if isinstance(strategy, BuiltIn) else list(strategy)
    slots = [one._config() for one in strategies]
    for slot in slots:
        if slot["sizing"] is None and sizing is not None:
            slot["sizing"] = sizing._config()
    config = {
        "account": {"cash": cash, "currency": currency},
        "costs": {
            "maker_fee": maker_fee,
            "taker_fee": taker_fee,
            "slippage": None if slippage is None else slippage._config(),
        },
        "instrument": [{"symbol": one.symbol} for one in series],
        "strategy": slots,
    }
    return Run(_native.backtest(config, [one._native for one in series]))


def run(path: str | PathLike[str], *, set: Mapping[str, Any] | None = None) -> Run:
    """Runs a configuration file, as ``tickstep run`` does."""
    sets = [f"{key}={json.dumps(value)}" for key, value in (set or {}).items()]
    return Run(_native.run_file(fspath(path), sets))
