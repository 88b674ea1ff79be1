"""The check of data from Python."""

import pickle

import polars as pl
import pytest

import tickstep as ts

FILES = "examples/data/FILUSDT-1m-2023-*.csv.gz"
AUGUST = "examples/data/FILUSDT-1m-2023-08.csv.gz"

BROKEN = """open_time,open,high,low,close,volume
1690848000000,4.25,4.26,4.25,4.25,10
1690848120000,4.25,4.25,4.25,4.25,1
1690848060000,4.25,4.25,4.25,4.25,0
1690848240000,4.25,4.24,4.25,4.25,3
"""


@pytest.fixture
def broken(tmp_path):
    file = tmp_path / "FILUSDT-1m.csv"
    file.write_text(BROKEN)
    return file


def test_sound_files_pass():
    found = ts.check(FILES)
    assert found.ok and found and found.errors == 0
    assert found.verdict.startswith("FILUSDT: loads, ")
    bars = ts.read_bars(FILES)
    assert found.instruments["bars"].sum() == len(bars)
    assert f"{len(bars)} bars" in found.verdict
    assert found.instruments["loads"].to_list() == [True] * found.instruments.height
    assert set(found.instruments["tick_size"]) == {"0.001"}


def test_broken_files_are_told_with_place_and_remedy(broken):
    found = ts.check(broken)
    assert not found and found.errors == 2
    kinds = dict(zip(found.findings["kind"].cast(pl.String), found.findings["repairs"], strict=True))
    assert kinds["out-of-order"].to_list() == ["sort"]
    assert kinds["invalid-candle"].to_list() == ["drop-invalid"]
    case = found.cases.filter(pl.col("kind").cast(pl.String) == "invalid-candle").row(0, named=True)
    assert case["place"].endswith(":5")
    assert case["time"].isoformat() == "2023-08-01T00:04:00+00:00"
    assert 'repair=["sort", "drop-invalid"]' in repr(found) and "--" not in repr(found)
    mended = ts.check(broken, repair=["sort", "drop-invalid"])
    assert mended.ok and "repaired: 1 rows put in order" in repr(mended)
    # What the check says of a load is what a load says.
    with pytest.raises(ts.DataError, match=r'repair=\["sort", "drop-invalid"\] mends it') as caught:
        ts.read_bars(broken)
    assert caught.value.line == 4
    assert len(ts.read_bars(broken, repair=["sort", "drop-invalid"])) == 3


def test_bars_in_memory_are_checked():
    bars = ts.read_bars(AUGUST)
    holes = bars.to_polars().gather_every(1).filter(~pl.int_range(pl.len()).is_in([50, 51, 52, 99]))
    holes = holes.with_columns(
        high=pl.when(pl.int_range(pl.len()) == 700).then(9.0).otherwise(pl.col("high"))
    )
    made = ts.Bars.from_frame(holes, symbol="HOLES")
    found = ts.check([bars, made])
    assert found.ok and found.instruments["file"].to_list() == ["FILUSDT", "HOLES"]
    assert found.instruments["missing"].to_list()[1] == found.instruments["missing"][0] + 4
    kinds = found.findings.filter(pl.col("symbol") == "HOLES")["kind"].cast(pl.String).to_list()
    assert "gap" in kinds and "spike" in kinds
    assert found.instruments["missing"][1] == made.gaps["missing"].sum()


def test_files_and_bars_agree():
    of_files, of_bars = ts.check(AUGUST), ts.check(ts.read_bars(AUGUST))
    columns = ["bars", "interval", "tick_size", "volume_step", "with_taker", "missing", "filler"]
    assert of_files.instruments[columns].equals(of_bars.instruments[columns])
    assert of_files.findings["kind"].to_list() == of_bars.findings["kind"].to_list()


def test_a_check_pickles_and_counts_cases(broken):
    found = ts.check(broken)
    again = pickle.loads(pickle.dumps(found))
    assert repr(again) == repr(found) and again.findings.equals(found.findings)
    assert ts.check(broken, cases=0).cases.is_empty()


def test_arguments_that_go_with_files_are_refused_with_bars():
    bars = ts.read_bars(AUGUST)
    with pytest.raises(ts.ConfigError, match="loaded already") as caught:
        ts.check(bars, tick_size="0.01")
    assert caught.value.argument == "tick_size"
    with pytest.raises(ts.ConfigError, match="cases"):
        ts.check(bars, cases=-1)
    with pytest.raises(ts.DataError):
        ts.check([])


def test_a_file_that_is_not_there_is_an_error_in_the_report(tmp_path):
    found = ts.check(tmp_path / "no.csv")
    assert not found.ok and "unreadable-file" in repr(found)
