"""Features as columns, held against TA-Lib, polars and NumPy."""

import pickle
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
import talib

import tickstep as ts

AUGUST = "examples/data/FILUSDT-1m-2023-08.csv.gz"


@pytest.fixture(scope="module")
def bars():
    return ts.read_bars(AUGUST)


@pytest.fixture(scope="module")
def frame(bars):
    return bars.to_polars()


def column(bars, feature):
    return ts.features(bars, [feature])[feature.name].to_numpy()


def assert_near(ours, theirs, tolerance=1e-9):
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.nanmax(np.abs(ours - theirs)) < tolerance


@pytest.mark.parametrize("period", [2, 5, 14, 200])
def test_indicators_are_those_of_ta_lib(bars, frame, period):
    high, low, close = (frame[name].to_numpy() for name in ("high", "low", "close"))
    assert_near(column(bars, ts.rsi(period)), talib.RSI(close, period))
    assert_near(column(bars, ts.ema(period)), talib.EMA(close, period))
    assert_near(column(bars, ts.atr(period)), talib.ATR(high, low, close, period))
    assert_near(column(bars, ts.sma(period)), talib.SMA(close, period))
    # TA-Lib takes the variance as a difference of means of squares, which cancels.
    assert_near(column(bars, ts.deviation(period)), talib.STDDEV(close, period), 1e-6)
    bands = talib.BBANDS(close, period, 2.5, 2.5)
    for band, theirs in zip(("upper", "middle", "lower"), bands, strict=True):
        assert_near(column(bars, ts.bollinger(period, 2.5, band)), theirs, 1e-5)
    for output, theirs in zip(
        ("line", "signal", "histogram"), talib.MACD(close, period, period + 7, 5), strict=True
    ):
        assert_near(column(bars, ts.macd(period, period + 7, 5, output)), theirs)


def test_exact_ones_are_those_of_polars(bars, frame):
    asked = {
        ts.open(): pl.col("open"),
        ts.high(): pl.col("high"),
        ts.low(): pl.col("low"),
        ts.close(): pl.col("close"),
        ts.volume(): pl.col("volume"),
        ts.taker_buy(): pl.col("taker_buy_volume"),
        ts.highest(20): pl.col("high").rolling_max(20).shift(1),
        ts.lowest(20): pl.col("low").rolling_min(20).shift(1),
        ts.buy_share(): pl.when(pl.col("volume") > 0).then(
            (pl.col("taker_buy_volume") * 10).round() / (pl.col("volume") * 10).round()
        ),
        ts.buy_share("close_location"): pl.when(
            (pl.col("volume") > 0) & (pl.col("high") > pl.col("low"))
        ).then(
            ((pl.col("close") - pl.col("low")) * 1000).round()
            / ((pl.col("high") - pl.col("low")) * 1000).round()
        ),
    }
    seen = ts.features(bars, asked)
    expected = frame.select(**{one.name: expr for one, expr in asked.items()})
    for name in expected.columns:
        assert seen[name].equals(expected[name], null_equal=True), name


def test_quotients_are_rounded_once(bars, frame):
    ticks = (frame["close"] * 1000).round().cast(pl.Int64).to_list()
    lots = (frame["volume"] * 10).round().cast(pl.Int64).to_list()
    seen = ts.features(bars, [ts.sma(7), ts.volume_ratio(20), ts.close_sum(7)])
    sma, ratio, total = (seen[name].to_list() for name in seen.columns[1:])
    for at in range(6, 3000):
        # Python divides whole numbers with one rounding.
        assert sma[at] == sum(ticks[at - 6 : at + 1]) / 7000
        assert total[at] == sum(ticks[at - 6 : at + 1]) / 1000
    for at in range(20, 3000):
        before = sum(lots[at - 20 : at])
        assert ratio[at] == (lots[at] * 20 / before if before else None)
    assert sma[:6] == [None] * 6 and ratio[:20] == [None] * 20


def test_a_longer_timeframe_moves_when_its_bar_has_closed(bars, frame):
    seen = ts.features(bars, [ts.close("5m"), ts.highest(3, "5m"), ts.sma(4, timedelta(minutes=5))])
    assert seen.columns == ["close_time", "close_5m", "highest_3_5m", "sma_4_5m"]
    five = (
        frame.group_by_dynamic("open_time", every="5m")
        .agg(pl.col("high").max(), pl.col("close").last())
        .select(
            # The instant at which the five minutes have closed.
            close_time=pl.col("open_time").dt.offset_by("5m").dt.cast_time_unit("ns"),
            close=pl.col("close"),
            highest=pl.col("high").rolling_max(3).shift(1),
        )
    )
    joined = seen.join_asof(five, on="close_time", strategy="backward")
    assert joined["close_5m"].equals(joined["close"])
    assert joined["highest_3_5m"].equals(joined["highest"])


def test_it_is_what_the_frame_says_of_its_times(bars, frame):
    seen = ts.features(bars, ts.rsi(14))
    assert seen.schema["close_time"] == pl.Datetime("ns", "UTC")
    assert (seen["close_time"] - frame["open_time"]).unique().to_list() == [timedelta(minutes=1)]


def test_features_are_values():
    one = ts.highest(20, "5m")
    assert one == ts.highest(20, "5m") and hash(one) == hash(ts.highest(20, "5m"))
    assert one != ts.highest(20) and one != ts.highest(21, "5m") and one != one.named("top")
    for feature in (one, one.named("top"), ts.macd(output="signal"), ts.bollinger(20, Decimal("2.5"))):
        again = pickle.loads(pickle.dumps(feature))
        assert again == feature and repr(again) == repr(feature)
    assert repr(one.named("top")) == "ts.highest(period=20, timeframe='5m').named('top')"
    with pytest.raises(AttributeError):
        one.name = "other"


@pytest.mark.parametrize(
    ("make", "argument", "words"),
    [
        (lambda: ts.rsi(0), "period", "1 to 1000000"),
        (lambda: ts.rsi(-1), "period", "-1 is not allowed"),
        (lambda: ts.rsi(2.5), "period", "2.5 is not allowed; it must be a whole number"),
        (lambda: ts.rsi(True), "period", "True is not allowed"),
        (lambda: ts.rsi("14"), "period", "'14' is not allowed"),
        (lambda: ts.rsi(10**30), "period", "is not allowed"),
        (lambda: ts.sma(2_000_000), "period", "1 to 1000000"),
        (lambda: ts.macd(26, 12), "fast", "below slow"),
        (lambda: ts.macd(output="lines"), "output", "'line' or 'signal' or 'histogram'"),
        (lambda: ts.bollinger(20, -1), "k", "0 to 100"),
        (lambda: ts.bollinger(20, float("nan")), "k", "nan is not allowed"),
        (lambda: ts.support(0, 2, 3), "left", "out of range"),
        (lambda: ts.support(2, 2, 1000), "keep", "1 to 100"),
        (lambda: ts.buy_share("guess"), "split", "'taker' or 'close_location'"),
    ],
)
def test_an_argument_out_of_range_is_named(make, argument, words):
    with pytest.raises(ts.ParamError) as caught:
        make()
    assert caught.value.argument == argument
    assert words in str(caught.value)


@pytest.mark.parametrize("timeframe", ["", "5", "0m", "-5m", "5 m", 5, timedelta(0), [], "x" * 99])
def test_a_timeframe_is_a_span(timeframe):
    with pytest.raises(ts.ConfigError, match="timeframe: .* is not a span of time") as caught:
        ts.rsi(14, timeframe)
    assert caught.value.argument == "timeframe"


def test_what_cannot_be_computed_is_refused(bars):
    with pytest.raises(ts.ParamError, match="cannot be built from bars of 60 s"):
        ts.features(bars, [ts.rsi(14, "90s")])
    with pytest.raises(ts.ConfigError, match="two columns would be called 'rsi_14'"):
        ts.features(bars, [ts.rsi(14), ts.rsi(14)])
    with pytest.raises(ts.ConfigError, match="is not a feature"):
        ts.features(bars, ["rsi"])
    with pytest.raises(ts.ConfigError, match="max_gap"):
        ts.features(bars, [ts.rsi(14)], max_gap=10_001)
