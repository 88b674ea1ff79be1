"""Look-ahead in functions: what looks ahead is caught with its column, what does not passes."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

import tickstep as ts
from leaky import CLEAN, LEAKY, frame_of
from tickstep import _native

CASES = [(function, column) for column, functions in LEAKY.items() for function in functions]
TAKEN = {"polars": ts.Bars.to_polars, "pandas": ts.Bars.to_pandas, "bars": lambda bars: bars}


@pytest.fixture(scope="module")
def bars(august):
    """Two days and a half, so that days, hours and windows begin and end in them."""
    return august[:3_600]


@pytest.mark.parametrize(("function", "column"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_what_looks_ahead_is_caught(bars, function, column):
    report = ts.check_lookahead(function, bars, frame=frame_of(function), first_bar=10)
    assert not report
    assert not report.ok
    leak = report.first
    assert leak.column == column
    # Held against the function itself: its value at that bar does change.
    taken = TAKEN[frame_of(function)]
    closes = [_native.close_time(bars._native, row) for row in range(len(bars))]
    count = closes.index(int(leak.end.timestamp()) * 10**9) + 1
    other = (
        bars[:count]
        if leak.future == "cut off"
        else ts.Bars(_native.with_other_future(bars._native, count, 1))
    )
    assert leak.row < count
    whole, its = (list(function(taken(one))[column]) for one in (bars, other))
    assert whole[leak.row] != its[leak.row]
    assert leak.sentence.startswith(f"At {leak.time:%Y-%m-%d %H:%M} UTC `{column}` is ")
    assert leak.sentence.endswith("it looks at bars that had not happened yet.")
    with pytest.raises(ts.StrategyError) as error:
        report.raise_if_leaking()
    assert (error.value.column, error.value.row) == (column, leak.row + 1)
    assert error.value.timestamp == closes[leak.row]
    assert str(error.value) == leak.sentence
    assert report.leaks.row(0, named=True)["column"] == column


@pytest.mark.parametrize("function", CLEAN, ids=lambda f: f.__name__)
def test_what_does_not_look_ahead_passes(bars, function):
    report = ts.check_lookahead(function, bars, frame=frame_of(function), max_checks=40, sample=15)
    assert report, repr(report)
    assert report.first is None
    assert report.leaks.height == 0
    report.raise_if_leaking()
    assert report.checked >= 15
    if function.__name__ != "nothing":
        assert report.decisions_checked >= 3, "it says something, else nothing is shown"


def test_the_sentence_is_of_the_first_bar(bars):
    report = ts.check_lookahead(lambda df: {"long": df["close"].shift(-1) > df["close"]}, bars)
    closes = bars.to_polars()["close"].to_list()
    first = next(at for at in range(len(closes) - 1) if closes[at + 1] > closes[at])
    assert report.first.row == first
    assert report.first.sentence == (
        f"At 2023-08-01 00:{first + 1:02} UTC `long` is True with the whole data, but missing "
        "when the data ends at that bar: it looks at bars that had not happened yet."
    )
    assert repr(report).startswith(report.first.sentence)


def test_entries_that_the_future_suppressed_are_found(bars):
    """Rows at which nothing is decided are tried too."""

    def dips(df):
        close = df["close"].to_numpy()
        return close, close < np.append([np.inf] * 5, close[:-5]) * 0.995

    def careful(df):
        close, dip = dips(df)
        return {"long": dip & (np.append(close[1:], np.inf) >= close * 0.999)}

    report = ts.check_lookahead(careful, bars, all=True, sample=3_600, first_bar=10)
    assert not report
    close, dip = dips(bars.to_polars())
    suppressed = np.flatnonzero(dip[:-1] & (close[1:] < close[:-1] * 0.999))
    suppressed = suppressed[suppressed >= 10]
    found = report.leaks.filter(pl.col("whole") == "False")
    assert len(suppressed) == 5
    assert found["row"].to_list() == suppressed.tolist()
    assert set(found["other"]) == {"True"}


def test_all_lists_the_leaks_of_each_bar_and_column(bars):
    def two(df):
        return df.select(
            long=(C_NEXT > pl.col("close")).fill_null(False),
            stop_loss=(C_NEXT / 10_000).fill_null(0.001),
        )

    report = ts.check_lookahead(two, bars[:200], all=True, sample=1_000)
    assert set(report.leaks["column"]) == {"long", "stop_loss"}
    assert report.checked == 200
    leaking = report.leaks.filter(pl.col("column") == "stop_loss")["row"]
    assert leaking.is_sorted()
    assert leaking.n_unique() > 150
    assert "more: see .leaks" in repr(report)


C_NEXT = pl.col("close").shift(-1)


def test_how_many_bars_were_tried_is_said(bars):
    report = ts.check_lookahead(lambda df: {"long": df["close"] > 0}, bars, max_checks=7, sample=5)
    assert (report.decisions, report.decisions_checked, report.checked) == (3_600, 7, 7)
    assert repr(report) == (
        "No look-ahead was found. 7 of 3,600 bars were tried, 7 of them among the 3,600 at which "
        "something is decided."
    )
    calls = []

    def few(df):
        return {"long": [row % 1_000 == 0 for row in range(len(df))]}

    report = ts.check_lookahead(few, bars, sample=5, progress=lambda *a: calls.append(a))
    assert (report.decisions, report.decisions_checked, report.checked) == (4, 4, 9)
    assert calls[0] == (0, 9, "0 leaks")
    assert calls[-1] == (9, 9, "0 leaks")


def test_columns_are_chosen(bars):
    def with_target(df):
        rises = pl.col("close") > pl.col("close").shift(1)
        return df.select(long=rises.fill_null(False), later=pl.col("close").shift(-5))

    def lazy(df):
        return df.lazy().select(x=pl.col("close").max() > pl.col("close"))

    assert ts.check_lookahead(with_target, bars, max_checks=5)
    report = ts.check_lookahead(with_target, bars, columns=["later"], max_checks=5)
    assert report.first.column == "later"
    assert ts.check_lookahead(lambda df: df["close"], bars, max_checks=3)
    assert not ts.check_lookahead(lambda df: df["close"] / df["close"].max(), bars, max_checks=3)
    assert not ts.check_lookahead(lazy, bars, max_checks=3)
    with pytest.raises(ts.ConfigError, match="did you mean `later`"):
        ts.check_lookahead(with_target, bars, columns=["latr"])


def test_numbers_within_a_billionth_are_equal(bars):
    def noisy(size):
        return lambda df: {"x": df["close"] * (1 + size * (len(df) == 3_600))}

    assert ts.check_lookahead(noisy(1e-10), bars, max_checks=3)
    report = ts.check_lookahead(noisy(1e-8), bars, max_checks=3)
    assert report.first.column == "x"


def test_signals_that_a_function_makes_are_checked(bars):
    def signals(shift):
        def made(df):
            rising = (df["close"].shift(shift) > df["close"]).fill_null(False)
            stop = (df["high"] - df["low"]) / df["close"] + 0.001
            return ts.Signals(long=rising, stop_loss=stop, take_profit=ts.ticks(5), max_hold="5m")

        return made

    assert ts.check_lookahead(signals(1), bars, max_checks=5)
    report = ts.check_lookahead(signals(-1), bars)
    assert not report.ok and report.first.column == "long"


def test_what_cannot_be_checked_is_said(bars):
    check = ts.check_lookahead
    with pytest.raises(ts.ConfigError, match="finished columns"):
        check(ts.Signals(long=[True] * 3_600), bars)
    closes = bars.to_polars()["close"]
    rising = (closes > closes.shift(1)).fill_null(False)
    for finished in (rising, rising.to_numpy(), rising.to_list(), {"long": rising}, rising.to_frame()):
        with pytest.raises(ts.ConfigError, match="finished columns, .* give the function"):
            check(finished, bars)
    with pytest.raises(ts.StrategyError, match="different results on the same bars"):
        check(lambda df: {"long": [random.random() < 0.5 for _ in range(len(df))]}, bars)
    with pytest.raises(ts.StrategyError, match="has 3 values for 3600 bars"):
        check(lambda df: {"long": [True] * 3}, bars)
    with pytest.raises(ts.StrategyError, match="returned a int"):
        check(lambda df: 3, bars)
    with pytest.raises(ts.ConfigError, match='must be "polars"'):
        check(lambda df: df, bars, frame="arrow")
    with pytest.raises(ts.ConfigError, match="neither a strategy nor"):
        check(3, bars)
    with pytest.raises(ts.ConfigError, match="neither a strategy nor"):
        check(ts.Scalper, bars)
    with pytest.raises(ts.ConfigError, match="cash: a function has no account"):
        check(lambda df: df, bars, cash=3)
    with pytest.raises(ts.ConfigError, match="is not Bars"):
        check(lambda df: df, bars.to_polars())


def test_a_function_that_fails_on_few_bars_is_told_from_a_leak(bars):
    def needs_many(df):
        if len(df) < 100:
            raise ValueError("too few")
        return {"long": df["close"] > df["close"].shift(1).fill_null(0)}

    with pytest.raises(ValueError, match="too few") as error:
        ts.check_lookahead(needs_many, bars, max_checks=5)
    assert "first_bar=... leaves out" in error.value.__notes__[0]
    assert ts.check_lookahead(needs_many, bars, max_checks=5, first_bar=100)


FRAME: pl.DataFrame | None = None


def test_what_is_read_beside_the_argument_is_cut_off_too(bars):
    global FRAME
    whole = FRAME = bars.to_polars()
    closes = whole["close"].to_numpy()

    def of_global(df):
        return {"long": (FRAME["close"].shift(-1) > FRAME["close"]).head(len(df)).fill_null(False)}

    def of_enclosing(df):
        later = np.append(closes[1:], 0)[: len(df)]
        return {"long": later > df["close"].to_numpy()}

    def of_default(df, known=whole):
        return {"long": (known["close"].max() * 0.99 < df["close"])}

    for function in (of_global, of_enclosing, of_default):
        assert not ts.check_lookahead(function, bars, sample=20), function
    assert FRAME is whole
    assert of_default.__defaults__ == (whole,)
    assert len(closes) == len(bars), "everything is as it was"

    def clean(df):
        return {"long": closes[: len(df)] > FRAME["close"].cum_max().head(len(df)).to_numpy() * 0.99}

    assert ts.check_lookahead(clean, bars, max_checks=20)


def test_other_bars_are_the_same_bars_up_to_there(bars):
    other = ts.Bars(_native.with_other_future(bars._native, 1_000, 5))
    again = ts.Bars(_native.with_other_future(bars._native, 1_000, 5))
    a, b = bars.to_polars(), other.to_polars()
    assert b.equals(again.to_polars())
    assert b[:1_000].equals(a[:1_000])
    assert b["open_time"].equals(a["open_time"])
    late_a, late_b = a[1_000:], b[1_000:]
    for column in ("close", "volume", "taker_buy_volume"):
        assert (late_a[column] != late_b[column]).sum() > 2_500, column
    top = pl.max_horizontal("open", "close") <= pl.col("high")
    bottom = pl.min_horizontal("open", "close") >= pl.col("low")
    assert late_b.select((top & bottom & (pl.col("low") > 0)).all()).item()
    assert (late_b["taker_buy_volume"] <= late_b["volume"]).all()
    ticks = late_b["close"] * 1_000
    assert ((ticks - ticks.round()).abs() < 1e-6).all(), "on the grid"
    assert ts.Bars(_native.cut_off(bars._native, 1_000)).to_polars().equals(a[:1_000])
