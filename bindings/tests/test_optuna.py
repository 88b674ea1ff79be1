"""Sets that are asked for one by one, and the examples of other programs that do."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "python"
SPACE = {"spike_multiple": ts.uniform(2, 8, decimals=1), "stop_loss": [0.002, 0.004]}


def searched(bars: ts.Bars, costs: dict, **more: Any) -> ts.Search:
    given = {"space": SPACE, "random_entries": 20, "min_trades": 10, **more}
    return ts.Search(bars, ts.Scalper(pressure_rule="buy_share"), **given, **costs)


def test_a_set_that_is_asked_for_is_its_single_run(august: ts.Bars, costs: dict) -> None:
    search = searched(august, costs, objective=["sharpe", "profit_factor"])
    params = {"spike_multiple": 4.26, "stop_loss": 0.004}
    figures = search.evaluate(params)
    rounded = {**params, "spike_multiple": 4.3}
    space = {name: [value] for name, value in rounded.items()}
    swept = ts.sweep(
        august,
        ts.Scalper(pressure_rule="buy_share"),
        space=space,
        objective=["sharpe", "profit_factor"],
        random_entries=0,
        **costs,
    )
    row = swept.frame.row(0, named=True)
    assert figures == {name: row[name] for name in figures}
    alone = ts.backtest(august, ts.Scalper(pressure_rule="buy_share", **rounded), **costs)
    assert figures["trades"] == alone.trades.height
    assert search.objectives == {"sharpe": True, "profit_factor": True}
    assert [axis["name"] for axis in search.axes] == search.parameters == list(SPACE)
    assert (search.axes[0]["from"], search.axes[0]["decimals"]) == (2, 1)


def test_many_threads_may_ask_at_once(august: ts.Bars, costs: dict) -> None:
    sets = [
        {"spike_multiple": 2 + at / 10, "stop_loss": stop} for at in range(15) for stop in (0.002, 0.004)
    ]
    alone = searched(august, costs, threads=1)
    one_by_one = [alone.evaluate(params) for params in sets]
    search = searched(august, costs)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(search.evaluate, sets)) == one_by_one
    assert len(search) == len(sets)
    frames = [of.finish().frame.sort("spike_multiple", "stop_loss").drop("set") for of in (search, alone)]
    assert frames[0].equals(frames[1])


def test_what_was_asked_for_is_judged_as_a_sweep_of_it(
    august: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    """The same sets by a grid: the same figures, the same statistics of them."""
    stops = [0.002, 0.004]
    search = searched(august, costs, trials=tmp_path / "asked.jsonl")
    for spike in (3.0, 5.0, 8.0):
        for stop in stops:
            search.evaluate({"spike_multiple": spike, "stop_loss": stop})
    search.evaluate({"spike_multiple": 8, "stop_loss": 0.002})
    found = search.finish()
    swept = ts.sweep(
        august,
        ts.Scalper(pressure_rule="buy_share"),
        space={"spike_multiple": [3.0, 5.0, 8.0], "stop_loss": stops},
        random_entries=20,
        min_trades=10,
        trials=tmp_path / "swept.jsonl",
        **costs,
    )
    # The set that was asked for twice counts once.
    assert len(found) == 6 and found.frame["sharpe"].equals(swept.frame["sharpe"])
    ours, theirs = found.validation, swept.validation
    assert (ours.pbo, ours.trials_all, ours.random_p) == (theirs.pbo, theirs.trials_all, theirs.random_p)
    assert ours.trials_all.sets == 6 and ours.monte_carlo == theirs.monte_carlo
    again = pickle.loads(pickle.dumps(found))
    assert again.frame.equals(found.frame) and again.validation == ours
    assert again.run(4).trades.equals(swept.run(4).trades)
    found.save(tmp_path / "out")
    assert "asked for one by one" in (tmp_path / "out" / "report.html").read_text()


def test_what_cannot_be_asked_for_is_refused(august: ts.Bars, costs: dict) -> None:
    search = searched(august, costs, where="stop_loss < 0.004")
    for params, argument, words in (
        ({"spike_multiple": 99, "stop_loss": 0.002}, "spike_multiple", "99 is not in 2"),
        ({"spike_multiple": "x", "stop_loss": 0.002}, "spike_multiple", "it must be a number"),
        ({"spike_multiple": float("nan"), "stop_loss": 0.002}, "spike_multiple", "NaN is not a decimal"),
        ({"spike_multiple": 3}, "stop_loss", "has no value"),
        ({"spike_multiple": 3, "stop_los": 0.002}, "stop_loss", "has no value"),
        ({"spike_multiple": 3, "stop_loss": 0.002, "more": 1}, "more", "no axis has this key"),
        ({"spike_multiple": 3, "stop_loss": 0.004}, "where", "excluded by the constraint"),
    ):
        with pytest.raises(ts.ConfigError, match=words) as refused:
            search.evaluate(params)
        assert refused.value.argument == argument
    assert len(search) == 0
    with pytest.raises(ts.ConfigError, match="nothing was evaluated"):
        search.finish()


def test_optuna_searches_and_is_judged(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    sys.path.insert(0, str(EXAMPLES))
    try:
        import optuna_search
    finally:
        sys.path.remove(str(EXAMPLES))
    found = optuna_search.main(25)
    assert 5 <= len(found) <= 25
    ranked = found.frame.filter(found.frame["trades"] >= 30)
    assert found.best(1)["sharpe"].item() == ranked["sharpe"].max()
    assert found.verdict.level in ("not_supported", "unproven", "supported")
    assert found.validation.trials.sets == len(found)


def test_examples_for_executors_are_sound_python() -> None:
    found = sorted(EXAMPLES.glob("*.py"))
    assert {"dask_sweep.py", "optuna_search.py", "ray_sweep.py"} <= {path.name for path in found}
    for path in found:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


def test_ray_runs_the_example() -> None:
    pytest.importorskip("ray")
    ran = subprocess.run([sys.executable, EXAMPLES / "ray_sweep.py"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "Verdict:" in ran.stdout


@pytest.mark.slow
def test_dask_runs_the_example() -> None:
    pytest.importorskip("distributed")
    ran = subprocess.run([sys.executable, EXAMPLES / "dask_sweep.py"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "Verdict:" in ran.stdout
