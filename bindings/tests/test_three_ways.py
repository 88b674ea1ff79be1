"""The same scalper built in, as signal columns and as a class: the same trades."""

from __future__ import annotations

import polars as pl
import pytest
import tickstep as ts

MONTHS = ["FILUSDT-1m-2023-08", "NEARUSDT-1m-2023-09"]
ACCOUNT = {
    "maker_fee": 0.0002,
    "taker_fee": 0.0005,
    "slippage": ts.ticks(1),
    "sizing": ts.FixedNotional(10_000),
}
EXITS = {"take_profit": 0.004, "stop_loss": 0.0025, "max_hold": "5m"}
# An RSI so near to a level is equal to it.
TIE = 1e-9


def columns(
    bars: ts.Bars, spike: float, share: float, ma: int, rsi: int, high: float, low: float
) -> pl.DataFrame:
    seen = ts.features(
        bars,
        [
            ts.volume_ratio(20).named("ratio"),
            ts.buy_share().named("share"),
            ts.sma(ma).named("mean"),
            ts.rsi(rsi).named("rsi"),
        ],
    )
    seen = seen.with_columns(close=bars.to_polars()["close"])
    close, mean = pl.col("close"), pl.col("mean")
    up = (close > mean) & (close.shift(1) <= mean.shift(1))
    down = (close < mean) & (close.shift(1) >= mean.shift(1))
    spiked = pl.col("ratio") >= spike
    return seen.select(
        long=(
            spiked & up & (pl.col("share") >= share) & (high - pl.col("rsi") > TIE)
        ).fill_null(False),
        short=(
            spiked & down & (pl.col("share") <= 1 - share) & (pl.col("rsi") - low > TIE)
        ).fill_null(False),
    )


class Mine(ts.Strategy):
    spike: float = 3
    share: float = 0.6
    ma: int = 5
    rsi: int = 14
    high: float = 70
    low: float = 30

    def features(self):
        return {
            "ratio": ts.volume_ratio(20),
            "bought": ts.buy_share(),
            "mean": ts.sma(self.ma),
            "strength": ts.rsi(self.rsi),
        }

    def start(self):
        self.before = None

    def on_bar(self, now):
        before, self.before = self.before, (now.close, now.mean)
        if before is None or before[1] is None or now.ratio is None or now.ratio < self.spike:
            return None
        up = now.close > now.mean and before[0] <= before[1]
        down = now.close < now.mean and before[0] >= before[1]
        if up and now.bought >= self.share and self.high - now.strength > TIE:
            return ts.buy(**EXITS, reason={"rsi": now.strength})
        if down and now.bought <= 1 - self.share and now.strength - self.low > TIE:
            return ts.sell(**EXITS)
        return None


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(
    ("spike", "share", "ma", "rsi", "high", "low"),
    [(3, 0.6, 5, 14, 70, 30), (2, 0.5, 9, 7, 80, 20), (1.5, 0.55, 3, 2, 90, 10)],
)
def test_the_same_trades_to_the_last_digit(month, spike, share, ma, rsi, high, low):
    bars = ts.read_bars(f"examples/data/{month}.csv.gz")
    built_in = ts.Scalper(
        pressure_rule="buy_share",
        spike_multiple=spike,
        min_buy_share=share,
        ma_period=ma,
        rsi_period=rsi,
        overbought=high,
        oversold=low,
        take_profit=EXITS["take_profit"],
        stop_loss=EXITS["stop_loss"],
        max_hold_s=EXITS["max_hold"],
        name="same",
    )
    signals = columns(bars, spike, share, ma, rsi, high, low)
    of_columns = ts.Signals(long=signals["long"], short=signals["short"], **EXITS, name="same")
    of_class = Mine(spike=spike, share=share, ma=ma, rsi=rsi, high=high, low=low, name="same")
    runs = [ts.backtest(bars, one, **ACCOUNT) for one in (built_in, of_columns, of_class)]
    exact = [pl.DataFrame(run._native.trades(exact=True)) for run in runs]
    assert exact[0].height > 300
    assert set(exact[0]["side"].unique()) == {"long", "short"}
    assert "opposite" in exact[0]["exit_reason"].to_list(), "a reversal is among them"
    for other in exact[1:]:
        assert other.equals(exact[0])
    equities = [pl.DataFrame(run._native.equity(exact=True)) for run in runs]
    assert equities[1].equals(equities[0])
    assert equities[2].equals(equities[0])
    for run in runs[1:]:
        assert run.stats == runs[0].stats
