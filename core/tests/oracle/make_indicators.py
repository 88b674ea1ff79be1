"""Writes indicators.csv, what TA-Lib says about the bars in fil_2023-08_head.csv.

tests/indicators.rs holds tickstep's indicators to it. Prices go in as ticks of
0.001, so the results are in ticks too. A row per bar; an empty cell is
undefined (warm-up); floats are written with repr, so nothing is lost.

Run it in this folder, only when a column is added:

    python3 -m venv .venv && .venv/bin/pip install TA-Lib
    .venv/bin/python make_indicators.py
"""

import csv
import math
import pathlib

import numpy as np
import talib

HERE = pathlib.Path(__file__).parent
TICKS_PER_UNIT = 1000


def main() -> None:
    with open(HERE / "fil_2023-08_head.csv", newline="") as source:
        bars = list(csv.DictReader(source))

    def ticks(column: str) -> np.ndarray:
        return np.array([float(round(float(bar[column]) * TICKS_PER_UNIT)) for bar in bars])

    high, low, close = ticks("high"), ticks("low"), ticks("close")
    macd_line, macd_signal, macd_histogram = talib.MACD(close, 12, 26, 9)
    bb_upper, bb_middle, bb_lower = talib.BBANDS(close, 20, 2.0, 2.0)
    columns = {
        "sma_5": talib.SMA(close, 5),
        "sma_20": talib.SMA(close, 20),
        "ema_12": talib.EMA(close, 12),
        "rsi_14": talib.RSI(close, 14),
        "rsi_9": talib.RSI(close, 9),
        "atr_14": talib.ATR(high, low, close, 14),
        "macd_line": macd_line,
        "macd_signal": macd_signal,
        "macd_histogram": macd_histogram,
        "bb_upper": bb_upper,
        "bb_middle": bb_middle,
        "bb_lower": bb_lower,
        "stddev_20": talib.STDDEV(close, 20, 1.0),
        "max_20": talib.MAX(close, 20),
        "min_20": talib.MIN(close, 20),
    }
    with open(HERE / "indicators.csv", "w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values()):
            writer.writerow("" if math.isnan(value) else repr(float(value)) for value in row)


if __name__ == "__main__":
    main()
