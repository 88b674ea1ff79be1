"""Bars of frames and arrays: every source the same bars, and nonsense refused with its place."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tickstep as ts

AUGUST = "examples/data/FILUSDT-1m-2023-08.csv.gz"
STEPS = {"tick_size": "0.001", "lot_step": "0.1"}
PRICES = ["open", "high", "low", "close"]


@pytest.fixture(scope="module")
def bars():
    return ts.read_bars(AUGUST)[:3000]


@pytest.fixture(scope="module")
def frame(bars):
    return bars.to_polars()


def made(data, **more):
    return ts.Bars.from_frame(data, symbol="FILUSDT", **{**STEPS, **more})


def same(made, bars):
    return made.to_polars().equals(bars.to_polars()) and made.tick_size == bars.tick_size


def sources(frame):
    numpy = {name: frame[name].to_numpy() for name in frame.columns if name != "open_time"}
    ns = frame["open_time"].dt.epoch("ns")
    pandas = pd.DataFrame(
        {**numpy, "open_time": pd.to_datetime(ns.to_numpy(), utc=True)}
    )
    indexed = pandas.set_index("open_time")
    structured = np.zeros(len(ns), dtype=[("open_time", "i8"), *((n, "f8") for n in numpy)])
    structured["open_time"] = ns.to_numpy()
    for name, values in numpy.items():
        structured[name] = values
    yield "polars", frame, {}
    yield "polars lazy", frame.lazy(), {}
    yield "polars in chunks", pl.concat([frame[:1000], frame[1000:]], rechunk=False), {}
    yield "polars us", frame.with_columns(pl.col("open_time").dt.cast_time_unit("us")), {}
    yield "polars of New York", frame.with_columns(
        pl.col("open_time").dt.convert_time_zone("America/New_York")
    ), {}
    yield "polars text", frame.with_columns(pl.col(PRICES).cast(pl.String)), {}
    yield "polars decimals", frame.with_columns(pl.col(PRICES).cast(pl.Decimal(18, 3))), {}
    yield "polars floats of 32 bits", frame.with_columns(pl.col(PRICES).cast(pl.Float32)), {}
    yield "polars categories", frame.with_columns(
        pl.col("close").cast(pl.String).cast(pl.Categorical)
    ), {}
    yield "polars text times", frame.with_columns(
        pl.col("open_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    ), {}
    naive = frame.with_columns(
        pl.col("open_time").dt.convert_time_zone("Asia/Seoul").dt.replace_time_zone(None)
    )
    yield "naive of Seoul", naive, {"time_zone": "Asia/Seoul"}
    yield "naive text", naive.with_columns(
        pl.col("open_time").dt.strftime("%Y-%m-%d %H:%M:%S")
    ), {"time_zone": "Asia/Seoul"}
    yield "pandas", pandas, {}
    yield "pandas index", indexed, {}
    yield "pandas index without a name", indexed.rename_axis(None), {}
    yield "pandas index of New York", indexed.tz_convert("America/New_York"), {}
    yield "pandas naive", indexed.tz_localize(None), {"time_zone": "UTC"}
    yield "pandas nullable", pandas.convert_dtypes(), {}
    yield "pandas seconds", pandas.assign(open_time=ns.to_numpy() // 10**9), {}
    yield "arrow table", frame.to_arrow(), {}
    yield "arrow batch", frame.to_arrow().combine_chunks().to_batches()[0], {}
    yield "dict of NumPy", {"open_time": ns.to_numpy(), **numpy}, {}
    yield "dict of NumPy times", {"time": ns.to_numpy().astype("M8[ns]"), **numpy}, {
        "time_zone": "UTC"
    }
    yield "dict of big-endian", {
        "time": ns.to_numpy().astype(">i8"), **{n: v.astype(">f8") for n, v in numpy.items()}
    }, {}
    yield "dict of strided", {
        "time": ns.to_numpy(), **{n: np.repeat(v, 2)[::2] for n, v in numpy.items()}
    }, {}
    yield "dict of lists", {"t": ns.to_list(), **{n: v.tolist() for n, v in numpy.items()}}, {}
    yield "list of dicts", frame.to_dicts(), {}
    yield "structured", structured, {}
    yield "other bars", ts.Bars.from_frame(frame, symbol="X", **STEPS), {}
    renamed = frame.rename({"open_time": "when", "open": "first", "volume": "amount"})
    yield "named", renamed, {"columns": {"time": "when", "open": "first", "volume": "amount"}}


def test_every_source_gives_the_same_bars(bars, frame):
    for name, data, more in sources(frame):
        assert same(made(data, **more), bars), name


def test_duckdb_is_a_source(bars, frame):
    duckdb = pytest.importorskip("duckdb")
    assert same(made(duckdb.sql("select * from frame order by open_time")), bars)


def test_steps_that_are_not_stated_are_told(bars, frame):
    told = ts.Bars.from_frame(frame, symbol="FILUSDT")
    assert (told.tick_size, told.volume_step) == (Decimal("0.001"), Decimal("0.1"))
    assert same(told, bars)
    assert same(made(frame, tick_size=0.001, lot_step=Decimal("0.1")), bars)


def test_a_frame_without_volume_or_taker(frame):
    bare = frame.drop("volume", "taker_buy_volume")
    with pytest.raises(ts.DataError, match="no column `volume`"):
        made(bare)
    without = made(bare, columns={"volume": None})
    assert without.to_polars()["volume"].sum() == 0 and not without.has_taker
    assert not made(frame, ignore_taker=True).has_taker
    assert not made(frame, columns={"taker_buy": None}).has_taker


def test_naive_times_are_refused_in_words_for_beginners(frame):
    naive = frame.with_columns(pl.col("open_time").dt.replace_time_zone(None))
    text = frame.with_columns(pl.col("open_time").dt.strftime("%Y-%m-%d %H:%M:%S"))
    for data in (naive, text, naive.to_dicts(), naive.to_arrow()):
        with pytest.raises(ts.DataError, match='time_zone="UTC" for most exchanges') as caught:
            made(data)
        assert "times without a zone" in str(caught.value)


def test_dates_are_days(frame):
    days = pl.DataFrame(
        {
            "date": [date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9)],
            **{name: [10.0] * 6 for name in PRICES},
            "volume": [1.0] * 6,
        }
    )
    daily = ts.Bars.from_frame(days, symbol="X", calendar="nyse", interval="1d")
    assert daily.interval == "day" and daily.calendar == "nyse" and daily.gaps.is_empty()


@pytest.mark.parametrize(
    ("change", "row", "column", "words"),
    [
        ({"close": (5, None)}, 6, "close", "not a number"),
        ({"close": (5, float("nan"))}, 6, "close", "not a number"),
        ({"high": (7, float("inf"))}, 8, "high", "not a number"),
        ({"open": (4, 4.25551)}, 5, "open", 'repair=["round"] mends it'),
        ({"low": (3, -4.2)}, 4, "low", "not a price above zero"),
        ({"low": (3, 0.0)}, 4, "low", "not a price above zero"),
        ({"high": (3, 1.0)}, 4, "high", 'repair=["drop-invalid"] mends it'),
        ({"volume": (9, -1.0)}, 10, "volume", "below zero"),
        ({"volume": (9, 1e300)}, 10, "volume", "lot_step"),
        ({"volume": (9, 1.23456)}, 10, "volume", "lot_step = 0.1"),
        ({"taker_buy_volume": (9, None)}, 10, "taker_buy_volume", "is empty"),
        ({"taker_buy_volume": (9, 1e9)}, 10, "taker_buy_volume", 'repair=["clip-taker"] mends it'),
    ],
)
def test_a_bad_value_is_named_with_its_place(frame, change, row, column, words):
    data = {name: frame[name].to_list() for name in frame.columns}
    for name, (at, value) in change.items():
        data[name][at] = value
    for table in (pl.DataFrame(data), data):
        with pytest.raises(ts.DataError) as caught:
            made(table)
        error = caught.value
        assert (error.row, error.column) == (row, column), error
        assert error.timestamp == frame["open_time"].dt.epoch("ns")[row - 1]
        assert words in str(error) and f"row {row}" in str(error)
        assert "--" not in str(error) and error.file is None


def test_rows_out_of_order_and_twice(bars, frame):
    shuffled = pl.concat([frame[10:], frame[:10]])
    with pytest.raises(ts.DataError, match=r'repair=\["sort"\] mends it') as caught:
        made(shuffled)
    assert caught.value.row == 2991 and caught.value.timestamp is not None
    mended = made(shuffled, repair=["sort"])
    assert same(mended, bars) and mended.repaired == {"rows put in order": 10}
    twice = pl.concat([frame[:10], frame[9:]])
    with pytest.raises(ts.DataError, match=r'repair=\["drop-duplicates"\] mends it'):
        made(twice)
    assert same(made(twice, repair="drop-duplicates"), bars)
    with pytest.raises(ts.DataError, match=r'repair=\["sort", "drop-duplicates"\] mends it'):
        made(pl.concat([shuffled, frame[:1]]))
    off = frame.with_columns(pl.col("close") + 0.0004)
    rounded = made(off, round_to_grid=True, repair=["drop-invalid"])
    assert rounded.repaired["prices rounded"] > 0


def test_columns_that_are_not_there(frame):
    with pytest.raises(ts.DataError, match="no column `close` among open_time, open, high"):
        made(frame.drop("close"))
    with pytest.raises(ts.DataError, match="no column `wen`, which is named for `open_time`"):
        made(frame, columns={"time": "wen"})
    with pytest.raises(ts.ConfigError, match="'price' is no part of a bar|\"price\" is no part"):
        made(frame, columns={"price": "close"})
    with pytest.raises(ts.DataError, match="two columns"):
        made(frame.with_columns(Open=pl.col("open")))
    with pytest.raises(ts.DataError, match="of type"):
        made(frame.with_columns(close=pl.col("close") > 4))
    with pytest.raises(ts.DataError, match="there are no rows"):
        made(frame[:0])


def test_one_instrument_is_taken_of_several(bars, frame):
    both = pl.concat(
        [
            frame.with_columns(symbol=pl.lit("FILUSDT")),
            frame.with_columns(pl.col("close") * 1, symbol=pl.lit("OTHER")),
        ]
    )
    mine = made(both)
    assert mine.to_polars().equals(bars.to_polars())
    with pytest.raises(ts.DataError, match="2 symbols"):
        ts.Bars.from_frame(both, symbol="THIRD", **STEPS)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("tick_size", 0),
        ("tick_size", -1),
        ("tick_size", "x"),
        ("tick_size", float("nan")),
        ("tick_size", True),
        ("lot_step", "1e-30"),
        ("interval", "5"),
        ("interval", 60),
        ("time_zone", "Atlantis"),
        ("calendar", "mars"),
        ("calendar", {"zone": "UTC"}),
        ("repair", ["mend"]),
        ("repair", 5),
        ("round_to_grid", "yes"),
        ("start", datetime(2023, 8, 1)),
        ("start", "yesterday"),
        ("segment_gap", "0m"),
        ("symbol", ""),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(frame, argument, value):
    with pytest.raises(ts.ConfigError) as caught:
        ts.Bars.from_frame(frame, **{"symbol": "FILUSDT", argument: value})
    assert caught.value.argument == argument, caught.value


@pytest.mark.parametrize(
    "data",
    [
        None, 5, "text", b"bytes", [1, 2], [[1, 2]], {"time": 5}, {}, [], set(), object(),
        np.zeros((3, 6)), np.zeros(3), pl.Series([1]), pd.Series([1]), {"time": [1], "open": "abc"},
        {"time": [[1], [2]], **{n: [1, 2] for n in [*PRICES, "volume"]}},
        {"time": [1690848000, 1690848060], **{n: [1j, 2j] for n in [*PRICES, "volume"]}},
        {"time": [1690848000, 1690848060], **{n: [True, True] for n in [*PRICES, "volume"]}},
        {"time": [1690848000, 1690848060], **{n: np.ones((2, 2)) for n in [*PRICES, "volume"]}},
        {"time": [1690848000, 1690848060, 3], **{n: [1, 2] for n in [*PRICES, "volume"]}},
        {"time": [timedelta(1)] * 2, **{n: [1, 2] for n in [*PRICES, "volume"]}},
        {"time": [1, "2", None], **{n: [1, 2, 3] for n in [*PRICES, "volume"]}},
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(data):
    with pytest.raises(ts.DataError):
        made(data)


def test_what_is_masked_is_not_there(frame):
    masked = np.ma.masked_array(frame["close"].to_numpy(), mask=False)
    masked[4] = np.ma.masked
    data = {name: frame[name] for name in frame.columns} | {"close": masked}
    with pytest.raises(ts.DataError, match="`close`") as caught:
        made(data)
    assert caught.value.row == 5


CELLS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([1.0, 1.5, 2.0, 0.1 + 0.2, 1e12, 1e15, -0.0, 5e-324]),
    st.decimals(min_value=0, max_value=100, places=3).map(float),
)
KINDS = st.sampled_from(["f8", "f4", "i8", "i4", "u8", "u1", "i2", "O", "U10", "M8[s]", "?", "c16"])


@st.composite
def anything(draw):
    rows = draw(st.integers(0, 6))
    data = {}
    start = draw(st.sampled_from([1690848000, 1690848000000, 0, -1, 20230801, 2**62]))
    step = draw(st.sampled_from([60, 60000, 1, 0, -60]))
    data["time"] = start + step * np.arange(rows, dtype=np.int64)
    for name in [*PRICES, "volume", "taker_buy_volume"]:
        count = draw(st.sampled_from([rows, rows, rows, rows, rows, rows + 1]))
        cells = draw(st.lists(CELLS, min_size=count, max_size=count))
        with np.errstate(all="ignore"):
            data[name] = np.array(cells, dtype="f8").astype(draw(KINDS))
    for name in draw(st.lists(st.sampled_from(["time", *PRICES, "volume"]), max_size=1)):
        del data[name]
    return data


@settings(max_examples=400, deadline=None)
@given(anything(), st.booleans(), st.sampled_from([(), ["sort", "drop-invalid", "drop-duplicates"]]))
def test_no_array_panics_or_passes_as_nonsense(data, stated, repair):
    steps = {"tick_size": "0.001", "lot_step": "0.001"} if stated else {}
    try:
        bars = ts.Bars.from_frame(data, symbol="X", interval="1m", repair=repair, **steps)
    except ts.InternalError:
        raise
    except ts.Error as error:
        assert str(error)
        return
    if not repair:
        out = bars.to_polars()
        for name in [*PRICES, "volume"]:
            given = np.asarray(data[name]).astype(np.float64)
            assert np.all(np.abs(out[name].to_numpy() - given) <= 1e-8 + 1e-6 * np.abs(given))


TICKS = st.lists(st.integers(1, 10**9), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(TICKS, st.sampled_from(["0.001", "0.01", "0.5", "0.25", "1", "0.00000001", "25"]), st.data())
def test_what_is_on_the_grid_comes_back(ticks, step, draw):
    rows = len(ticks)
    price = [float(Decimal(step) * n) for n in ticks]
    lots = draw.draw(st.lists(st.integers(0, 10**12), min_size=rows, max_size=rows))
    volume = [float(Decimal("0.1") * n) for n in lots]
    data = {
        "time": 1690848000 + 60 * np.arange(rows),
        **{name: np.array(price) for name in PRICES},
        "volume": np.array(volume),
    }
    bars = ts.Bars.from_frame(data, symbol="X", interval="1m", tick_size=step, lot_step="0.1")
    out = bars.to_polars()
    assert out["close"].to_list() == price and out["volume"].to_list() == volume
    # The slow way, by which text goes, says the same.
    text = {name: data[name].tolist() for name in data} | {"close": [repr(px) for px in price]}
    slow = ts.Bars.from_frame(text, symbol="X", interval="1m", tick_size=step, lot_step="0.1")
    assert slow == bars


def test_two_hundred_in_a_row_do_not_grow(frame):
    import resource

    made(frame)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(200):
        made(frame)
    # A frame of 3000 bars is 190 kB as bars: 200 kept would be 38 MB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 12_000
