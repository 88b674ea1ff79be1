"""Ways to look ahead, and ways that do not, though some seem to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

import tickstep as ts

C = pl.col("close")


def _signal(expr, df):
    return df.select(long=expr.fill_null(False))


def _dip():
    return (C < C.shift(5) * 0.997).fill_null(False)


def negative_shift(df):
    return _signal(C.shift(-3) > C * 1.002, df)


def one_bar(df):
    return _signal(C.shift(-1) > C, df)


def backward_fill(df):
    known = pl.int_range(pl.len()) % 15 == 14
    level = pl.when(known).then(C).otherwise(None).fill_null(strategy="backward")
    return _signal(C < level * 0.999, df)


def centred_window(df):
    return _signal(C < C.rolling_mean(21, center=True) * 0.999, df)


def global_zscore(df):
    return _signal((C - C.mean()) / C.std() < -1.5, df)


def right_labelled_resample(df):
    """The mean of five minutes is known when they are over, but stands at their start."""
    five = df.group_by_dynamic("open_time", every="5m", label="left").agg(five=C.mean())
    joined = df.join_asof(five, on="open_time")
    return _signal(C < pl.col("five") * 0.999, joined)


def same_bar_close_of_a_longer_one(df):
    hour = df.group_by(pl.col("open_time").dt.truncate("1h")).agg(hour=C.last())
    joined = df.with_columns(at=pl.col("open_time").dt.truncate("1h")).join(
        hour, left_on="at", right_on="open_time", maintain_order="left"
    )
    return _signal(pl.col("hour") > C * 1.003, joined)


def fitted_scaler(df):
    """As StandardScaler().fit_transform does."""
    closes = df["close"].to_numpy()
    return {"short": (closes - closes.mean()) / closes.std() > 1.6}


def asof_forward(df):
    later = df.gather_every(10).select("open_time", later=C)
    joined = df.join_asof(later, on="open_time", strategy="forward")
    return _signal(pl.col("later") > C * 1.001, joined)


def last_row(df):
    """Of pandas."""
    last = df["close"].iloc[-1]
    return pd.DataFrame({"long": df["close"] < last * 0.99})


def forming_longer_bar(df):
    """Of pandas: resampled, filled forward and not shifted."""
    hour = df["close"].resample("1h").last()
    return pd.DataFrame({"long": hour.reindex(df.index, method="ffill") > df["close"] * 1.002})


def min_max(df):
    return _signal((C - C.min()) / (C.max() - C.min()) < 0.1, df)


def quantile_of_all(df):
    return _signal(pl.col("volume") > pl.col("volume").quantile(0.98), df)


def interpolated(df):
    known = pl.int_range(pl.len()) % 10 == 0
    line = pl.when(known).then(C).otherwise(None).interpolate()
    return _signal(C < line * 0.999, df)


def central_difference(df):
    return {"long": np.gradient(df["close"].to_numpy()) > 0.004}


def centred_convolution(df):
    closes = df["close"].to_numpy()
    smooth = np.convolve(closes, np.ones(9) / 9, mode="same")
    return {"long": closes < smooth * 0.9985}


def rank_of_all(df):
    return _signal(C.rank() / pl.len() < 0.05, df)


def lowest_of_the_day(df):
    day = pl.col("open_time").dt.truncate("1d")
    return _signal(C <= C.min().over(day) * 1.001, df)


def high_of_its_own_day(df):
    day = df.group_by_dynamic("open_time", every="1d").agg(top=pl.col("high").max())
    joined = df.join_asof(day, on="open_time")
    return _signal(pl.col("high") >= pl.col("top") * 0.999, joined)


def length(df):
    return _signal(pl.lit(len(df) > 1_500) & (C > C.shift(1) * 1.002), df)


def only_exits(df):
    return df.select(long=_dip(), exit_long=(C.shift(-2) < C).fill_null(False))


def only_the_stop(df):
    range_ = (pl.col("high") - pl.col("low")).rolling_mean(9, center=True) / C
    return df.select(long=_dip(), stop_loss=range_.clip(0.0005, 0.5))


def only_the_target(df):
    return df.select(short=_dip(), take_profit=pl.lit(0.004) * C.std())


def suppressed_entries(df):
    """Enters unless it is about to lose."""
    return _signal((C < C.shift(5) * 0.997) & (C.shift(-10) >= C), df)


def reversed_sum(df):
    return _signal(pl.col("volume").cum_sum(reverse=True) % 7 < 0.5, df)


LEAKY = {
    "long": [
        negative_shift,
        one_bar,
        backward_fill,
        centred_window,
        global_zscore,
        right_labelled_resample,
        same_bar_close_of_a_longer_one,
        asof_forward,
        last_row,
        forming_longer_bar,
        min_max,
        quantile_of_all,
        interpolated,
        central_difference,
        centred_convolution,
        rank_of_all,
        lowest_of_the_day,
        high_of_its_own_day,
        length,
        suppressed_entries,
        reversed_sum,
    ],
    "short": [fitted_scaler],
    "exit_long": [only_exits],
    "stop_loss": [only_the_stop],
    "take_profit": [only_the_target],
}
"""What looks ahead, by the column in which it does."""


def ema(df):
    """Recursive: other with few bars before it than with many."""
    return _signal(C < C.ewm_mean(span=200, adjust=False) * 0.998, df)


def adjusted_ema(df):
    return _signal(C < C.ewm_mean(span=50, adjust=True) * 0.998, df)


def wilder(df):
    """Of pandas: RSI as most write it."""
    change = df["close"].diff()
    up = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    down = (-change.clip(upper=0)).ewm(alpha=1 / 14, adjust=False).mean()
    return pd.DataFrame({"long": 100 - 100 / (1 + up / down) < 25})


def bars_so_far(df):
    return _signal(pl.int_range(pl.len()) % 100 == 99, df)


def limit_like_offset(df):
    """The low is compared with an order below the close before."""
    return _signal(pl.col("low") < C.shift(1) * 0.998, df)


def cumulative_sum(df):
    signed = pl.when(C > C.shift(1)).then(pl.col("volume")).otherwise(-pl.col("volume"))
    total = signed.cum_sum()
    return _signal(total > total.shift(20) + 400_000, df)


def expanding_mean(df):
    mean = C.cum_sum() / (pl.int_range(pl.len()) + 1)
    return _signal(C < mean * 0.99, df)


def expanding_zscore(df):
    """Of pandas."""
    closes = df["close"]
    z = (closes - closes.expanding().mean()) / closes.expanding().std()
    return pd.DataFrame({"long": z < -2})


def expanding_extreme(df):
    return _signal(C == C.cum_min(), df)


def anchored_vwap(df):
    day = pl.col("open_time").dt.truncate("1d")
    typical = (pl.col("high") + pl.col("low") + C) / 3
    money = (typical * pl.col("volume")).cum_sum().over(day)
    return _signal(C < money / pl.col("volume").cum_sum().over(day) * 0.995, df)


def shifted(df):
    return _signal(C.shift(1) > C.shift(2) * 1.002, df)


def asof_backward(df):
    """An hour's close, from the bar on with which the hour is over."""
    hour = df.group_by_dynamic("open_time", every="1h").agg(hour=C.last())
    over = (pl.col("open_time") + pl.duration(minutes=59)).cast(df["open_time"].dtype)
    known = hour.select(over, "hour").filter(pl.col("open_time") <= df["open_time"].max())
    joined = df.join_asof(known, on="open_time")
    return _signal(C < pl.col("hour") * 0.995, joined)


def day_before(df):
    """Of pandas: the high of the day before."""
    high = df["high"].resample("1D").max().shift(1)
    return pd.DataFrame({"long": df["close"] > high.reindex(df.index, method="ffill")})


def rolling_quantile(df):
    volume = pl.col("volume")
    return _signal(volume > volume.rolling_quantile(0.98, window_size=200), df)


def rolling_rank(df):
    """Of pandas."""
    return pd.DataFrame({"long": df["close"].rolling(60).rank() <= 1})


def forward_filled(df):
    known = pl.int_range(pl.len()) % 10 == 0
    level = pl.when(known).then(C).otherwise(None).forward_fill()
    return _signal(C < level * 0.998, df)


def one_sided_convolution(df):
    closes = df["close"].to_numpy()
    smooth = np.convolve(closes, np.ones(9) / 9, mode="full")[: len(closes)]
    return {"long": closes < smooth * 0.9985}


def time_of_day(df):
    return _signal(pl.col("open_time").dt.hour().is_in([9, 10]) & (C > C.shift(1)), df)


def scaler_of_the_past(df):
    """Fitted on the first bars; before it has them there is no signal."""
    closes = df["close"].to_numpy()
    past = closes[:300]
    known = np.arange(len(closes)) >= 299
    return {"long": known & ((closes - past.mean()) / past.std() < -1)}


def constant_levels(df):
    return {"long": df.select(long=_dip())["long"], "stop_loss": [0.0025] * len(df)}


def trailing_range(df):
    range_ = (pl.col("high") - pl.col("low")).rolling_mean(9) / C
    return df.select(long=_dip(), stop_loss=range_.clip(0.0005, 0.5))


def loop(df):
    """State carried from bar to bar, by hand."""
    held, out = 0.0, []
    for close in df["close"]:
        held = close if held == 0 else held + 0.1 * (close - held)
        out.append(close < held * 0.998)
    return {"long": out}


def features_of_tickstep(bars):
    seen = ts.features(bars, [ts.rsi(14), ts.highest(20, "5m"), ts.ema(50)])
    weak = (pl.col("rsi_14") < 30) & (pl.col("ema_50") < pl.col("highest_20_5m"))
    return seen.select(long=weak.fill_null(False))


def nothing(df):
    return {"long": np.zeros(len(df), bool)}


CLEAN = [
    ema,
    adjusted_ema,
    wilder,
    bars_so_far,
    limit_like_offset,
    cumulative_sum,
    expanding_mean,
    expanding_zscore,
    expanding_extreme,
    anchored_vwap,
    shifted,
    asof_backward,
    day_before,
    rolling_quantile,
    rolling_rank,
    forward_filled,
    one_sided_convolution,
    time_of_day,
    scaler_of_the_past,
    constant_levels,
    trailing_range,
    loop,
    features_of_tickstep,
    nothing,
]

_PANDAS = {last_row, forming_longer_bar, wilder, expanding_zscore, day_before, rolling_rank}


def frame_of(function) -> str:
    """What it takes."""
    if function is features_of_tickstep:
        return "bars"
    return "pandas" if function in _PANDAS else "polars"
