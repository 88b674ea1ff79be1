"""Signal columns: what they may be, what is refused, and what they trade."""

from __future__ import annotations

import pickle
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tickstep as ts
from hypothesis import given, settings
from hypothesis import strategies as st

FREE = {"maker_fee": 0, "taker_fee": 0, "slippage": ts.ticks(0), "sizing": ts.FixedQuantity(1)}


def bars_of(prices, symbol="T"):
    """Bars of a minute that open at the close before."""
    opens = [prices[0], *prices[:-1]]
    pairs = list(zip(opens, prices, strict=True))
    frame = pl.DataFrame(
        {
            "time": pl.datetime_range(
                pl.datetime(2023, 1, 2), pl.datetime(2023, 1, 2, 23), "1m", time_zone="UTC", eager=True
            )[: len(prices)],
            "open": opens,
            "high": [max(pair) for pair in pairs],
            "low": [min(pair) for pair in pairs],
            "close": prices,
            "volume": [10] * len(prices),
        }
    )
    return ts.Bars.from_frame(
        frame, symbol=symbol, interval="1m", tick_size="1", lot_step="1"
    )


BARS = bars_of([100, 101, 103, 106, 104, 100, 99, 103, 107, 108])


def flags(*rows, of=10):
    return [row in rows for row in range(of)]


def rows(run):
    trades = run.trades
    return [
        (t["side"], t["entry_price"], t["exit_price"], t["exit_reason"])
        for t in trades.iter_rows(named=True)
    ]


def test_entries_fill_at_the_next_open_and_are_left_by_what_was_given():
    # Row 1 is decided at 101 and filled at the open of row 2, 101.
    run = ts.simulate(BARS, long=flags(1), exit_long=flags(4), **FREE)
    assert rows(run) == [("long", 101, 104, "signal")]
    run = ts.simulate(BARS, short=flags(3), exit_short=flags(5), **FREE)
    assert rows(run) == [("short", 106, 100, "signal")]
    run = ts.simulate(BARS, long=flags(1), short=flags(3), **FREE)
    assert rows(run) == [("long", 101, 106, "opposite"), ("short", 106, 108, "end_of_data")]


def test_an_exit_of_the_other_side_does_nothing():
    run = ts.simulate(BARS, long=flags(1), exit_short=flags(2, 3, 4), **FREE)
    assert rows(run) == [("long", 101, 108, "end_of_data")]


@pytest.mark.parametrize("hold", ["2m", timedelta(minutes=2), 120, 120.0, np.int64(120)])
def test_a_hold_ends_at_the_first_open_after_it(hold):
    run = ts.simulate(BARS, long=flags(1), max_hold=hold, **FREE)
    assert rows(run) == [("long", 101, 106, "time")]


def test_distances_are_fractions_or_ticks_one_or_many():
    run = ts.simulate(BARS, long=flags(1), take_profit=0.04, **FREE)
    assert rows(run) == [("long", 101, 106, "target")], "101 * 1.04 = 105.04, so 106"
    run = ts.simulate(BARS, long=flags(1), take_profit=ts.ticks(3), **FREE)
    assert rows(run) == [("long", 101, 104, "target")]
    run = ts.simulate(BARS, long=flags(3), stop_loss=ts.ticks(5), **FREE)
    assert rows(run) == [("long", 106, 101, "stop")]
    each = [float("nan")] * 10
    each[1], each[5] = 0.02, 0.5
    run = ts.simulate(
        BARS, long=flags(1, 6), take_profit=each, exit_long=flags(4), **FREE
    )
    # 101 * 1.02 = 103.02, so 104; the second entry has none.
    assert rows(run) == [("long", 101, 104, "target"), ("long", 99, 108, "end_of_data")]
    ticks = np.full(10, np.nan)
    ticks[1] = 2
    run = ts.simulate(BARS, long=flags(1), take_profit=ts.ticks(ticks), **FREE)
    assert rows(run) == [("long", 101, 103, "target")]


LONG, EXIT = flags(1, 6), flags(4)
MADE = {
    "list": list,
    "tuple": tuple,
    "numpy": np.array,
    "numpy objects": lambda of: np.array(of, dtype=object),
    "numpy strided": lambda of: np.repeat(np.array(of), 2)[::2],
    "polars": pl.Series,
    "polars chunks": lambda of: pl.concat([pl.Series(of[:3]), pl.Series(of[3:])], rechunk=False),
    "pandas": pd.Series,
    "pandas nullable": lambda of: pd.Series(of, dtype="boolean"),
    "pandas arrow": lambda of: pd.Series(of, dtype="bool[pyarrow]"),
    "pandas objects": lambda of: pd.Series(of, dtype=object),
    "arrow": pa.array,
    "arrow chunks": lambda of: pa.chunked_array([of[:7], of[7:]]),
}


@pytest.mark.parametrize("kind", MADE)
def test_columns_of_every_library_say_the_same(kind):
    expected = rows(ts.simulate(BARS, long=LONG, exit_long=EXIT, take_profit=0.04, **FREE))
    made = MADE[kind]
    run = ts.simulate(BARS, long=made(LONG), exit_long=made(EXIT), take_profit=0.04, **FREE)
    assert rows(run) == expected
    assert len(expected) == 2


@pytest.mark.parametrize(
    "made",
    [list, np.array, pl.Series, pd.Series, pa.array, lambda of: np.array(of, dtype="f4")],
)
def test_levels_of_every_library_say_the_same(made):
    # 0.0625 is the same in 32 bits: 101 * 1.0625 = 107.3125.
    run = ts.simulate(BARS, long=flags(1), take_profit=made([0.0625] * 10), **FREE)
    assert rows(run) == [("long", 101, 108, "end_of_data")] or rows(run)[0][3] == "target"
    same = ts.simulate(BARS, long=flags(1), take_profit=0.0625, **FREE)
    assert rows(run) == rows(same)


def test_a_pandas_index_must_be_that_of_the_bars():
    opens = pd.DatetimeIndex(BARS.to_polars()["open_time"].to_pandas())
    expected = rows(ts.simulate(BARS, long=LONG, **FREE))
    closes = opens + pd.Timedelta("1min")
    for index in (opens, closes, opens.tz_localize(None), opens.as_unit("ms")):
        assert rows(ts.simulate(BARS, long=pd.Series(LONG, index=index), **FREE)) == expected
    shuffled = pd.Series(LONG, index=opens)[::-1]
    with pytest.raises(ts.DataError, match=r"long: row 1: its index is .*reindex") as error:
        ts.simulate(BARS, long=shuffled, **FREE)
    assert (error.value.argument, error.value.row) == ("long", 1)
    with pytest.raises(ts.DataError, match="does not count the bars"):
        ts.simulate(BARS, long=pd.Series(LONG)[::-1], **FREE)
    with pytest.raises(ts.DataError, match="row 3"):
        wrong = opens.to_list()
        wrong[2] += pd.Timedelta("1s")
        ts.simulate(BARS, long=pd.Series(LONG, index=pd.DatetimeIndex(wrong)), **FREE)


@pytest.mark.parametrize(
    ("arguments", "words", "argument", "row"),
    [
        ({"long": flags(1, of=9)}, r"long: it has 9 values and T has 10 bars", "long", None),
        ({"long": []}, r"it has 0 values", "long", None),
        ({"long": pl.Series([None, *flags(of=9)])}, r"long: row 1, the bar of 2023-01-02T00:00:00Z: has no value.*fill_null", "long", 1),
        ({"long": pd.Series([False] * 4 + [None] + [True] * 5)}, r"row 5", "long", 5),
        ({"long": [False, float("nan"), *flags(of=8)]}, r"row 2", "long", 2),
        ({"long": flags(3), "short": flags(3)}, r"long: row 4, .*so is short", "long", 4),
        ({"long": [1.0] * 10}, r"a column of numbers.*booleans", "long", None),
        ({"long": [1] * 10}, r"a column of numbers.*booleans", "long", None),
        ({"long": np.zeros((10, 1), bool)}, r"2 dimensions", "long", None),
        ({"long": ["yes"] * 10}, r"'yes'", "long", None),
        ({"long": pl.Series(["yes"] * 10)}, r"a column of ", "long", None),
        ({"long": "yes"}, r"a str", "long", None),
        ({"long": True}, r"a bool", "long", None),
        ({"long": np.array(["2020-01-01"] * 10, dtype="M8[D]")}, r"datetime64", "long", None),
        ({"long": LONG, "take_profit": 1.0}, r"take_profit: 1.0 is not allowed; it must be a fraction", "take_profit", None),
        ({"long": LONG, "take_profit": 0}, r"take_profit: 0 ", "take_profit", None),
        ({"long": LONG, "stop_loss": -0.1}, r"stop_loss: -0.1 ", "stop_loss", None),
        ({"long": LONG, "stop_loss": ts.bps(10)}, r"stop_loss", "stop_loss", None),
        ({"long": LONG, "stop_loss": ts.ticks(0)}, r"stop_loss", "stop_loss", None),
        ({"long": LONG, "stop_loss": "a"}, r"stop_loss: 'a'", "stop_loss", None),
        ({"long": LONG, "stop_loss": True}, r"stop_loss: True", "stop_loss", None),
        ({"long": LONG, "stop_loss": [0.1] * 9}, r"stop_loss: it has 9 values", "stop_loss", None),
        ({"long": LONG, "stop_loss": [0.1] * 6 + [2.0] * 4}, r"stop_loss: row 7.*2 is not allowed", "stop_loss", 7),
        ({"long": LONG, "stop_loss": [np.inf] * 10}, r"stop_loss: row 2", "stop_loss", 2),
        ({"long": LONG, "max_hold": 0}, r"max_hold: 0 ", "max_hold", None),
        ({"long": LONG, "max_hold": "soon"}, r"max_hold: 'soon'", "max_hold", None),
        ({"long": LONG, "max_hold": -1.5}, r"max_hold", "max_hold", None),
        ({"long": LONG, "max_hold": True}, r"max_hold", "max_hold", None),
        ({"long": LONG, "max_hold": float("nan")}, r"max_hold", "max_hold", None),
        ({}, r"none of long, short", "long", None),
    ],
)
def test_what_is_refused_names_argument_row_and_time(arguments, words, argument, row):
    with pytest.raises(ts.Error, match=words) as error:
        ts.simulate(BARS, **arguments, **FREE)
    assert error.value.argument == argument
    assert error.value.row == row
    if row is not None:
        start = 1_672_617_600_000_000_000
        assert error.value.timestamp == start + (row - 1) * 60_000_000_000


def test_a_level_out_of_range_where_nothing_is_entered_does_not_matter():
    levels = [5.0] * 10
    levels[1] = 0.04
    run = ts.simulate(BARS, long=flags(1), take_profit=levels, **FREE)
    assert rows(run) == [("long", 101, 106, "target")]


def test_decimals_are_exact_and_floats_read_as_their_text():
    exact = ts.simulate(BARS, long=flags(1), take_profit=Decimal("0.04"), **FREE)
    short = ts.simulate(BARS, long=flags(1), take_profit=0.1 * 0.4, **FREE)
    assert rows(exact) == rows(short) == [("long", 101, 106, "target")]


def test_signals_stand_beside_others_on_several_instruments():
    other = bars_of([50, 49, 48, 47, 48, 49, 50, 51, 52, 53], symbol="U")
    first = ts.Signals(long=flags(1), exit_long=flags(4), instruments="T")
    second = ts.Signals(short=flags(0), exit_short=flags(2), instruments=["U"], name="u")
    run = ts.backtest([BARS, other], [first, second, ts.SmaCross(fast=1, slow=2)], **FREE)
    found = run.trades.filter(pl.col("strategy") != "sma_cross")
    assert found.select("instrument", "strategy", "side", "entry_price", "exit_price").rows() == [
        ("U", "u", "short", 50.0, 48.0),
        ("T", "signals", "long", 101.0, 104.0),
    ]
    with pytest.raises(ts.ConfigError, match='name it: instruments="T"'):
        ts.backtest([BARS, other], ts.Signals(long=flags(1)), **FREE)
    with pytest.raises(ts.ConfigError, match='"X" is none'):
        ts.backtest([BARS, other], ts.Signals(long=flags(1), instruments="X"), **FREE)
    with pytest.raises(ts.DataError, match="several"):
        ts.Signals(long=flags(1), instruments=["T", "U"])


def test_signals_travel():
    signals = ts.Signals(long=np.array(LONG), take_profit=0.04, max_hold="5m", name="x")
    again = pickle.loads(pickle.dumps(signals))
    assert rows(ts.backtest(BARS, again, **FREE)) == rows(ts.backtest(BARS, signals, **FREE))
    assert repr(again) == "<Signals of long, take_profit>"


def test_columns_are_read_when_the_object_is_made():
    column = np.array(flags(1))
    signals = ts.Signals(long=column)
    column[:] = False
    assert len(rows(ts.backtest(BARS, signals, **FREE))) == 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(anything, anything, anything)
def test_whatever_is_given_is_traded_or_refused_by_name(long, stop, hold):
    try:
        ts.simulate(BARS, long=long, stop_loss=stop, max_hold=hold, **FREE)
    except ts.InternalError:
        raise
    except ts.Error as error:
        assert error.argument in ("long", "stop_loss", "max_hold")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.booleans()] * 4), min_size=60, max_size=60),
    st.integers(1, 9),
    st.sampled_from([0.01, 0.03, None]),
)
def test_skipping_idle_bars_changes_nothing(masks, seed, stop):
    """A class that reads the same columns is stepped through every bar."""
    rng = np.random.default_rng(seed)
    bars = bars_of([int(price) for price in 500 + np.cumsum(rng.integers(-4, 5, 60))])
    long, short, exit_long, exit_short = (list(column) for column in zip(*masks, strict=True))
    short = [s and not l for s, l in zip(short, long, strict=True)]

    class Same(ts.Strategy):
        def start(self):
            self.row = -1

        def on_bar(self, now):
            self.row += 1
            row, held = self.row, now.position
            out = []
            if held and (exit_long if held.side == "long" else exit_short)[row] and not now.is_waiting:
                out.append(ts.exit())
            if long[row]:
                out.append(ts.buy(stop_loss=stop, max_hold="7m"))
            if short[row]:
                out.append(ts.sell(stop_loss=stop, max_hold="7m"))
            return tuple(out)

    columns = {"long": long, "short": short, "exit_long": exit_long, "exit_short": exit_short}
    signals = ts.Signals(**columns, stop_loss=stop, max_hold="7m", name="same")
    one = ts.backtest(bars, signals, **FREE)
    other = ts.backtest(bars, Same(name="same"), **FREE)
    for table in ("trades", "equity", "decisions"):
        mine, its = (pl.DataFrame(getattr(run._native, table)(exact=True)) for run in (one, other))
        assert mine.equals(its), table
    assert one.stats == other.stats


def test_signals_travel_with_their_columns(august: ts.Bars, costs: dict) -> None:
    import pickle

    signals = ts.Signals(long=[at % 500 == 3 for at in range(len(august))], max_hold="5m")
    again = pickle.loads(pickle.dumps(signals))
    assert ts.backtest(august, again, **costs) == ts.backtest(august, signals, **costs)
