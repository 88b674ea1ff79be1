"""Optuna chooses the parameters, tickstep runs them and says what the best is worth.

    pip install optuna
    python examples/python/optuna_search.py

A study is asked for parameters and told what came of them; the search knows every set that
was tried, so that its verdict counts them as a sweep's does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import optuna

import tickstep as ts

DATA = Path(__file__).parents[1] / "data"


def suggested(trial: optuna.Trial, axis: ts.Figures) -> object:
    """A value of one parameter, as the search's space has it."""
    if "values" in axis:
        return trial.suggest_categorical(axis["name"], axis["values"])
    low, high, log = axis["from"], axis["to"], axis.get("log", False)
    if isinstance(low, int) and isinstance(high, int) and "decimals" not in axis:
        return trial.suggest_int(axis["name"], low, high, step=axis["step"])
    # A continuous axis rounds to its decimals.
    return trial.suggest_float(axis["name"], low, high, log=log)


def main(rounds: int = 60) -> ts.SweepResult:
    bars = ts.read_bars(
        DATA / "FILUSDT-1m-2023-08.csv.gz", tick_size="0.001", lot_step="0.1"
    )
    search = ts.Search(
        bars,
        ts.Scalper(pressure_rule="buy_share"),
        space={
            "spike_multiple": ts.uniform(2, 10, decimals=1),
            "ma_period": ts.integers(3, 20),
            "stop_loss": ts.log_uniform(0.001, 0.01),
            "take_profit": ts.log_uniform(0.002, 0.02),
        },
        where="take_profit > stop_loss",
        objective="sharpe",
        random_entries=200,
        maker_fee=0.0002,
        taker_fee=0.0005,
        slippage=ts.ticks(1),
        sizing=ts.FixedNotional(10_000),
    )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=1)
    )
    for _ in range(rounds):
        trial = study.ask()
        params = {axis["name"]: suggested(trial, axis) for axis in search.axes}
        try:
            figures = search.evaluate(params)
        except ts.ParamError:
            # A condition excludes the set: nothing was run, and nothing counts.
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            continue
        sharpe = figures["sharpe"] if figures["trades"] >= 30 else None
        if sharpe is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, sharpe)
    return search.finish()


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    print(found.best(5))
    print(found.verdict)
