"""A finished run: its figures, tables, folder and travels."""

from __future__ import annotations

import filecmp
import json
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import empyrical
import numpy as np
import polars as pl
import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
SCALPER = ts.Scalper(pressure_rule="buy_share")


@pytest.fixture(scope="module")
def run(august: ts.Bars, costs: dict[str, Any]) -> ts.Run:
    return ts.backtest(august, SCALPER, **costs)


def test_figures_are_had_by_label_and_by_key(run: ts.Run, tmp_path: Path) -> None:
    stats = run.stats
    assert stats["# Trades"] == run.trades.height
    assert isinstance(stats["# Trades"], int)
    assert stats["Return [%]"] == pytest.approx(stats.total_return * 100)
    assert stats["Max. Trade Duration"] == timedelta(minutes=5)
    run.save(tmp_path / "run")
    written = json.loads((tmp_path / "run" / "stats.json").read_text())
    assert stats.total_return == written["outcome"]["total_return"]
    assert set(stats.to_frame().columns) >= {"key", "label", "value", "unit"}
    assert len(stats.to_pandas()) == len(stats)
    assert stats["Deflated Sharpe Ratio"] is None
    assert stats.why("deflated_sharpe") == "needs a search"
    with pytest.raises(KeyError, match="did you mean 'Sharpe Ratio'"):
        stats["Sharp Ratio"]
    with pytest.raises(AttributeError, match="did you mean sharpe"):
        stats.sharp


def test_exact_tables_are_decimals_that_round_to_the_floats(run: ts.Run) -> None:
    exact, floats = run.table("trades", exact=True), run.trades
    assert exact["net_pnl"].dtype == pl.Decimal
    assert exact["net_pnl"].cast(pl.Float64).to_list() == floats["net_pnl"].to_list()
    net = exact["gross_pnl"] - exact["fees"] - exact["funding"]
    assert net.to_list() == exact["net_pnl"].to_list()
    assert floats["exit_reason"].dtype == pl.Categorical
    assert floats["entry_time"].dtype == pl.Datetime("ns", "UTC")
    with pytest.raises(ts.ConfigError, match="no table of a run"):
        run.table("fills")  # type: ignore[arg-type]


def test_ratios_are_empyricals(run: ts.Run) -> None:
    returns = run.to_pandas()
    assert len(returns) == run.returns().height == 31
    year = 365
    expected = {
        "total_return": empyrical.cum_returns_final(returns),
        "sharpe": empyrical.sharpe_ratio(returns, annualization=year),
        "sortino": empyrical.sortino_ratio(returns, annualization=year),
        "volatility": empyrical.annual_volatility(returns, annualization=year),
        "tail_ratio": empyrical.tail_ratio(returns),
        "omega": empyrical.omega_ratio(returns),
    }
    for key, value in expected.items():
        assert getattr(run.stats, key) == pytest.approx(value, rel=1e-9), key


def test_the_worst_and_the_best_order_hold_the_chosen_between_them(run: ts.Run) -> None:
    bounds = run.bounds
    assert bounds.worst <= bounds.chosen <= bounds.best
    assert float(bounds.chosen) == pytest.approx(run.trades["net_pnl"].sum())


@pytest.mark.parametrize("of", ["backtest", "file", "class", "signals"])
def test_a_run_travels_and_is_the_same(
    of: str, august: ts.Bars, costs: dict[str, Any], run: ts.Run
) -> None:
    long = np.arange(len(august)) % 500 == 3
    made = {
        "backtest": lambda: run,
        "file": lambda: ts.run(ROOT / "examples" / "fil.toml"),
        "class": lambda: ts.backtest(august, Dips(), **costs),
        "signals": lambda: ts.simulate(august, long=long, max_hold="5m", **costs),
    }[of]()
    again = pickle.loads(pickle.dumps(made))
    assert made.trades.height > 50
    assert again == made
    assert again.trades.equals(made.trades)
    assert again.equity.equals(made.equity)
    assert again.decisions.equals(made.decisions)
    assert again.stats == made.stats
    assert repr(again) == repr(made)


class Dips(ts.Strategy):
    """Buys every bar that closed half a percent below its open, for five minutes."""

    def on_bar(self, now: ts.Moment) -> Any:
        if now.close < now.open * 0.995:
            return ts.buy(max_hold="5m")
        return None


def test_the_report_is_the_one_of_the_folder(run: ts.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run")
    run.report(tmp_path / "page.html")
    assert filecmp.cmp(tmp_path / "page.html", tmp_path / "run" / "report.html", shallow=False)
    with pytest.raises(ts.OutputError):
        run.report(tmp_path / "no" / "page.html")


def test_a_file_is_run_as_it_stands(tmp_path: Path) -> None:
    run = ts.run(ROOT / "examples" / "fil.toml", set={"costs.slippage.ticks": 1})
    assert run.config["costs"]["slippage"] == {"ticks": 1}
    assert run.trades.height == 1714
    assert run.refusals == {}
    terms = {term.key: term for term in run.terms}
    assert terms["instrument.FILUSDT.leverage"].value == "10"
    assert not terms["instrument.FILUSDT.leverage"].default
    assert terms["simulation.max_gap"].default
