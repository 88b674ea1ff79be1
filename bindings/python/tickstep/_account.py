"""From arguments to a run: one account over the bars of one or several instruments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from tickstep import _native
from tickstep._bars import Bars
from tickstep._run import Run
from tickstep._strategies import BuiltIn
from tickstep._terms import Number, Sizing, Slippage

__all__ = ["backtest", "run"]


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
