"""Strategies written in Python sweep too: in processes, as one after the other."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]


class Dip(ts.Strategy):
    """Buys what fell below its mean by so much, for ten minutes."""

    length: int = 20
    below: float = 0.002
    stop: float = 0.004
    worst: float = 1.0

    def features(self):
        return {"mean": ts.sma(self.length)}

    def on_bar(self, now):
        if self.stop > self.worst:
            raise ArithmeticError(f"stop {self.stop}")
        if now.mean is not None and now.close < now.mean * (1 - self.below):
            return ts.buy(stop_loss=self.stop, take_profit=0.004, max_hold="10m")
        return None


class Picky(Dip):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)

    def features(self):
        return super().features()


SPACE = {"length": [10, 30], "below": [0.002, 0.004], "stop": [0.003, 0.006]}


def swept(bars: ts.Bars, costs: dict, strategy: Any = None, **more: Any) -> ts.SweepResult:
    given = {"space": SPACE, "random_entries": 0, "min_trades": 5, "whole": 1, **more}
    return ts.sweep(bars, Dip() if strategy is None else strategy, **given, **costs)


@pytest.fixture(scope="module")
def few(august: ts.Bars) -> ts.Bars:
    """Ten days of minutes."""
    frame = august.to_polars().head(14_400)
    return ts.Bars.from_frame(
        frame, symbol="FILUSDT", interval="1m", tick_size="0.001", lot_step="0.1"
    )


def test_sets_of_a_python_class_are_its_single_runs(
    few: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    trials = tmp_path / "trials.jsonl"
    found = swept(few, costs, threads=2, trials=trials)
    assert len(found) == 8 and found.failures.height == 0
    for set in (0, 5, 7):
        alone = ts.backtest(few, Dip(**found.params(set)), **costs)
        assert found.run(set).trades.equals(alone.trades)
        assert found.frame["trades"][set] == alone.trades.height > 5
    here = swept(few, costs, threads=1, trials=trials)
    assert here.frame.equals(found.frame) and here.validation == found.validation
    with ThreadPoolExecutor(1) as given:
        assert swept(few, costs, executor=given).frame.equals(found.frame)
    again = pickle.loads(pickle.dumps(found))
    assert again.frame.equals(found.frame)
    assert again.run(3).trades.equals(found.run(3).trades)


def test_a_folder_of_a_python_class_is_whole_and_resumes(
    few: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    given = {"trials": tmp_path / "trials.jsonl", "threads": 1}
    found = swept(few, costs, out=tmp_path / "a", **given)
    assert (tmp_path / "a" / "sweep.json").exists() and found.folder == tmp_path / "a"
    before = (tmp_path / "a" / "results.csv").read_bytes()
    swept(few, costs, out=tmp_path / "a", resume=True, **given)
    assert (tmp_path / "a" / "results.csv").read_bytes() == before


def test_what_a_strategy_raises_ends_the_sweep_with_its_traceback(
    few: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    for threads in (1, 2):
        with pytest.raises(ArithmeticError, match="stop 0.006") as raised:
            swept(few, costs, Dip(worst=0.005), threads=threads, out=tmp_path / f"{threads}")
        assert raised.value.timestamp is not None
        # Nothing of the set that raised is taken for a result.
        assert not (tmp_path / f"{threads}" / "sets.bin").exists()


def test_signals_and_classes_stand_beside_what_is_built_in(few: ts.Bars, costs: dict) -> None:
    strategies = [Dip(name="dip"), ts.SmaCross(name="cross", fast=20, slow=60)]
    space = {"strategy.dip.params.stop": [0.003, 0.006], "strategy.cross.params.slow": [60, 90]}
    found = swept(few, costs, strategies, space=space, threads=1)
    alone = ts.backtest(
        few, [Dip(name="dip", stop=0.006), ts.SmaCross(name="cross", fast=20, slow=60)], **costs
    )
    assert found.run(2).trades.equals(alone.trades)
    with pytest.raises(ts.ConfigError, match="has no such parameter") as refused:
        swept(few, costs, space={"stopp": [0.003]})
    assert refused.value.argument == 'space["stopp"]'


def test_a_class_is_asked_one_by_one(few: ts.Bars, costs: dict) -> None:
    search = ts.Search(few, Dip(worst=0.005), space=SPACE, random_entries=0, **costs)
    params = {"length": 10, "below": 0.002, "stop": 0.003}
    alone = ts.backtest(few, Dip(**params), **costs)
    assert search.evaluate(params)["trades"] == alone.trades.height
    with pytest.raises(ArithmeticError, match="stop 0.006"):
        search.evaluate({**params, "stop": 0.006})
    assert search.evaluate({**params, "length": 30})["trades"] > 0
    assert len(search) == 2


def test_a_class_of_a_session_runs_by_value_or_here(tmp_path: Path) -> None:
    """A class that is typed in, as in a notebook, has no module to import it from."""
    program = textwrap.dedent(
        """
        import tickstep as ts, sys

        class Typed(ts.Strategy):
            length: int = 20

            def features(self):
                return {"mean": ts.sma(self.length)}

            def on_bar(self, now):
                if now.mean is not None and now.close < now.mean:
                    return ts.buy(stop_loss=0.004, take_profit=0.004, max_hold="10m")

        bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz", tick_size="0.001", lot_step="0.1")
        bars = ts.Bars.from_frame(bars.to_polars().head(3000), symbol="FILUSDT", interval="1m", tick_size="0.001", lot_step="0.1")
        if "hidden" in sys.argv:
            sys.modules["cloudpickle"] = None
        found = ts.sweep(bars, Typed(), space={"length": [5, 10, 20, 40]}, random_entries=0,
                         threads=2, maker_fee=0.0002, taker_fee=0.0005, slippage=ts.ticks(1))
        print(found.frame["trade_hash"].to_list())
        """
    )
    pytest.importorskip("cloudpickle")
    env = {**os.environ, "TICKSTEP_TRIALS": str(tmp_path / "trials.jsonl")}
    said = []
    for how in ("seen", "hidden"):
        ran = subprocess.run(
            [sys.executable, "-c", program, how], cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        assert ("install cloudpickle" in ran.stderr) == (how == "hidden"), ran.stderr
        said.append(ran.stdout)
    assert said[0] == said[1] and said[0].count("'") == 8
