"""CPU seconds of the Python package beside its peers, each on the same job in one run.

    python benches/python/peers.py [--repeat 7]

Needs tickstep as a release wheel; vectorbt and nautilus_trader are timed where they are
installed, and passed over, in words, where they are not. Nothing is timed before the
trades of the two are equal: a peer that trades otherwise is no measure.

The bars are the four bundled months of FILUSDT, three times one after the other, cut to
525,600: a year of minutes at prices that were paid.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import tickstep as ts

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
BARS = 525_600
MINUTE_NS = 60_000_000_000
FREE = {"maker_fee": 0, "taker_fee": 0, "slippage": ts.ticks(0)}
GRID = {"symbol": "FILUSDT", "interval": "1m", "tick_size": "0.001", "lot_step": "0.1"}


def a_year() -> pl.DataFrame:
    months = ts.read_bars(DATA / "FILUSDT-1m-2023-*.csv.gz", tick_size="0.001", lot_step="0.1")
    once = months.to_polars().drop("open_time")
    frame = pl.concat([once] * 3).head(BARS)
    start = 1_672_531_200_000_000_000
    times = start + np.arange(BARS, dtype=np.int64) * MINUTE_NS
    opens = pl.Series("open_time", times).cast(pl.Datetime("ns", "UTC"))
    return frame.insert_column(0, opens)


def signals(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A long position while the mean of 20 closes is above that of 100."""
    close = frame["close"]
    above = (close.rolling_mean(20) > close.rolling_mean(100)).fill_null(False).to_numpy()
    before = np.concatenate([[False], above[:-1]])
    return above & ~before, before & ~above


def cpu(work: Callable[[], Any], repeat: int) -> tuple[float, float]:
    """CPU seconds of the first call, and the least of the others."""
    taken = []
    for _ in range(repeat + 1):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return taken[0], min(taken[1:])


def row(what: str, first: float, least: float, target: str) -> None:
    print(f"{what:<52} {least:>9.4f} {first:>9.4f}   {target}")


def against_vectorbt(bars: ts.Bars, frame: pl.DataFrame, repeat: int) -> None:
    enter, leave = signals(frame)

    def ours() -> ts.Run:
        return ts.simulate(
            bars, long=enter, exit_long=leave, sizing=ts.FixedQuantity(10), leverage=10,
            cash=1_000_000, **FREE,
        )

    trades = ours().trades
    if importlib.util.find_spec("vectorbt") is None:
        print("vectorbt is not installed: not timed")
    else:
        import vectorbt as vbt

        # vectorbt fills at the price of the signal's own row; the next open is the row below.
        price = frame["open"].shift(-1).fill_null(frame["close"][-1]).to_pandas()
        enters, leaves = (pl.Series(x).to_pandas() for x in (enter, leave))

        def theirs() -> Any:
            return vbt.Portfolio.from_signals(
                price, enters, leaves, size=10, init_cash=1_000_000, freq="1min"
            )

        records = theirs().trades.records
        closed = min(len(records), trades.height)
        assert abs(len(records) - trades.height) <= 1, (len(records), trades.height)
        for column, name in [("entry_price", "entry_price"), ("exit_price", "exit_price")]:
            ours_px = trades[column].to_numpy()[: closed - 1]
            np.testing.assert_allclose(records[name].to_numpy()[: closed - 1], ours_px, rtol=1e-9)
        row("vectorbt Portfolio.from_signals, the same trades", *cpu(theirs, repeat), "")
    row(f"ts.simulate, {trades.height:,} trades", *cpu(ours, repeat), "at most 0.02")


class Idle(ts.Strategy):
    """Looks at nothing and does nothing."""

    def on_bar(self, now: ts.Moment) -> None:
        return None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--repeat", type=int, default=7)
    repeat = arguments.parse_args().repeat
    frame = a_year()
    bars = ts.Bars.from_frame(frame, **GRID)
    print(f"{BARS:,} bars, CPU seconds{'least':>29} {'first':>9}   target")
    row("Bars.from_frame", *cpu(lambda: ts.Bars.from_frame(frame, **GRID), repeat), "at most 0.02")
    against_vectorbt(bars, frame, repeat)
    first, least = cpu(lambda: ts.backtest(bars, Idle(), **FREE), repeat)
    row("an empty on_bar", first, least, f"{BARS / least / 1e6:.2f} M bars/s; at least 1")
    many = ts.backtest(bars, ts.SmaCross(fast=5, slow=20), **FREE, sizing=ts.FixedQuantity(1))
    rows = min(10_000, many.trades.height)
    first, least = cpu(lambda: many.table("trades").head(10_000), repeat)
    row(f"a frame of {many.trades.height:,} trades ({rows:,} counted)", first, least, "0.005 for 10,000")
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import tickstep"], check=True)
    with_package = time.perf_counter() - start
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    row("import tickstep, beyond an empty interpreter", 0.0, with_package - (time.perf_counter() - start), "at most 0.15")


if __name__ == "__main__":
    main()
