"""Backtests of short-horizon strategies that are exact to the last digit.

>>> import tickstep as ts
>>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
>>> run = ts.backtest(bars, ts.Scalper(pressure_rule="buy_share"), maker_fee=0.0002,
...                   taker_fee=0.0005, slippage=ts.ticks(1), sizing=ts.FixedNotional(10_000))
>>> run.trades.height == run.stats["# Trades"]
True
"""

from tickstep._account import Account, backtest, run
from tickstep._bars import Bars
from tickstep._check import Check, check
from tickstep._features import (
    Feature,
    atr,
    bollinger,
    buy_share,
    close,
    close_sum,
    deviation,
    ema,
    features,
    high,
    highest,
    low,
    lowest,
    macd,
    open,
    resistance,
    rsi,
    sma,
    streak,
    support,
    taker_buy,
    volume,
    volume_ratio,
    volume_sum_before,
    vwap,
)
from tickstep._files import read_bars
from tickstep._found import Cube, Surface, SweepResult
from tickstep._leaks import Leak, LookaheadReport
from tickstep._lookahead import check_lookahead
from tickstep._native import __version__
from tickstep.errors import (
    ConfigError,
    DataError,
    Error,
    InternalError,
    InterruptedError,
    OutputError,
    ParamError,
    StrategyError,
)
from tickstep._run import Bounds, Run, Term
from tickstep._search import Search
from tickstep._space import integers, log_uniform, steps, uniform
from tickstep._stats import Metric, Stats
from tickstep._sweep import sweep, sweep_file
from tickstep._signals import Signals, simulate
from tickstep._strategies import AtrExits, Scalper, SmaCross
from tickstep._strategy import ClosedTrade, Strategy, buy, exit, move_stop, sell
from tickstep._terms import (
    Convert,
    FixedNotional,
    FixedQuantity,
    Funding,
    Kelly,
    Risk,
    Terms,
    bps,
    ticks,
)
from tickstep._validation import Figures, Validation, Verdict, WalkForward

# `open` and `exit` are left out: a star import must not hide the built-in ones.
__all__ = [
    "Account",
    "AtrExits",
    "Bars",
    "Bounds",
    "Check",
    "ClosedTrade",
    "ConfigError",
    "Convert",
    "Cube",
    "DataError",
    "Error",
    "Feature",
    "Figures",
    "FixedNotional",
    "FixedQuantity",
    "Funding",
    "InternalError",
    "InterruptedError",
    "Kelly",
    "Leak",
    "LookaheadReport",
    "Metric",
    "OutputError",
    "ParamError",
    "Risk",
    "Run",
    "Scalper",
    "Search",
    "Signals",
    "SmaCross",
    "Stats",
    "Strategy",
    "StrategyError",
    "Surface",
    "SweepResult",
    "Term",
    "Terms",
    "Validation",
    "Verdict",
    "WalkForward",
    "__version__",
    "atr",
    "backtest",
    "bollinger",
    "bps",
    "buy",
    "buy_share",
    "check",
    "check_lookahead",
    "close",
    "close_sum",
    "deviation",
    "ema",
    "features",
    "high",
    "highest",
    "integers",
    "log_uniform",
    "low",
    "lowest",
    "macd",
    "move_stop",
    "read_bars",
    "resistance",
    "rsi",
    "run",
    "sell",
    "simulate",
    "sma",
    "steps",
    "streak",
    "support",
    "sweep",
    "sweep_file",
    "taker_buy",
    "ticks",
    "uniform",
    "volume",
    "volume_ratio",
    "volume_sum_before",
    "vwap",
]
