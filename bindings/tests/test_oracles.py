"""Figures of a run beside quantstats and skfolio: equal where both mean the same, and where
they do not, the difference of definition is stated and leads exactly from one to the other.

empyrical is in `test_run.py`, TA-Lib in `test_features.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import quantstats.stats as quantstats
import skfolio.measures as skfolio

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
YEAR = 365
FREE = {"costs.maker_fee": 0, "costs.taker_fee": 0}

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def run() -> ts.Run:
    """Four months without fees, so that some ratios are above zero and some below."""
    return ts.run(ROOT / "examples" / "fil.toml", set=FREE)


@pytest.fixture(scope="module")
def days(run: ts.Run) -> Any:
    """Daily returns, by date."""
    return run.to_pandas()


@pytest.fixture(scope="module")
def bars(run: ts.Run) -> Any:
    """Equity at every close, the cash of the start before them."""
    equity = run.to_pandas("equity")
    start = pd.Series([100_000.0], index=[equity.index[0] - pd.Timedelta(minutes=1)])
    return pd.concat([start, equity])


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def test_quantstats_has_the_same_ratios(run: ts.Run, days: Any, bars: Any) -> None:
    theirs = {
        "total_return": quantstats.comp(days),
        "cagr": quantstats.cagr(days, periods=YEAR),
        "volatility": quantstats.volatility(days, periods=YEAR),
        "sharpe": quantstats.sharpe(days, periods=YEAR),
        "sortino": quantstats.sortino(days, periods=YEAR),
        "omega": quantstats.omega(days, periods=YEAR),
        "tail_ratio": quantstats.tail_ratio(days),
        "cvar_95": quantstats.cvar(days, method="historical"),
        # Drawdowns are those of every close, and not of every day.
        "max_drawdown": quantstats.max_drawdown(bars),
    }
    for key, value in theirs.items():
        assert getattr(run.stats, key) == near(float(value)), key


def test_where_quantstats_means_something_else(run: ts.Run, days: Any, bars: Any) -> None:
    stats, n = run.stats, len(days)
    # Its drawdown is of daily returns where it is given those: it does not see a day's low.
    daily = float(quantstats.max_drawdown(days))
    assert stats.max_drawdown < daily
    assert stats.calmar == near(stats.cagr / abs(stats.max_drawdown))
    assert float(quantstats.calmar(days, periods=YEAR)) == near(stats.cagr / abs(daily))
    # It divides the squares of drawdowns by one less than the number of closes, ours by one
    # more, as the cash of the start is a point too.
    returns = bars.pct_change().dropna()
    over = (len(returns) + 1) / (len(returns) - 1)
    assert float(quantstats.ulcer_index(returns)) == near(stats.ulcer_index * over**0.5)
    # Its moments are pandas' estimates for a population, ours those of the sample, and its
    # kurtosis is what is above that of a normal distribution.
    skew = stats.skewness * (n * (n - 1)) ** 0.5 / (n - 2)
    assert float(quantstats.skew(days)) == near(skew)
    excess = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (stats.kurtosis - 3) + 6)
    assert float(quantstats.kurtosis(days)) == near(excess)
    # So its probabilistic Sharpe ratio differs by as much, and no more.
    theirs = float(quantstats.probabilistic_sharpe_ratio(days, periods=YEAR))
    assert theirs != near(stats.probabilistic_sharpe)
    assert theirs == pytest.approx(stats.probabilistic_sharpe, rel=0.01)
    # Its value at risk is that of a normal distribution, ours the quantile of the days.
    assert stats.var_95 == near(float(np.quantile(days, 0.05)))
    # Its win rate and Kelly fraction are of days, ours of trades.
    assert float(quantstats.win_rate(days)) == near((days > 0).sum() / (days != 0).sum())
    assert stats.win_rate == near((run.trades["net_pnl"] > 0).mean())


def test_skfolio_has_the_same_ratios(run: ts.Run, days: Any, bars: Any) -> None:
    returns = days.to_numpy()
    down = skfolio.get_drawdowns(bars.pct_change().dropna().to_numpy(), compounded=True)
    theirs = {
        "volatility": skfolio.standard_deviation(returns) * YEAR**0.5,
        "sharpe_daily": skfolio.mean(returns) / skfolio.standard_deviation(returns),
        "skewness": skfolio.skew(returns),
        "kurtosis": skfolio.kurtosis(returns),
        "probabilistic_sharpe": skfolio.probabilistic_sharpe_ratio(returns),
        "max_drawdown": -skfolio.max_drawdown(down),
    }
    for key, value in theirs.items():
        assert getattr(run.stats, key) == near(float(value)), key


def test_where_skfolio_means_something_else(run: ts.Run, days: Any, bars: Any) -> None:
    stats, n, returns = run.stats, len(days), days.to_numpy()
    # Its semi-deviation divides by one less than the number of days, as Sortino does not.
    below = skfolio.semi_deviation(returns, min_acceptable_return=0) * ((n - 1) / n) ** 0.5
    assert stats.sortino == near(skfolio.mean(returns) / below * YEAR**0.5)
    # Its value at risk is a day's loss, ours lies between two of them; a loss is positive.
    ordered = np.sort(returns)
    at = int(np.floor(0.05 * (n - 1)))
    assert ordered[at] <= stats.var_95 <= ordered[at + 1]
    assert -skfolio.value_at_risk(returns, beta=0.95) in (ordered[at], ordered[at + 1])
    # Its shortfall is of exactly 5 % of the days, a part of one among them; ours of whole days.
    assert stats.cvar_95 == near(ordered[ordered <= stats.var_95].mean())
    share = 0.05 * n
    whole = int(np.floor(share))
    exact = (ordered[:whole].sum() + (share - whole) * ordered[whole]) / share
    assert float(skfolio.cvar(returns, beta=0.95)) == near(-exact)
    # Its ulcer index is of the closes, ours of the cash of the start too.
    down = skfolio.get_drawdowns(bars.pct_change().dropna().to_numpy(), compounded=True)
    over = (len(down) + 1) / len(down)
    assert float(skfolio.ulcer_index(down)) == near(stats.ulcer_index * over**0.5)


def test_skfolio_deflates_a_sharpe_ratio_alike(tmp_path: Path) -> None:
    few = ["stop_loss == 0.002", "take_profit == 0.012", "max_hold_s == 900"]
    changes = {
        **FREE,
        "sweep.constraints": [*few, "min_buy_share == 0.6"],
        "sweep.random_entries": 0,
        "sweep.whole": 1,
        "instrument.data": ["data/FILUSDT-1m-2023-08.csv.gz"],
        "walk_forward.train_days": 20,
        "walk_forward.test_days": 10,
    }
    path = ROOT / "examples" / "sweep.toml"
    found = ts.sweep_file(path, set=changes, trials=tmp_path / "trials.jsonl", progress=False)
    assert found.validation is not None
    luck = found.validation.luck_here
    assert luck is not None and luck.sets == 16
    returns = found.best_run().to_pandas().to_numpy()
    assert luck.sharpe == near(skfolio.mean(returns) / skfolio.standard_deviation(returns))
    bar = skfolio.expected_max_sharpe_ratio(luck.effective, luck.sharpe_std)
    assert luck.bar == near(float(bar))
    deflated = skfolio.probabilistic_sharpe_ratio(returns, benchmark_sharpe_ratio=bar)
    assert luck.deflated == near(float(deflated))
    # The ratio that it takes as the trials' spread is of all 16, as if each were independent.
    daily = found.frame["sharpe"] / YEAR**0.5
    theirs = skfolio.deflated_sharpe_ratio(returns, daily.to_numpy())
    assert float(theirs) < luck.deflated
