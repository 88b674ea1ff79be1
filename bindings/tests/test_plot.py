"""Figures: they show what the frames hold, stay small, and say why when there is nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
TWO = ROOT / "examples" / "portfolio" / "two_by_two.toml"
SPACE = {"spike_multiple": [3, 5, 8], "stop_loss": [0.002, 0.004], "take_profit": [0.003, 0.012]}
RUN_FIGURES = ("plot", "plot_trades", "plot_equity", "plot_drawdown", "plot_monthly")


@pytest.fixture(scope="module")
def run(august: ts.Bars, costs: dict) -> ts.Run:
    return ts.backtest(august, ts.Scalper(pressure_rule="buy_share"), **costs)


@pytest.fixture(scope="module")
def found(august: ts.Bars, costs: dict) -> ts.SweepResult:
    return ts.sweep(
        august,
        ts.Scalper(pressure_rule="buy_share"),
        space=SPACE,
        where="take_profit > stop_loss",
        objective="sharpe",
        random_entries=20,
        walk_forward={"train_days": 12, "test_days": 6},
        **costs,
    )


def named(fig: go.Figure, name: str) -> Any:
    """The one trace of a name."""
    traces = [trace for trace in fig.data if trace.name == name]
    assert len(traces) == 1, [trace.name for trace in fig.data]
    return traces[0]


def utc(times: pl.Series) -> np.ndarray:
    return times.dt.replace_time_zone(None).to_numpy()


def text_of(fig: go.Figure) -> str:
    """What a reader sees without pointing: titles, axes, legend, annotations."""
    layout = json.loads(fig.to_json())["layout"]
    layout.pop("template", None)
    return json.dumps(layout) + " ".join(trace.name or "" for trace in fig.data)


def readable(fig: go.Figure, bytes_most: int = 1_500_000) -> go.Figure:
    assert isinstance(fig, go.Figure)
    text = fig.to_json()
    assert len(text) < bytes_most
    # Neither as a number nor in print.
    assert not re.search(r"\b(NaN|Infinity|None|nan|inf)\b", text)
    for trace in fig.data:
        for axis in ("x", "y", "open", "high", "low", "close"):
            values = getattr(trace, axis, None)
            if isinstance(values, np.ndarray) and values.dtype.kind == "f":
                assert np.isfinite(values).all(), (trace.name, axis)
    assert fig.layout.title.text
    return fig


def test_a_run_shows_its_candles_trades_equity_and_drawdown(
    run: ts.Run, august: ts.Bars
) -> None:
    fig = readable(run.plot())
    candles = named(fig, "FILUSDT")
    assert isinstance(candles, go.Candlestick)
    half_hours = august.resample("30m").to_polars()
    assert np.array_equal(candles.x, utc(half_hours["open_time"]))
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(candles, name), half_hours[name].to_numpy())
    assert np.array_equal(named(fig, "Volume").y, half_hours["volume"].to_numpy())
    assert "30m candles of 1m bars" in fig.layout.title.subtitle.text

    trades = run.trades
    longs = trades.filter(pl.col("side").cast(pl.String) == "long")
    entries = named(fig, "Long entry")
    assert np.array_equal(entries.x, utc(longs["entry_time"]))
    assert np.array_equal(entries.y, longs["entry_price"].to_numpy())
    assert list(entries.customdata) == longs["trade"].to_list()
    won, lost = trades.filter(pl.col("net_pnl") > 0), trades.filter(pl.col("net_pnl") <= 0)
    for part, name in ((won, "Exit with a gain"), (lost, "Exit with a loss")):
        exits = named(fig, name)
        assert np.array_equal(exits.x, utc(part["exit_time"]))
        assert np.array_equal(exits.y, part["exit_price"].to_numpy())
        row = part.row(0, named=True)
        said = exits.text[0].replace("\u2212", "-")
        assert f"{row['net_pnl']:+,.2f} USDT" in said and row["exit_reason"] in said
        assert f"{row['entry_price']:.3f}, {row['entry_time']:%Y-%m-%d %H:%M}" in said
    lines = named(fig, "Held, gain")
    first = won.row(0, named=True)
    assert len(lines.x) == 3 * won.height
    assert list(lines.y[:3]) == [first["entry_price"], first["exit_price"], None]

    equity, drawdown = named(fig, "Equity"), named(fig, "Drawdown")
    by_time = dict(zip(utc(run.equity["time"]).tolist(), run.equity["equity"], strict=True))
    shown = equity.x.astype("datetime64[ns]").tolist()
    assert [by_time[time] for time in shown] == equity.y.tolist()
    assert equity.y.max() == run.equity["equity"].max()
    assert equity.y.min() == run.equity["equity"].min() and equity.y[-1] == run.equity["equity"][-1]
    assert drawdown.y.min() == pytest.approx(run.stats.max_drawdown, abs=1e-12)
    # One axis of times moves all panels.
    assert {trace.xaxis for trace in fig.data} <= {None, "x"}
    assert fig.layout.xaxis.title.text == "Time, UTC"
    assert fig.layout.xaxis.range == ("2023-08-01T00:00", "2023-09-01T00:00:00.000")


def test_only_the_strongest_spikes_are_marked(august: ts.Bars, costs: dict) -> None:
    ratios = ts.features(august, [ts.volume_ratio(20)])
    ratio = ratios.columns[-1]
    fig = august.plot()
    marks = named(fig, "Volume spike")
    assert len(marks.x) == 300
    said = [text.split(" times, ") for text in marks.text]
    opens = dict(zip(august.to_polars()["open_time"], ratios[ratio], strict=True))
    for words, at in said:
        time = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
        assert f"{opens[time]:.1f}" == words and opens[time] >= 3
    weakest = min(float(words) for words, _ in said)
    # What is left out is no stronger, unless its candle is marked for a stronger one.
    marked = set(marks.x.astype("datetime64[m]").tolist())
    frame = pl.DataFrame({"time": list(opens), "ratio": list(opens.values())}).sort("time")
    best = frame.group_by_dynamic("time", every="30m").agg(pl.col("ratio").max())
    best = best.filter(pl.col("ratio").is_not_null())
    left = [r for time, r in best.iter_rows() if time.replace(tzinfo=None) not in marked]
    # What is said is rounded.
    assert max(left) <= weakest + 0.05
    told = "3 or more times the mean of the 20 bars before, strongest 300 of"
    assert told in fig.layout.title.subtitle.text
    own = ts.Scalper(pressure_rule="buy_share", spike_multiple=8, baseline_period=50)
    stricter = ts.backtest(august, own, **costs).plot()
    assert "8 or more times the mean of the 50 bars" in stricter.layout.title.subtitle.text


def test_a_part_is_drawn_in_full(run: ts.Run, august: ts.Bars) -> None:
    fig = readable(run.plot(start="2023-08-17 20:00", end="2023-08-18"))
    bars = august["2023-08-17 20:00":"2023-08-18"].to_polars()
    candles = named(fig, "FILUSDT")
    assert np.array_equal(candles.x, utc(bars["open_time"]))
    assert np.array_equal(candles.low, bars["low"].to_numpy())
    assert candles.xperiod == 60_000
    held = run.trades.filter(
        (pl.col("exit_time") >= datetime(2023, 8, 17, 20, tzinfo=timezone.utc))
        & (pl.col("entry_time") < datetime(2023, 8, 18, tzinfo=timezone.utc))
    )
    entries = [trace for trace in fig.data if trace.name in ("Long entry", "Short entry")]
    assert sum(len(trace.x) for trace in entries) == held.height > 0
    same = run.plot(start=datetime(2023, 8, 17, 20, tzinfo=timezone.utc), end="2023-08-18")
    assert same == fig
    equity = run.plot_equity(start="2023-08-17 20:00", end="2023-08-18").data[0]
    assert len(equity.x) == 240


def test_points_are_bounded_and_extremes_kept(run: ts.Run) -> None:
    for most in (10, 100, 2_200):
        fig = readable(run.plot(most=most))
        assert max(len(t.x) for t in fig.data if t.name in ("FILUSDT", "Equity")) <= most
        for name in ("Long entry", "Short entry", "Exit with a loss"):
            assert len(named(fig, name).x) <= most
        assert named(fig, "FILUSDT").high.max() == run.bars["FILUSDT"].to_polars()["high"].max()
    largest = run.trades["net_pnl"].abs().top_k(50).sort()
    over_time = [t for t in run.plot_trades(most=50).data if t.xaxis not in ("x2", "x3")]
    drawn = pl.Series([y for trace in over_time for y in trace.y])
    assert drawn.abs().sort().to_list() == largest.to_list()
    assert "the 50 that won or lost most" in text_of(run.plot_trades(most=50))


def test_trades_by_what_closed_them(run: ts.Run) -> None:
    fig = readable(run.plot_trades())
    reasons = run.trades["exit_reason"].cast(pl.String)
    for reason in reasons.unique():
        part = run.trades.filter(reasons == reason)
        points, reach = (trace for trace in fig.data if trace.name == reason)
        assert np.array_equal(points.x, utc(part["exit_time"]))
        assert np.array_equal(points.y, part["net_pnl"].to_numpy())
        assert np.array_equal(reach.x, part["mae_bps"].to_numpy())
        assert np.array_equal(reach.y, part["mfe_bps"].to_numpy())
    bars = named(fig, "Trades")
    assert sum(bars.y) == run.trades.height
    edges = [*bars.x[1:], float("inf")]
    below = -float("inf")
    for low, high, count in zip([below, *bars.x[1:]], edges, bars.y, strict=True):
        net = run.trades["net_pnl"]
        assert count == ((net >= low - 1e-9) & (net < high - 1e-9)).sum(), (low, high)
    assert "Net P&L, USDT" in text_of(fig)


def test_months_are_those_of_the_table(run: ts.Run, august: ts.Bars) -> None:
    fig = readable(run.plot_monthly())
    assert list(fig.data[0].x) == ["2023-08"]
    assert list(fig.data[0].y) == run.monthly()["return"].to_list()
    assert "net \u2212" in fig.data[0].hovertext[0]
    # Years of days: a row a year.
    days = pl.datetime_range(datetime(2019, 3, 1), datetime(2022, 2, 1), "1d", eager=True)
    wave = 100 + 10 * np.sin(np.arange(len(days)) / 7)
    frame = {"time": days.dt.replace_time_zone("UTC"), "open": wave, "high": wave + 1}
    frame |= {"low": wave - 1, "close": wave, "volume": np.full(len(days), 5.0)}
    bars = ts.Bars.from_frame(
        pl.DataFrame(frame), symbol="W", interval="1d", tick_size="0.000001", lot_step="1",
        round_to_grid=True,
    )
    crossed = ts.backtest(
        bars, ts.SmaCross(fast=3, slow=9), maker_fee=0, taker_fee=0, slippage=ts.ticks(0),
        sizing=ts.FixedNotional(10_000),
    )
    table = readable(crossed.plot_monthly()).data[0]
    assert isinstance(table, go.Heatmap) and list(table.y) == ["2019", "2020", "2021", "2022"]
    months = dict(crossed.monthly().select("month", "return").iter_rows())
    assert table.z[0][0] is None and table.z[3][11] is None
    assert table.z[2][4] == months["2021-05"] and len(months) == 36


def test_several_instruments_are_drawn_one_by_one() -> None:
    run = ts.run(TWO)
    first, second = (readable(run.plot(instrument=name)) for name in ("AAA", "BBB"))
    assert run.plot() == first and first != second
    counted = [
        sum(len(t.x) for t in fig.data if (t.name or "").endswith("entry"))
        for fig in (first, second)
    ]
    by_name = run.trades["instrument"].cast(pl.String)
    assert counted == [(by_name == name).sum() for name in ("AAA", "BBB")]
    assert "all 2 instruments" in text_of(first)
    closed = sum(readable(run.plot_trades(instrument="BBB")).data[-1].y)
    assert closed == counted[1]


def test_times_are_by_the_clock_of_the_account(august: ts.Bars, costs: dict) -> None:
    day = august["2023-08-01":"2023-08-03"]
    seoul = ts.backtest(
        day, ts.Scalper(pressure_rule="buy_share"), time_zone="Asia/Seoul", **costs
    )
    fig = seoul.plot()
    assert fig.layout.xaxis.title.text == "Time, Asia/Seoul"
    assert str(named(fig, "FILUSDT").x[0]) == "2023-08-01T09:00"
    # The same instants: nine hours apart.
    entries = named(fig, "Long entry")
    longs = seoul.trades.filter(pl.col("side").cast(pl.String) == "long")
    assert np.array_equal(entries.x - np.timedelta64(9, "h"), utc(longs["entry_time"]))
    # Where clocks go back, an hour would be there twice.
    october = ts.read_bars(ROOT / "examples/data/FILUSDT-1m-2023-10.csv.gz")
    berlin = ts.backtest(
        october["2023-10-28 12:00":"2023-10-29 12:00"],
        ts.Scalper(pressure_rule="buy_share"),
        time_zone="Europe/Berlin",
        **costs,
    )
    back, before = berlin.plot(), berlin.plot(end="2023-10-28 20:00")
    assert "UTC" in back.layout.xaxis.title.text and "went back" in back.layout.xaxis.title.text
    assert str(named(back, "FILUSDT").x[0]) == "2023-10-28T12:00"
    assert before.layout.xaxis.title.text == "Time, Europe/Berlin"
    assert str(named(before, "FILUSDT").x[0]) == "2023-10-28T14:00"


def test_hours_without_a_market_are_left_out_and_missing_bars_are_not(august: ts.Bars) -> None:
    minutes = august.to_polars().head(3 * 390)
    days = [datetime(2023, 8, day, 13, 30, tzinfo=timezone.utc).timestamp() for day in (2, 3, 4)]
    opens = [int(day) + 60 * minute for day in days for minute in range(390)]
    frame = minutes.with_columns(pl.Series("open_time", opens))
    # An hour is missing in the middle of the second day.
    frame = pl.concat([frame[:500], frame[560:]])
    bars = ts.Bars.from_frame(
        frame, symbol="X", interval="1m", tick_size="0.001", lot_step="0.1", calendar="nyse"
    )
    breaks = bars.plot().layout.xaxis.rangebreaks
    assert [list(one.bounds) for one in breaks] == [
        ["2023-08-02T20:00:01", "2023-08-03T13:30"],
        ["2023-08-03T20:00:01", "2023-08-04T13:30"],
    ]
    assert not august.plot().layout.xaxis.rangebreaks


def test_bars_of_days_weeks_and_months_have_no_nights(august: ts.Bars) -> None:
    for interval in ("6h", "day", "week", "month"):
        longer = august.resample(interval, edges="keep")
        fig = readable(longer.plot())
        candles = named(fig, "FILUSDT")
        assert np.array_equal(candles.x, utc(longer.to_polars()["open_time"]))
        assert not fig.layout.xaxis.rangebreaks
        length = repr(longer).split(" of ")[1].split(",")[0]
        assert f"{length} bars" in fig.layout.title.subtitle.text


def test_nothing_to_draw_is_said(august: ts.Bars, costs: dict) -> None:
    one = ts.Bars.from_frame(
        august.to_polars().head(1), symbol="ONE", interval="1m", tick_size="0.001", lot_step="0.1"
    )
    for bars in (one, august[:300]):
        never = ts.Scalper(pressure_rule="buy_share", spike_multiple=100)
        quiet = ts.backtest(bars, never, **costs)
        assert quiet.trades.height == 0
        for name in RUN_FIGURES:
            readable(getattr(quiet, name)())
        readable(bars.plot())
        assert "no trade" in text_of(quiet.plot())
        assert "No trade was closed" in text_of(quiet.plot_trades())
        for name in ("plot", "plot_trades", "plot_equity", "plot_drawdown"):
            assert "No " in text_of(readable(getattr(quiet, name)(start="2030-01-01")))


def test_a_map_shows_the_surface(found: ts.SweepResult) -> None:
    surface = found.surface("spike_multiple", "stop_loss")
    fig = readable(found.heatmap("spike_multiple", "stop_loss"))
    map = fig.data[0]
    assert np.array_equal(np.array(map.z, dtype=float), surface.median)
    assert list(map.x) == surface.columns == ["3", "5", "8"] and list(map.y) == surface.rows
    column, row = surface.winner
    box = fig.layout.shapes[0]
    assert box.x0 < column < box.x1 and box.y0 < row < box.y1
    assert fig.layout.xaxis.title.text == "spike_multiple"
    assert "Sharpe Ratio" in fig.layout.title.text
    best = found.heatmap("stop_loss", "take_profit", "total_return", measure="best").data[0]
    # A condition leaves a cell without a set: a hole, not a number.
    assert best.z[0][1] is None and best.text[0][1] == "" and best.text[1][0].endswith("%")
    returns = found.frame.filter((pl.col("stop_loss") == 0.002) & (pl.col("take_profit") == 0.012))
    assert best.z[1][0] == returns["total_return"].max()


def test_steps_and_spread_of_a_search(found: ts.SweepResult) -> None:
    fig = readable(found.plot_sensitivity())
    steps = found.sensitivity()
    for at, (name, share) in enumerate(found.influence().iter_rows()):
        axis = "x" if at == 0 else f"x{at + 1}"
        title = fig.layout[axis.replace("x", "xaxis")].title.text
        assert title == f"{name} ({share:.0%})"
        rows = steps.filter(pl.col("parameter") == name)
        median = next(t for t in fig.data if t.xaxis == axis and t.legendgroup == "median")
        assert list(median.y) == rows["median"].to_list()
        assert list(median.x) == rows["value"].to_list()
    spread = readable(found.plot_spread())
    ranked = found.frame.filter(pl.col("sharpe").is_not_null() & (pl.col("trades") >= 30))
    assert sum(named(spread, "Sets").y) == ranked.height > 0
    best = next(t for t in spread.data if (t.name or "").startswith("Best:"))
    assert best.x[0] == ranked["sharpe"].max()


def test_the_best_that_luck_finds_is_marked_where_it_is_told(
    found: ts.SweepResult, august: ts.Bars, costs: dict
) -> None:
    def marks(fig: go.Figure) -> list[float]:
        return [t.x[0] for t in readable(fig).data if "luck" in (t.name or "")]

    space = {"fast": [3, 10, 40], "slow": [60, 200, 600]}
    given = {"space": space, "random_entries": 0, "min_trades": 1, **costs}
    crossed = ts.sweep(august, ts.SmaCross(), objective="sharpe", **given)
    luck = crossed.validation.luck.bar
    assert luck is not None
    assert marks(crossed.plot_spread()) == [pytest.approx(luck * np.sqrt(365), rel=1e-12)]
    # Of other figures it is not known, nor where all sets are one trial.
    assert marks(crossed.plot_spread("profit_factor")) == []
    assert found.validation.luck.bar is None and marks(found.plot_spread()) == []


def test_a_walk_forward_shows_its_days_and_windows(found: ts.SweepResult) -> None:
    walked = found.validation.walk_forward
    fig = readable(found.plot_walk_forward())
    assert walked.plot() == fig
    curve = named(fig, "Sets chosen on the past alone")
    assert list(curve.y) == walked.days["outside"].to_list()
    assert np.array_equal(curve.x, utc(walked.days["end"]))
    for side, name in (("inside", "In training"), ("outside", "In the test")):
        assert list(named(fig, name).y) == walked.windows[f"{side}_sharpe"].to_list()
        assert len(named(fig, name).x) == walked.windows.height


def test_a_validation_shows_what_is_asked_for_and_found(found: ts.SweepResult) -> None:
    validation = found.validation
    fig = readable(found.plot_validation())
    assert validation.plot() == fig and validation.verdict.words in text_of(fig)
    rules = named(fig, "Found")
    figures = (validation.deflated_sharpe, validation.pbo, validation.random_p, validation.plateau)
    assert list(rules.x) == list(figures)
    held = {f["rule"]: f["holds"] for f in validation.verdict.findings.iter_rows(named=True)}
    names = ("deflated", "overfitting", "random_entry", "plateau")
    for name, value, symbol in zip(names, figures, rules.marker.symbol, strict=True):
        assert (value is not None and symbol == "circle") == held.get(name, False), name
    pbo = validation.overfitting
    assert sum(named(fig, "Splits").y) == pbo.splits
    splits = named(fig, "Splits")
    lower = sum(y for x, y in zip(splits.x, splits.y, strict=True) if x < 0)
    # A logit of 0 counts as overfit and stands in the bar above it.
    assert lower / pbo.splits <= pbo.probability <= (lower + splits.y[16]) / pbo.splits
    bootstrap = named(fig, "Return, days drawn anew")
    total = validation.monte_carlo.days.total
    assert list(bootstrap.x) == [total.p5, total.p50, total.p95]


def test_what_cannot_be_drawn_names_the_argument(
    run: ts.Run, found: ts.SweepResult, august: ts.Bars, costs: dict
) -> None:
    plain = ts.sweep(
        august["2023-08-01":"2023-08-10"], ts.Scalper(pressure_rule="buy_share"),
        space={"spike_multiple": [3, 5]}, random_entries=0, **costs,
    )
    pair = ("stop_loss", "take_profit")
    cases = [
        (lambda: found.heatmap("spike", "stop_loss"), "a", "spike_multiple, stop_loss, take_"),
        (lambda: found.heatmap("stop_loss", "stop_loss"), "b", "another parameter"),
        (lambda: found.heatmap(*pair, "alpha"), "metric", "sharpe"),
        (lambda: found.heatmap(*pair, measure="mean"), "measure", "median, best"),
        (lambda: found.plot_sensitivity("alpha"), "metric", "sharpe"),
        (lambda: found.plot_spread("alpha"), "metric", "sharpe"),
        (lambda: plain.plot_walk_forward(), "walk_forward", "train_days"),
        (lambda: run.plot(instrument="BTC"), "instrument", "FILUSDT"),
        (lambda: run.plot_trades(instrument="BTC"), "instrument", "FILUSDT"),
        (lambda: run.plot(most=5), "most", "10 to 100000"),
        (lambda: run.plot_equity(most=True), "most", "10 to 100000"),
        (lambda: run.plot(start="soon"), "start", "2023-08-01"),
        (lambda: august.plot(end=datetime(2023, 8, 2)), "end", "zone"),
        (lambda: run.plot_drawdown(start="2023-08-02", end="2023-08-02"), "end", "after start"),
        (lambda: run.plot_monthly(template="no_such"), "template", "no_such"),
    ]
    for draw, argument, words in cases:
        with pytest.raises(ts.ConfigError, match=argument) as caught:
            draw()
        assert words in str(caught.value) and caught.value.argument == argument, caught.value


def test_templates_are_those_of_plotly(run: ts.Run) -> None:
    import plotly.io

    assert run.plot_equity().layout.template == go.Figure().layout.template
    dark = run.plot_equity(template="plotly_dark")
    assert dark.layout.template.layout.paper_bgcolor == "rgb(17,17,17)"
    before = plotly.io.templates.default
    try:
        plotly.io.templates.default = "simple_white"
        assert run.plot_equity().layout.template == plotly.io.templates["simple_white"]
    finally:
        plotly.io.templates.default = before


def test_plotly_is_loaded_on_first_use_and_its_absence_is_explained() -> None:
    code = """
import sys, tickstep as ts
assert "plotly" not in sys.modules
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "plotly":
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Missing())
rows = {name: [1, 1] for name in ("open", "high", "low", "close", "volume")}
rows["time"] = [1690848000, 1690848060]
bars = ts.Bars.from_frame(rows, symbol="A", tick_size="1", lot_step="1")
try:
    bars.plot()
except ImportError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "pip install tickstep[plot]" in said


def test_a_year_of_minutes_stays_small(august: ts.Bars, costs: dict) -> None:
    year = 525_600
    columns = august.to_polars().drop("open_time")
    whole = pl.concat([columns] * (year // columns.height + 1)).head(year)
    opens = pl.Series("open_time", np.arange(year) * 60 + 1_672_531_200)
    bars = ts.Bars.from_frame(
        whole.with_columns(opens), symbol="YEAR", interval="1m", tick_size="0.001", lot_step="0.1"
    )
    run = ts.backtest(bars, ts.Scalper(pressure_rule="buy_share"), **costs)
    assert run.trades.height > 4_000
    fig = readable(run.plot())
    assert len(named(fig, "YEAR").x) == 2190 and len(named(fig, "Volume spike").x) == 300
    assert max(len(trace.x) for trace in fig.data) <= 3 * 2_200
    readable(run.plot_trades())
    readable(bars.plot(), 400_000)
