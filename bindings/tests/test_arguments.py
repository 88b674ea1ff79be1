"""What calls refuse: each error names the argument, its value and what it must be."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
SCALPER = ts.Scalper(pressure_rule="buy_share")


@pytest.fixture
def few(august: ts.Bars) -> ts.Bars:
    return august[:600]


def refused(call: Callable[[], object], argument: str, *words: str) -> None:
    with pytest.raises(ts.ConfigError) as caught:
        call()
    assert caught.value.argument == argument, str(caught.value)
    for word in words:
        assert word in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("sizing", 1000, ["1000", "ts.FixedNotional"]),
        ("slippage", 1, ["1 is not allowed", "ts.ticks(1)"]),
        ("funding", 0.0001, ["ts.Funding(rate"]),
        ("funding", ts.Funding(rate=0.0001), ["ts.Funding(rate=0.0001, every="]),
        ("start", 1690848000, ["1690848000", "datetime"]),
        ("instruments", {"FILUSDT": {"leverage": 5}}, ["ts.Terms(leverage=5)"]),
        ("instruments", ["FILUSDT"], ["ts.Terms(leverage=5)"]),
        ("finer", "a.csv", ["str is not Bars"]),
        ("drawdown_tiers", [0.4, 0.3, 0.2, 0.1], ["they must rise"]),
    ],
)
def test_arguments_of_an_account(
    few: ts.Bars, costs: Any, argument: str, value: Any, words: list[str]
) -> None:
    account = {**costs, argument: value}
    refused(lambda: ts.backtest(few, SCALPER, **account), argument, *words)


def test_a_period_that_ends_before_it_begins(few: ts.Bars, costs: Any) -> None:
    period = {"start": "2023-08-03", "end": "2023-08-02"}
    refused(lambda: ts.backtest(few, SCALPER, **period, **costs), "end", "start must be before")


def test_values_of_numpy_are_what_they_hold(few: ts.Bars, costs: Any) -> None:
    tiers = [0.1, 0.2, 0.3, 0.4]
    plain = ts.backtest(few, SCALPER, drawdown_tiers=tiers, start="2023-08-01", **costs)
    arrays: Any = {"drawdown_tiers": np.array(tiers), "start": np.datetime64("2023-08-01")}
    made = ts.backtest(few, SCALPER, **arrays, **costs)
    assert made.config == plain.config


def test_bars_are_bars(few: ts.Bars, costs: Any) -> None:
    frame = few.to_polars()
    for bars in (frame, "a.csv", None, 5):
        refused(lambda bars=bars: ts.backtest(bars, SCALPER, **costs), "bars", "ts.read_bars")
        refused(lambda bars=bars: ts.simulate(bars, long=[True], **costs), "bars", "ts.read_bars")
        refused(lambda bars=bars: ts.features(bars, ts.rsi(14)), "bars", "ts.read_bars")
    refused(lambda: ts.backtest([], SCALPER, **costs), "bars", "empty")
    refused(lambda: ts.backtest(few, [], **costs), "strategy", "empty")
    refused(lambda: ts.backtest([few, few], SCALPER, **costs), "bars", "listed twice")
    with pytest.raises(TypeError, match="from_frame"):
        ts.Bars(frame)  # type: ignore[arg-type]


def test_unknown_names_have_the_nearest_of_the_call(few: ts.Bars, costs: Any) -> None:
    calls: list[tuple[Any, str]] = [
        (lambda: ts.simulate(few, longs=[True], **costs), "did you mean `long`"),
        (lambda: ts.backtest(few, SCALPER, takerfee=1), "did you mean `taker_fee`"),
        (lambda: ts.sweep(few, SCALPER, space={}, thread=1), "did you mean `threads`"),
        (lambda: ts.read_bars("a.csv", ticksize=1), "did you mean `tick_size`"),
        (lambda: ts.check("a.csv", case=1), "did you mean `cases`"),
    ]
    for call, words in calls:
        with pytest.raises(TypeError, match=words):
            call()


def test_a_notebook_completes_every_argument() -> None:
    account = set(ts.Account.__annotations__)
    for call in (ts.backtest, ts.simulate, ts.sweep, ts.Search.__init__, ts.check_lookahead):
        assert account <= set(inspect.signature(call).parameters), call
    for call in (ts.read_bars, ts.check):
        assert {"tick_size", "format", "repair"} <= set(inspect.signature(call).parameters)


def test_files_are_files(tmp_path: Path, few: ts.Bars) -> None:
    refused(lambda: ts.read_bars(5), "files", "int is no file")  # type: ignore[call-overload]
    refused(lambda: ts.check(few.to_polars()), "data", "DataFrame is no file")  # type: ignore[arg-type]
    refused(lambda: ts.read_bars("a.csv", symbol=""), "symbol", "not empty")
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "no.csv", "there is no file")):
        with pytest.raises(ts.DataError, match=words) as caught:
            ts.read_bars(path)
        assert caught.value.file == str(path)


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
def test_files_of_several_instruments_are_split(kind: str, tmp_path: Path, few: ts.Bars) -> None:
    frame = few.to_polars()
    both = pl.concat([frame.with_columns(symbol=pl.lit(name)) for name in ("BB", "AA")])
    both, path = both.sort("open_time", "symbol"), tmp_path / f"both.{kind}"
    write = {"csv": both.write_csv, "parquet": both.write_parquet, "feather": both.write_ipc}
    write[kind](path)
    found = ts.read_bars(path, split=True)
    assert list(found) == ["AA", "BB"]
    for name, bars in found.items():
        assert bars.symbol == name and bars.to_polars().equals(frame)
    refused(lambda: ts.read_bars(path, split=True, symbol="AA"), "symbol", "leave it out")
    alone = tmp_path / f"FILUSDT-1m.{kind}"
    write = {"csv": frame.write_csv, "parquet": frame.write_parquet, "feather": frame.write_ipc}
    write[kind](alone)
    refused(lambda: ts.read_bars(alone, split=True), "split", "no column of symbols")
    assert ts.check(alone).ok
    if kind != "csv":
        for argument in ("format", "price"):
            stated = {argument: "bid" if argument == "price" else "binance"}
            refused(lambda s=stated: ts.read_bars(alone, **s), argument, "text files")


def test_conditions_know_what_is_not_varied(few: ts.Bars, costs: Any) -> None:
    options: dict[str, Any] = {"random_entries": 0, **costs}
    space = {"stop_loss": [0.001, 0.003, 0.005]}
    found = ts.sweep(few, SCALPER, space=space, where="take_profit > stop_loss", **options)
    assert found.frame["stop_loss"].to_list() == [0.001, 0.003]
    call = lambda: ts.sweep(few, SCALPER, space=space, where="nothing > stop_loss", **options)
    refused(call, "where", "no axis is `nothing`")


def test_what_a_space_varies_is_a_parameter(few: ts.Bars, costs: Any) -> None:
    both = [SCALPER, ts.SmaCross()]

    def swept(space: Any, strategy: Any = SCALPER) -> ts.SweepResult:
        return ts.sweep(few, strategy, space=space, random_entries=0, **costs)

    assert len(swept({"ma_period": (period for period in (3, 4))})) == 2
    assert swept({"max_hold_s": [timedelta(minutes=5)]}).params(0) == {"max_hold_s": 300}
    refused(lambda: swept({"maperiod": [3]}), 'space["maperiod"]', "did you mean `ma_period`")
    refused(lambda: swept({"slippage": [ts.ticks(1)]}), 'space["slippage"]', "slippage.ticks")
    words = "strategy.sma_cross.params.fast"
    refused(lambda: swept({"fast": [3, 5]}, both), 'space["fast"]', "no such parameter", words)
    assert len(swept({words: [3, 5]}, both)) == 2


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"max_checks": -1}, "max_checks"),
        ({"max_checks": 1.5}, "max_checks"),
        ({"sample": -1}, "sample"),
        ({"first_bar": 600}, "first_bar"),
        ({"first_bar": -5}, "first_bar"),
        ({"max_checks": 0, "sample": 0}, "sample"),
    ],
)
def test_a_look_ahead_check_that_tries_nothing_is_refused(
    few: ts.Bars, given: dict[str, Any], argument: str
) -> None:
    def rises(df: pl.DataFrame) -> Any:
        return {"long": df["close"] > df["close"].shift(1)}

    refused(lambda: ts.check_lookahead(rises, few, **given), argument)


def test_what_a_look_ahead_check_does_not_read_is_refused(few: ts.Bars) -> None:
    refused(lambda: ts.check_lookahead(SCALPER, few, columns=["long"]), "columns", "leave it out")
    refused(lambda: ts.check_lookahead(SCALPER, few, frame="pandas"), "frame", "leave it out")
    refused(lambda: ts.check_lookahead(ts.Scalper, few), "strategy", "write Scalper()")
    told: list[int] = []

    def rises(df: pl.DataFrame) -> Any:
        return {"long": df["close"] > df["close"].shift(1)}

    def progress(done: int, total: int, note: str) -> None:
        told.append(total)

    options: dict[str, Any] = {"columns": "long", "max_checks": 5, "sample": 0}
    assert ts.check_lookahead(rises, few, progress=progress, **options).ok and told


def test_parameters_of_strategies(few: ts.Bars, costs: Any) -> None:
    refused(lambda: ts.Scalper(ma_period=None), "ma_period", "leave it out")  # type: ignore[arg-type]
    refused(lambda: ts.Scalper(allowed_hours=5), "allowed_hours", "[8, 9]")  # type: ignore[arg-type]
    refused(lambda: ts.Scalper(sizing=1000), "sizing", "ts.FixedNotional")  # type: ignore[arg-type]
    refused(lambda: ts.Scalper(name=""), "name", "not empty")

    def annotated() -> None:
        class Reads(ts.Strategy):
            features: list = [ts.rsi(14)]  # type: ignore[misc]

    refused(annotated, "features", "cannot be called so")

    class Holds(ts.Strategy):
        what: object = object()

        def on_bar(self, now: Any) -> None:
            return None

    with pytest.raises(ts.ParamError) as caught:
        ts.backtest(few, Holds(), **costs)
    assert caught.value.argument == "what"

    class Own(ts.Strategy):
        def __init__(self, period: int) -> None:
            self.period = period

        def on_bar(self, now: Any) -> None:
            return None

    assert ts.backtest(few, Own(5), **costs).trades.height == 0


def test_numbers_of_a_sweep(few: ts.Bars, costs: Any, tmp_path: Path) -> None:
    def swept(**given: Any) -> ts.SweepResult:
        options = {"space": {"ma_period": [3, 4]}, "random_entries": 0, **costs, **given}
        return ts.sweep(few, SCALPER, **options)

    for given in ({"threads": 0}, {"threads": -1}, {"threads": 1.5}):
        refused(lambda g=given: swept(**g), "threads", "1 or more")
    refused(lambda: swept(objective=None), "objective", "None")
    refused(lambda: swept(where=lambda params: True), "where", "a text or a list")
    refused(lambda: swept(walk_forward=(1, 1)), "walk_forward", "train_days")
    found = swept()
    for number in (-1, 2, "a"):
        refused(lambda n=number: found.params(n), "set", "0 to 1")
        refused(lambda n=number: found.run(n), "set", "0 to 1")
    refused(lambda: found.best(0), "count", "1 or more")
    with pytest.raises(ts.OutputError):
        found.report(tmp_path / "nowhere" / "page.html")


def test_ends_of_bars(few: ts.Bars) -> None:
    assert few.tail(-5) == few[5:] and few.head(-5) == few[:-5] and few.tail(2) == few[-2:]
    refused(lambda: few.head("a"), "n", "whole number")  # type: ignore[arg-type]
    rows = few.head(1).to_polars()
    with pytest.raises(ts.DataError, match="give interval="):
        ts.Bars.from_frame(rows, symbol="X")
    refused(lambda: ts.Bars.from_frame(rows, symbol="X", columns=["open"]), "columns", "dictionary")  # type: ignore[arg-type]
    with pytest.raises(ts.DataError, match='columns={"volume": None}'):
        ts.Bars.from_frame(few.to_polars().drop("volume", "taker_buy_volume"), symbol="X")
