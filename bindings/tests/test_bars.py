"""Bars as values: from files, sliced, resampled, pickled, shared, and out again."""

import copy
import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tickstep as ts

AUGUST = "examples/data/FILUSDT-1m-2023-08.csv.gz"
FILES = "examples/data/FILUSDT-1m-2023-*.csv.gz"
UTC = timezone.utc


@pytest.fixture(scope="module")
def bars():
    return ts.read_bars(AUGUST)


def daily(**stated):
    rows = 300
    days = pl.date_range(date(2024, 1, 1), date(2024, 12, 31), "1d", eager=True)
    days = days.filter(days.dt.weekday() < 6).head(rows)
    px = (10 + (np.arange(len(days)) % 17)).astype(float)
    table = {"date": days, "volume": px, **{n: px for n in ("open", "high", "low", "close")}}
    return ts.Bars.from_frame(table, symbol="STOCK", **stated)


def test_what_bars_say_of_themselves(bars):
    assert bars.symbol == "FILUSDT" and len(bars) == 44640
    assert bars.interval == timedelta(minutes=1)
    assert (bars.tick_size, bars.volume_step) == (Decimal("0.001"), Decimal("0.1"))
    assert bars.start == datetime(2023, 8, 1, tzinfo=UTC)
    assert bars.end == datetime(2023, 9, 1, tzinfo=UTC)
    assert bars.has_taker and bars.calendar == "always" and bars.repaired == {}
    assert bars.segments == [range(44640)]
    (source,) = bars.sources
    assert source["path"] == AUGUST and source["bars"] == 44640 and len(source["sha256"]) == 64


def test_the_values_are_those_of_the_file(bars):
    # polars reads the same file on its own.
    file = pl.read_csv(AUGUST)
    out = bars.to_polars()
    assert out["open_time"].dt.epoch("ms").to_list() == file["open_time"].to_list()
    for name in ("open", "high", "low", "close", "volume", "taker_buy_volume"):
        assert out[name].to_list() == file[name].to_list(), name
    assert out.schema["open_time"] == pl.Datetime("ns", "UTC")


def test_it_leaves_for_every_library(bars):
    frame = bars.to_polars()
    pandas = bars.to_pandas()
    assert isinstance(pandas.index, pd.DatetimeIndex) and str(pandas.index.tz) == "UTC"
    assert pandas["close"].tolist() == frame["close"].to_list()
    assert pandas.index[0] == pd.Timestamp("2023-08-01", tz="UTC")
    numpy = bars.to_numpy()
    assert numpy["open_time"].dtype == "datetime64[ns]" and numpy["close"].dtype == np.float64
    assert {len(values) for values in numpy.values()} == {len(bars)}
    assert pl.DataFrame(bars).equals(frame)
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow.table(bars).num_rows == len(bars)
    duckdb = pytest.importorskip("duckdb")
    ((total,),) = duckdb.sql("select sum(volume) from bars").fetchall()
    assert total == pytest.approx(frame["volume"].sum())


def test_slices(bars):
    frame = bars.to_polars()
    assert bars[100:200].to_polars().equals(frame[100:200])
    assert bars[-5:].to_polars().equals(frame[-5:]) and bars.tail(5) == bars[-5:]
    assert bars.head(3).to_polars().equals(frame[:3]) and bars[:] == bars
    two = bars["2023-08-01":"2023-08-03"]
    assert len(two) == 2880 and two.end == datetime(2023, 8, 3, tzinfo=UTC)
    assert bars[date(2023, 8, 1) : datetime(2023, 8, 3, tzinfo=UTC)] == two
    assert bars["2023-08-31":] == bars[30 * 1440 :]
    assert bars[10:20][2:4] == bars[12:14] and hash(bars[2:4]) == hash(bars[2:4])
    for empty in (slice(5, 5), slice(9, 2), slice("2024-01-01", None)):
        with pytest.raises(ts.DataError, match="no bar"):
            bars[empty]
    with pytest.raises(TypeError, match="to_polars"):
        bars[0]
    with pytest.raises(ValueError, match="resample"):
        bars[::2]
    with pytest.raises(ts.ConfigError, match="zone"):
        bars[datetime(2023, 8, 1) :]


def test_a_slice_trades_as_a_file_of_its_bars(bars):
    part = bars[5000:9000]
    again = ts.Bars.from_frame(part, symbol="FILUSDT", tick_size="0.001", lot_step="0.1")
    stated = {
        "maker_fee": 0.0002, "taker_fee": 0.0005, "slippage": ts.ticks(1),
        "sizing": ts.FixedNotional(10_000),
    }  # fmt: skip
    runs = [ts.backtest(one, ts.Scalper(pressure_rule="buy_share"), **stated) for one in (part, again)]
    assert runs[0].trades.height > 0 and runs[0].trades.equals(runs[1].trades)


def test_resampled_bars_are_those_of_polars(bars):
    five = bars.resample("5m")
    expected = bars.to_polars().group_by_dynamic("open_time", every="5m").agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
    )  # fmt: skip
    assert five.to_polars().select(expected.columns).equals(expected)
    assert five.interval == timedelta(minutes=5) == bars.resample(timedelta(minutes=5)).interval
    lots = (bars.to_polars()["volume"] * 10).round().cast(pl.Int64)
    sums = [sum(lots[at : at + 5].to_list()) / 10 for at in range(0, 500, 5)]
    assert five.to_polars()["volume"][:100].to_list() == sums
    assert len(bars[3:].resample("1h")) == len(bars[3:].resample("1h", edges="keep")) - 1
    assert bars.resample("day").interval == "day" or len(bars.resample("day")) == 31
    for wrong in ("90s", "7", 5):
        with pytest.raises(ts.ConfigError) as caught:
            bars.resample(wrong)
        assert caught.value.argument == "interval"
    with pytest.raises(ts.ConfigError, match="edges"):
        bars.resample("5m", edges="some")


def variety(bars):
    holes = bars.to_polars()[:3000].filter(~pl.int_range(pl.len()).is_between(200, 1900))
    yield bars
    yield bars[7:4000]
    yield bars.resample("1h")
    yield ts.Bars.from_frame(holes, symbol="HOLES", segment_gap="1h", tick_size="0.001")
    yield ts.Bars.from_frame(holes[::-1], symbol="HOLES", repair=["sort"])
    yield ts.Bars.from_frame(
        holes, symbol="COARSE", tick_size="0.01", round_to_grid=True, ignore_taker=True
    )
    yield daily(calendar="weekdays")
    yield daily()
    yield daily().resample("week")
    yield daily(calendar={"zone": "Asia/Tokyo", "days": "mon-fri", "hours": ["09:00-11:30", "12:30-15:30"]})
    yield ts.read_bars(AUGUST, start="2023-08-05", end="2023-08-06 12:00")


def test_a_pickle_is_equal_in_everything(bars):
    for one in variety(bars):
        again = pickle.loads(pickle.dumps(one))
        assert again == one and hash(again) == hash(one) and repr(again) == repr(one)
        assert again.to_polars().equals(one.to_polars())
        for name in ("segments", "sources", "calendar", "interval", "repaired", "tick_size"):
            assert getattr(again, name) == getattr(one, name)
        assert again.gaps.equals(one.gaps)
        assert copy.copy(one) is one and copy.deepcopy(one) == one
    with pytest.raises(ts.DataError, match="no bars of this version"):
        type(bars._native).of_state(b"nonsense")
    state = bars._native.state()
    for cut in (0, 7, 100, len(state) - 1):
        with pytest.raises(ts.DataError):
            type(bars._native).of_state(state[:cut])


def test_a_segment_is_kept_by_slices_and_pickles(bars):
    frame = bars.to_polars()[:3000].filter(~pl.int_range(pl.len()).is_between(200, 1900))
    made = ts.Bars.from_frame(frame, symbol="X", segment_gap="1h")
    assert made.segments == [range(200), range(200, len(made))]
    assert made[150:260].segments == [range(50), range(50, 110)]
    assert made.gaps["missing"].to_list() == [1701] and made[:200].gaps.is_empty()
    assert made[150:260].gaps.equals(made.gaps)


def closes(bars):
    return len(bars), bars.to_polars()["close"].sum()


def test_processes_and_threads(bars):
    expected = closes(bars[:500])
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        assert pool.submit(closes, bars[:500]).result(timeout=60) == expected
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: closes(bars[:500]), range(20))) == [expected] * 20
        read = list(pool.map(lambda _: ts.read_bars(AUGUST), range(4)))
    assert all(one == bars for one in read)


def test_files_in_every_shape(bars, tmp_path):
    assert ts.read_bars(Path(AUGUST)) == bars == ts.read_bars([AUGUST])
    months = ts.read_bars(FILES)
    assert months == ts.read_bars([FILES]) and len(months.sources) > 1
    paths = [source["path"] for source in months.sources]
    apart = ts.read_bars([[path] for path in paths])
    assert len(apart.segments) == len(paths) >= len(months.segments)
    with pytest.raises(ts.DataError, match="no file matches"):
        ts.read_bars(str(tmp_path / "*.csv"))
    with pytest.raises(ts.DataError) as caught:
        ts.read_bars(tmp_path / "XUSDT-1m.csv")
    assert caught.value.file == str(tmp_path / "XUSDT-1m.csv")
    with pytest.raises(ts.DataError, match="nothing to load|no file|cannot be told"):
        ts.read_bars([])


def test_what_is_stated_of_files(tmp_path):
    rows = ["2023.08.01,00:00,4.255,4.256,4.252,4.252,25", "2023.08.01,00:01,4.251,4.253,4.251,4.253,24"]
    file = tmp_path / "EURUSD.csv"
    file.write_text("\n".join(rows) + "\n")
    bars = ts.read_bars(file, format="mt4", time_zone="+03:00", symbol="EUR", lot_step=1, interval="1m")
    assert bars.symbol == "EUR" and bars.start == datetime(2023, 7, 31, 21, tzinfo=UTC)
    with pytest.raises(ts.ConfigError, match="there is no format") as named:
        ts.read_bars(file, format="mt44")
    assert named.value.argument == "format"
    with pytest.raises(ts.ConfigError, match="give format= too"):
        ts.read_bars(file, price="bid")
    with pytest.raises(ts.ConfigError) as caught:
        ts.read_bars(AUGUST, start="2023-08-05", end="2023-08-05")
    assert caught.value.argument == "end"
    five = ts.read_bars(AUGUST, start="2023-08-05", end=datetime(2023, 8, 6, tzinfo=UTC))
    assert len(five) == 1440 and five.start == datetime(2023, 8, 5, tzinfo=UTC)


def test_files_of_several_instruments_split(tmp_path):
    file = tmp_path / "many.csv"
    rows = [
        f"{symbol},{1690848000 + 60 * at},4.25,4.26,4.25,4.25,{at + 1}"
        for symbol in ("AAA", "BBB")
        for at in range(5)
    ]
    file.write_text("symbol,time,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    both = ts.read_bars(file, split=True)
    assert {name: len(one) for name, one in both.items()} == {"AAA": 5, "BBB": 5}
    assert both["AAA"].symbol == "AAA"
    with pytest.raises(ts.DataError, match=r"symbol=.*split=True"):
        ts.read_bars(file, symbol="CCC")


def test_parquet_and_feather_by_polars(bars, tmp_path):
    frame = bars.to_polars()
    frame.write_parquet(tmp_path / "FILUSDT-1m.parquet")
    frame.write_ipc(tmp_path / "FILUSDT-1m.feather")
    for name in ("FILUSDT-1m.parquet", "FILUSDT-1m.feather"):
        read = ts.read_bars(tmp_path / name)
        assert read.symbol == "FILUSDT" and read.to_polars().equals(frame)
    frame.with_columns(close=pl.lit(None, pl.Float64)).write_parquet(tmp_path / "BADUSDT-1m.parquet")
    with pytest.raises(ts.DataError, match="close") as caught:
        ts.read_bars(tmp_path / "BADUSDT-1m.parquet")
    assert caught.value.file == str(tmp_path / "BADUSDT-1m.parquet") and caught.value.row == 1
    (tmp_path / "NOUSDT-1m.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(ts.DataError, match="cannot be read"):
        ts.read_bars(tmp_path / "NOUSDT-1m.parquet")


def test_the_manifest_of_sources_is_json(bars):
    assert json.loads(json.dumps(bars.sources)) == bars.sources
