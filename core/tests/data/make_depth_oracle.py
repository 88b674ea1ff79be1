"""Writes depth_oracle.csv: the depth analysis of every update of the recorded
book beside this file, for four sets of parameters.

Made to be compared with the library, so it shares nothing with it: prices are
dollars, every number is an exact Fraction until it is printed, and nothing is
kept from one update to the next that could be looked up again.

    python3 make_depth_oracle.py
"""

import csv
import json
import pathlib
import statistics
from fractions import Fraction as F

HERE = pathlib.Path(__file__).parent
TICK = F("0.0001")
# name: depth, large_multiple, cluster_bps, band_bps, liquidity_span, shift_window ms
SETS = {
    "spec": (10, F(5), F(5), F(10), 100, 1000),
    "deep": (50, F("2.5"), F("0.6"), F(10), 20, 500),
    # One tick is 0.5119 bps at 1.9535: above it levels chain, below each stands alone.
    "edge": (40, F(3), F("0.5119"), F(5), 10, 1000),
    "touch": (1, F("1.5"), F(0), F("0.3"), 2, 100),
}
COLUMNS = (
    "set ts bid_lots total_lots spread_bps mid microprice large_bid_lots large_bid_share"
    " large_ask_lots large_ask_share support support_lots resistance resistance_lots"
    " liquidity_score imbalance_change depth_change rapid_change"
).split()


def books():
    """(ts in ms, bids best first, asks best first) after each line of the recording."""
    sides = {"b": {}, "a": {}}
    for line in (HERE / "xrpusdt_bybit_20241201.jsonl").read_text().splitlines():
        message = json.loads(line)
        for key, side in sides.items():
            if message["type"] == "snapshot":
                side.clear()
            for price, size in message[key]:
                side[F(price)] = F(size)
                if side[F(price)] == 0:
                    del side[F(price)]
        bids = sorted(sides["b"].items(), reverse=True)
        asks = sorted(sides["a"].items())
        assert bids[0][0] < asks[0][0], "the recording is not crossed"
        yield message["ts"], bids, asks


def quantity(side):
    return sum(q for _, q in side)


def heaviest(side, cluster_bps):
    clusters = []
    for i, (price, size) in enumerate(side):
        if i and abs(price - side[i - 1][0]) / side[i - 1][0] * 10_000 <= cluster_bps:
            clusters[-1].append((price, size))
        else:
            clusters.append([(price, size)])
    best = max(clusters, key=quantity)  # max keeps the first of equals: the nearer one
    return sum(p * q for p, q in best) / quantity(best), quantity(best)


def band_notional(bids, asks, band_bps):
    mid = (bids[0][0] + asks[0][0]) / 2
    inside = lambda side: sum(p * q for p, q in side if abs(p - mid) / mid * 10_000 <= band_bps)
    return min(inside(bids), inside(asks))


def rows(name, depth, multiple, cluster_bps, band_bps, span, window):
    history, notionals = [], []
    for ts, bids, asks in books():
        bids, asks = bids[:depth], asks[:depth]
        (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
        mid = (bid + ask) / 2
        total = quantity(bids) + quantity(asks)
        imbalance = quantity(bids) / total

        median = statistics.median([q for _, q in bids + asks])
        large = lambda side: sum(q for _, q in side if q >= multiple * median)
        support, support_lots = heaviest(bids, cluster_bps)
        resistance, resistance_lots = heaviest(asks, cluster_bps)

        notionals.append(band_notional(bids, asks, band_bps))
        alpha, mean = F(2, span + 1), notionals[0]
        for d in notionals[1:]:
            mean = alpha * d + (1 - alpha) * mean
        d = notionals[-1]

        history.append((ts, imbalance, total))
        then = [state for state in history if state[0] <= ts - window]
        shift = ["", "", ""]
        if then:
            _, imbalance_then, total_then = then[-1]
            change, depth_change = imbalance - imbalance_then, total / total_then - 1
            rapid = abs(change) >= F("0.2") or depth_change <= F("-0.5")
            shift = [float(change), float(depth_change), str(rapid).lower()]

        yield [
            name,
            ts,
            quantity(bids),
            total,
            float((ask - bid) / mid * 10_000),
            float(mid / TICK),
            float((bid * ask_size + ask * bid_size) / (bid_size + ask_size) / TICK),
            large(bids),
            float(F(large(bids)) / quantity(bids)),
            large(asks),
            float(F(large(asks)) / quantity(asks)),
            float(support / TICK),
            support_lots,
            float(resistance / TICK),
            resistance_lots,
            float(d / (d + mean)) if d + mean else "",
            *shift,
        ]


with open(HERE / "depth_oracle.csv", "w", newline="") as out:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, params in SETS.items():
        writer.writerows(rows(name, *params))
