"""vectorbt beside tickstep's sweep bench, in one run, for whoever has vectorbt.

    pip install vectorbt
    python benches/vectorbt_sweep.py [--sets 100]

Times a moving-average cross with vectorbt over the same year of minutes that
`cargo bench --bench sweep` makes of the bundled candles (close prices; entries and
exits filled at the next close, as it has no next open of its own), then runs that
bench. Both print million bars x sets per CPU second. vectorbt keeps every column in
memory, so the number of sets is small by default; its licence is Apache 2.0 with
the Commons Clause, and nothing of tickstep depends on it.
"""

import argparse
import csv
import gzip
import pathlib
import resource
import subprocess
import time

BARS = 525_600
ROOT = pathlib.Path(__file__).resolve().parent.parent


def closes():
    """Closes of the bundled months, repeated up to a year."""
    prices = []
    for path in sorted((ROOT / "examples/data").glob("FILUSDT-1m-2023-*.csv.gz")):
        with gzip.open(path, "rt") as lines:
            rows = csv.reader(lines)
            prices += [float(row[4]) for row in rows if row[0].isdigit()]
    return (prices * (BARS // len(prices) + 1))[:BARS]


def vectorbt(prices, sets):
    """CPU seconds of `sets` crosses, compiled code warm, and peak memory in MB."""
    import numpy as np
    import pandas as pd
    import vectorbt as vbt

    close = pd.Series(np.array(prices))
    pairs = [(4 * f, 100 + 10 * s) for f in range(1, 26) for s in range(1, 41)][: sets]

    def run(pairs):
        fast = vbt.MA.run(close, window=[p[0] for p in pairs], short_name="fast")
        slow = vbt.MA.run(close, window=[p[1] for p in pairs], short_name="slow")
        long, short = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
        portfolio = vbt.Portfolio.from_signals(
            close, long, short_entries=short, fees=0.0004, size=10_000, size_type="value",
            init_cash=1_000_000, upon_opposite_entry="reverse", freq="1min",
        )
        trades = portfolio.trades
        return (
            portfolio.total_return(), portfolio.max_drawdown(), trades.count(),
            trades.win_rate(), trades.profit_factor(), portfolio.sharpe_ratio(),
        )

    run(pairs[:2])
    began = time.process_time()
    run(pairs)
    spent = time.process_time() - began
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=50, help="crosses that vectorbt runs")
    sets = parser.parse_args().sets
    try:
        cpu, peak = vectorbt(closes(), sets)
    except ImportError:
        print("vectorbt is not installed: pip install vectorbt")
    else:
        speed = sets * BARS / cpu / 1e6
        print(f"vectorbt cross: {speed:.1f} M over {sets} sets, {cpu:.1f} CPU s, peak {peak:.0f} MB")
    command = ["cargo", "bench", "-p", "tickstep-benches", "--bench", "sweep"]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
