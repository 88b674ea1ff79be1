"""Writes metrics.json: figures of other libraries for a few return series.

Run by hand, after `pip install empyrical-reloaded==0.7.1 quantstats==0.0.86 scipy numpy pandas`:

    python make_metrics.py

quantstats guesses "these are prices" when no value is negative and one exceeds 1,
so every series here has negatives. `metrics_oracle.rs` reads the result and lists
the figures that are meant to differ.
"""

import json
from importlib.metadata import version
from pathlib import Path

import empyrical as em
import numpy as np
import pandas as pd
import quantstats.stats as qs
from scipy import stats as sp

A = 365

# Last bid of each day, XAUUSD, 2014-05-01 to 05-15: from the sample data of
# QuantConnect/Lean (Apache-2.0).
GOLD_DAILY = [
    1284.027, 1299.055, 1300.34, 1310.991, 1307.326, 1290.35, 1290.875, 1287.637,
    1283.347, 1295.609, 1294.971, 1305.293, 1296.983,
]  # fmt: skip

# Last price of each hour, BTCUSDT spot, 2025-10-29 to 11-01: from the sample data
# of Karasik777/ForecastTest (MIT).
BTC_HOURLY = [
    112810.55, 113039.1, 113284.2, 113577.9, 113070.94, 112974.44, 112870.01, 113132.36,
    113139.13, 112873.07, 112488.44, 111509.74, 111106.35, 111883.49, 110806.38, 110640.0,
    111433.46, 111617.26, 111028.2, 110021.29, 110559.48, 110460.76, 110985.92, 110751.47,
    108575.27, 110248.29, 110768.01, 111366.72, 110714.31, 110171.69, 110105.75, 109717.29,
    108387.86, 107627.16, 108285.54, 107711.56, 108144.57, 107486.69, 106837.09, 106536.39,
    107510.91, 107907.68, 107912.81, 108322.88, 109317.21, 109619.77, 108857.99, 109227.86,
    110084.02, 109899.15, 109650.0, 109449.31, 110062.44, 109848.39, 109819.2, 110415.61,
    109653.19, 110157.54, 110790.14, 110202.9, 108845.4, 109299.98, 109452.35, 109828.78,
    109493.85, 109558.48, 109580.09, 109608.01, 109730.78, 109734.11, 109790.27, 110226.37,
]  # fmt: skip


def of_prices(prices):
    p = np.array(prices)
    return p[1:] / p[:-1] - 1


def series():
    rng = np.random.default_rng(20240229)
    fixture = of_prices([100, 110, 99, 105, 121, 90, 95, 130])
    normal = rng.normal(0.001, 0.02, 400)
    fat = 0.012 * rng.standard_t(4, 500) - 0.0005
    flat = np.where(rng.random(300) < 0.7, 0.0, rng.normal(0.002, 0.01, 300))
    return {
        "fixture": fixture,
        "normal": normal,
        "fat_tails_losing": fat,
        "mostly_flat": flat,
        "gold_daily": of_prices(GOLD_DAILY),
        "btc_hourly": of_prices(BTC_HOURLY),
    }


def empyrical(r):
    s = pd.Series(r)
    return {
        "sharpe": em.sharpe_ratio(s, annualization=A),
        "sortino": em.sortino_ratio(s, annualization=A),
        "cagr": em.cagr(s, annualization=A),
        "volatility": em.annual_volatility(s, annualization=A),
        "max_drawdown": em.max_drawdown(s),
        "calmar": em.calmar_ratio(s, annualization=A),
        "omega": em.omega_ratio(s, annualization=A),
        "omega_5_percent": em.omega_ratio(s, required_return=0.05, annualization=A),
        "tail_ratio": em.tail_ratio(s),
        "value_at_risk": em.value_at_risk(s, cutoff=0.05),
        "conditional_value_at_risk": em.conditional_value_at_risk(s, cutoff=0.05),
    }


def quantstats(r):
    s = pd.Series(r, index=pd.date_range("2023-01-01", periods=len(r)))
    return {
        "sharpe": qs.sharpe(s, periods=A),
        "sortino": qs.sortino(s, periods=A),
        "cagr": qs.cagr(s, periods=A),
        "volatility": qs.volatility(s, periods=A),
        "max_drawdown": qs.max_drawdown(s),
        "calmar": qs.calmar(s, periods=A),
        "omega": qs.omega(s, periods=A),
        "tail_ratio": qs.tail_ratio(s),
        "value_at_risk": qs.value_at_risk(s),
        "conditional_value_at_risk": qs.conditional_value_at_risk(s),
        "ulcer_index": qs.ulcer_index(s),
        "probabilistic_sharpe": qs.probabilistic_sharpe_ratio(s, periods=A),
    }


def scipy(r):
    """Population moments and the probabilistic Sharpe ratio from them."""
    sr = r.mean() / r.std(ddof=1)
    g3, g4 = sp.skew(r), sp.kurtosis(r, fisher=False)
    root = np.sqrt((len(r) - 1) / (1 - g3 * sr + (g4 - 1) / 4 * sr**2))
    equity = np.concatenate([[1.0], np.cumprod(1 + r)])
    dd = equity / np.maximum.accumulate(equity) - 1
    return {
        "skewness": g3,
        "kurtosis": g4,
        "probabilistic_sharpe": sp.norm.cdf(sr * root),
        "ulcer_index": np.sqrt(np.mean(dd**2)),
    }


def rows():
    for name, r in series().items():
        figures = {"empyrical": empyrical(r), "quantstats": quantstats(r), "scipy": scipy(r)}
        plain = {k: {m: float(x) for m, x in v.items()} for k, v in figures.items()}
        yield {"name": name, "returns": [float(x) for x in r]} | plain


def main():
    names = ["empyrical-reloaded", "quantstats", "scipy", "numpy", "pandas"]
    out = {"versions": {n: version(n) for n in names}, "series": list(rows())}
    path = Path(__file__).with_name("metrics.json")
    path.write_text(json.dumps(out, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
