"""Notebooks are stored without outputs, run, and answer with numbers that hold."""

from __future__ import annotations

import json
import re
import runpy
from functools import cache
from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pandas as pd
import pytest

import tickstep as ts
from conftest import DATA, ROOT

NOTEBOOKS = ROOT / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
COSTS = {"maker_fee": 0.0002, "taker_fee": 0.0005, "slippage": ts.ticks(1)}
SIZE = {"cash": 100_000, "sizing": ts.FixedNotional(10_000)}
MINUTE = pd.Timedelta("1min")


@cache
def candles(symbol: str = "FILUSDT") -> pd.DataFrame:
    """The files read by pandas alone."""
    frame = pd.concat([pd.read_csv(path) for path in sorted(DATA.glob(f"{symbol}-1m-*"))])
    return frame.set_index(pd.to_datetime(frame.pop("open_time"), unit="ms", utc=True))


@pytest.fixture(scope="module")
def bars() -> ts.Bars:
    return ts.read_bars(DATA / "FILUSDT-1m-2023-*.csv.gz", tick_size="0.001", lot_step="0.1")


def answer(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    """What the last cell prints, when all cells are run in a new kernel."""
    monkeypatch.setenv("TICKSTEP_TRIALS", str(folder / "trials.jsonl"))
    monkeypatch.setenv("IPYTHONDIR", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(Path(ts.__file__).parents[1]))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}
    )
    client.execute()
    streams = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    errors = [out["text"] for out in streams if out.get("name") == "stderr"]
    assert not [text for text in errors if "Warning" in text], errors
    printed = [out["text"] for out in notebook.cells[-1].outputs if out.get("name") == "stdout"]
    assert printed, "the last cell answers in words"
    for cell in notebook.cells[:-1]:
        if cell.source.startswith(("run.plot", "found.plot", "found.heatmap")):
            kinds = [kind for out in cell.outputs for kind in out.get("data", {})]
            assert "application/vnd.plotly.v1+json" in kinds, cell.source
    return "".join(printed)


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"[-+]?\d[\d,]*\.?\d*", text)]


def number(text: str, pattern: str) -> float:
    """The number where `#` stands in the pattern."""
    found = re.search(pattern.replace("#", r"([-+]?\d[\d,]*(?:\.\d+)?)"), text)
    assert found, f"{pattern!r} is not in {text!r}"
    return float(found[1].replace(",", ""))


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_stored_clean_and_short(name):
    text = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(text)
    nbformat.validate(notebook)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert cells[0]["cell_type"] == "markdown"
    assert cells[0]["source"][0].startswith("# ")
    assert "?" in "".join(cells[0]["source"]), "a notebook asks a question"
    assert cells[-2]["source"][-1].startswith("## So: "), "and answers it in its last cell"
    assert cells[-1]["cell_type"] == "code"
    for cell in cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert set(cell["metadata"]) <= {"tags"}
        if cell["cell_type"] == "code":
            assert len(cell["source"]) <= 16, "".join(cell["source"])
            assert all(len(line.rstrip("\n")) <= 100 for line in cell["source"])


def test_every_notebook_is_listed_and_run():
    readme = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    own = Path(__file__).read_text(encoding="utf-8")
    assert len(NAMES) >= 6
    for name in NAMES:
        assert f"({name}.ipynb)" in readme
        assert f'answer("{name}"' in own


def test_00_is_this_data_fit_to_use(monkeypatch, tmp_path):
    said = answer("00_is_this_data_fit_to_use", monkeypatch, tmp_path)
    frame = candles()
    whole = pd.date_range(frame.index[0], frame.index[-1], freq="1min")
    assert said.startswith(f"Yes: {len(frame):,} minutes load with 0 errors, 0 are missing.")
    assert whole.equals(frame.index)
    # Runs of three or more empty minutes, counted by hand.
    lengths, ends, run = [], [], 0
    for time, volume in zip(frame.index, frame["volume"], strict=True):
        if volume == 0:
            run += 1
        elif run:
            lengths.append(run)
            ends.append(time)
            run = 0
    long = [length for length in lengths if length >= 3]
    assert number(said, "But # minutes in") == sum(long)
    assert number(said, "minutes in # stretches") == len(long)
    first = frame.index.get_loc(ends[lengths.index(max(long))])
    volume = frame["volume"].to_numpy()
    ratio = volume[first] / volume[first - 20 : first].mean()
    assert number(said, "volume looks # times") == round(ratio)
    # Beyond 2 %, and 20 times the robust deviation of the 501 moves around.
    move = np.log(frame["close"]).diff()
    usual = 1.4826 * move.abs().rolling(501, center=True, min_periods=1).median()
    near = candles("NEARUSDT")["close"].pct_change()
    jumps = move.index[move.abs() > np.maximum(0.02, 20 * usual)]
    assert number(said, "# of \\d+ jumps") == number(said, "of # jumps") == len(jumps)
    assert (move[jumps] * near[jumps] > 0).all()
    assert "4 of 5 kinds of damage are refused" in said
    assert number(said, "One tick is # bps") == round(0.001 / frame["close"].median() * 1e4, 1)


def test_01_a_volume_spike_seen_and_traded(monkeypatch, tmp_path, bars):
    said = answer("01_a_volume_spike_seen_and_traded", monkeypatch, tmp_path)
    # The command's file, and the costs of its fills by hand.
    run = ts.run(
        ROOT / "examples" / "fil.toml",
        set={"costs.maker_fee": 0.0002, "costs.taker_fee": 0.0005, "costs.slippage.ticks": 1},
    )
    trades = run.trades.to_pandas().astype({"side": str, "exit_reason": str})
    way = trades["side"].map({"long": 1, "short": -1})
    opens = candles()["open"].loc[trades["entry_time"]].to_numpy()
    assert np.allclose(trades["entry_price"], opens + 0.001 * way)
    resting = trades["exit_reason"] == "target"
    gross = trades["quantity"] * way * (trades["exit_price"] - trades["entry_price"])
    fees = trades["quantity"] * (
        trades["entry_price"] * 0.0005
        + trades["exit_price"] * np.where(resting, 0.0002, 0.0005)
    )
    slipped = trades["quantity"] * 0.001 * np.where(resting, 1, 2)
    notional = trades["quantity"] * trades["entry_price"]
    edge = (gross + slipped) / notional * 1e4
    assert said.startswith(f"No. {len(trades):,} trades made {edge.mean():.2f} ± ")
    assert number(said, "± # bps") == pytest.approx(2 * edge.sem(), abs=0.006)
    assert number(said, "paid # bps") == pytest.approx(
        ((fees + slipped) / notional * 1e4).mean(), abs=0.006
    )
    assert number(said, "ends at # of") == pytest.approx(100_000 + (gross - fees).sum(), abs=0.006)
    assert number(said, "with # % of trades won") == round((gross > fees).mean() * 100, 1)
    moves = {}
    price = candles()["open"]
    for hold in (1, 2, 5, 10, 30, 60):
        later = price.shift(-hold).loc[trades["entry_time"]].to_numpy()
        moves[hold] = pd.Series((later / opens - 1) * way.to_numpy() * 1e4).dropna()
    hold = max(moves, key=lambda hold: moves[hold].mean())
    mean, error = moves[hold].mean(), 2 * moves[hold].sem()
    assert f"best of 6 holds is {hold} minutes: {mean:.2f} ± {error:.2f} bps" in said
    assert "too little to pay them." in said


def test_02_a_sweep_and_which_result_to_believe(monkeypatch, tmp_path, bars):
    said = answer("02_a_sweep_and_which_result_to_believe", monkeypatch, tmp_path)
    fast, slow = (int(number(said, f"{name} #")) for name in ("fast", "slow"))
    stop = number(said, "stop_loss #")
    cross = ts.SmaCross(fast=fast, slow=slow, stop_loss=stop)
    best = ts.backtest(bars[:"2023-11-01"], cross, **SIZE, **COSTS)
    assert f"made {best.stats.total_return:+.2%}." in said.splitlines()[0]
    net = best.trades["net_pnl"].sum() / 100_000
    assert best.stats.total_return == pytest.approx(net)
    unseen = ts.backtest(bars, cross, start="2023-11-01", **SIZE, **COSTS)
    assert f"In November it made {unseen.stats.total_return:+.2%}." in said
    # Sets that made money, each run alone.
    space = [
        ts.SmaCross(fast=f, slow=s, stop_loss=x)
        for f in (30, 60, 120, 240, 480)
        for s in (120, 240, 480, 720, 960, 1440, 2160, 2880)
        for x in (0.005, 0.01, 0.02)
        if f < s
    ]
    assert number(said, "of # sets") == len(space)
    returns = [
        ts.backtest(bars[:"2023-11-01"], one, **SIZE, **COSTS).stats.total_return
        for one in space
        if one.slow >= 1440
    ]
    assert number(said, "^#") == sum(one > 0 for one in returns)
    assert "Verdict: Not supported" in said
    assert "walk_forward" in said
    assert "deflated" in said
    assert "The verdict was right" in said


def test_03_what_changes_when_costs_do(monkeypatch, tmp_path, bars):
    said = answer("03_what_changes_when_costs_do", monkeypatch, tmp_path)
    strategies = [
        ts.Scalper(pressure_rule="buy_share"),
        ts.SmaCross(fast=480, slow=2160, stop_loss=0.02),
    ]
    for line, strategy in zip(said.split("slow cross: "), strategies, strict=True):
        fee = number(line, "breaks even at # bps")
        if fee > 0:
            # At that fee and no slippage nothing is left.
            costs = {"maker_fee": fee / 1e4, "taker_fee": fee / 1e4, "slippage": ts.ticks(0)}
            costs |= {name: round(costs[name], 8) for name in ("maker_fee", "taker_fee")}
            run = ts.backtest(bars, strategy, **SIZE, **costs)
            turnover = 2 * 10_000 * run.trades.height
            assert abs(run.trades["net_pnl"].sum()) < 0.006e-4 * turnover
        else:
            free = {"maker_fee": 0, "taker_fee": 0, "slippage": ts.ticks(0)}
            assert ts.backtest(bars, strategy, **SIZE, **free).trades["net_pnl"].sum() < 0
            assert "no fee is low enough" in line
        # Fees change no fill, as sizes are fixed, so that the edge is that of a run with fees.
        run = ts.backtest(bars, strategy, **SIZE, **COSTS | {"slippage": ts.ticks(0)})
        paid = run.trades["net_pnl"] + run.trades["fees"]
        edge = (paid / run.trades["quantity"] / run.trades["entry_price"] * 1e4).to_pandas()
        assert number(line, "edge of #") == round(edge.mean(), 2)
        assert number(line, "from #") == round(edge.mean() - 2 * edge.sem(), 2)
        assert number(line, " to #, so that there may be none") == round(
            edge.mean() + 2 * edge.sem(), 2
        )
        run = ts.backtest(bars, strategy, **SIZE, **COSTS)
        net = run.trades["net_pnl"].sum() / 100_000
        assert number(line, "returns # %") == round(net * 100, 2)
    # Every ambiguous bar the other way round is the best order, as sizes are fixed.
    narrow = ts.SmaCross(fast=5, slow=20, take_profit=0.003, stop_loss=0.003)
    five = bars.resample("5m")
    first, last = (
        ts.backtest(five, narrow, **SIZE, **COSTS, intrabar=order).trades["net_pnl"].sum()
        for order in ("stop_first", "target_first")
    )
    assert number(said, "Inside the bars # USDT") == pytest.approx(last - first, abs=0.006)
    assert 0 <= number(said, "leaves # *\\.") < last - first


def test_04_coming_from_vectorbt_or_backtesting_py(monkeypatch, tmp_path):
    said = answer("04_coming_from_vectorbt_or_backtesting_py", monkeypatch, tmp_path)
    for name in ("vectorbt", "backtesting"):
        kept = json.loads((NOTEBOOKS / "peers" / f"{name}.json").read_text(encoding="utf-8"))
        part = said[said.index(f"{name} made") :].split("not explained")[0].splitlines()
        theirs = sum(row[-1] for row in kept["runs"]["stops"])
        assert number(part[0], f"{name} made # USDT") == pytest.approx(theirs, abs=0.006)
        own = number(part[0], "tickstep # *\\.")
        listed = [numbers(line)[0] for line in part[1:-1]]
        assert own + sum(listed) == pytest.approx(theirs, abs=0.01 * (1 + len(listed)))
        assert numbers(part[-1]) == [0.0], "every difference has its cause"
        assert number(part[0], "On ticks, # of") >= 225
    assert "loses money in all three" in said


def test_trades_of_the_cross_by_hand_are_those_of_all_three():
    """Notebook 04 without stops: from pandas alone, to what tickstep and the peers gave."""
    week = candles().loc["2023-08-14":"2023-08-20"]
    fast, slow = (week["close"].rolling(n).mean().round(9) for n in (20, 50))
    trades, side = [], 0
    for at in range(50, len(week) - 1):
        above, before = fast.iloc[at] - slow.iloc[at], fast.iloc[at - 1] - slow.iloc[at - 1]
        turn = 1 if above > 0 >= before else -1 if above < 0 <= before else 0
        if turn not in (0, side):
            trades.append((turn, week.index[at + 1], week["open"].iloc[at + 1]))
            side = turn
    legs = [
        2_000 * (way * (end - begin) - 0.0005 * (begin + end))
        for (way, _, begin), (_, _, end) in zip(trades, trades[1:], strict=False)
    ]
    for name in ("vectorbt", "backtesting"):
        kept = json.loads((NOTEBOOKS / "peers" / f"{name}.json").read_text(encoding="utf-8"))
        assert {"version", "python", "made", "with"} <= set(kept)
        rows = kept["runs"]["no stops"]
        assert [row[1] for row in rows] == [f"{time:%Y-%m-%dT%H:%M}" for _, time, _ in trades]
        assert [row[-1] for row in rows[:-1]] == pytest.approx(legs)


@pytest.mark.parametrize("name", ["vectorbt", "backtesting"])
def test_money_of_the_peers_follows_from_their_fills(name):
    kept = json.loads((NOTEBOOKS / "peers" / f"{name}.json").read_text(encoding="utf-8"))
    for run, rows in kept["runs"].items():
        for side, entered, left, entry, exit, net in rows:
            way = 1 if side == "long" else -1
            # vectorbt takes no fee of the last trade, which it leaves open.
            is_open = name == "vectorbt" and left.endswith("-20T23:59")
            fees = 0.0005 * 2_000 * (entry + (0 if is_open else exit))
            assert net == pytest.approx(2_000 * way * (exit - entry) - fees, abs=1e-5), entered
            ticks = exit / 0.001
            assert run == "stops" or abs(ticks - round(ticks)) < 1e-4, entered
    on_ticks = {(row[0], row[1]): row for row in kept["runs"]["stops on ticks"]}
    moved = 0
    for row in kept["runs"]["stops"]:
        other = on_ticks.get((row[0], row[1]))
        if other is not None and other[2] == row[2]:
            # In one bar less than a tick apart, or one reversed at its open.
            opened = candles()["open"].loc[f"{row[2]}Z"]
            assert abs(other[4] - row[4]) < 0.001 or opened in (row[4], other[4])
            moved += other[4] != pytest.approx(row[4], abs=1e-6)
    assert moved > 20


def test_what_peers_gave_is_stored_as_their_script_stores_it():
    make = runpy.run_path(str(NOTEBOOKS / "peers" / "make.py"))
    assert {"week", "crosses", "levels", "runs_of"} <= set(make["cells"]())
    for name in make["BESIDE"]:
        text = (NOTEBOOKS / "peers" / f"{name}.json").read_text(encoding="utf-8")
        assert make["written"](json.loads(text)) == text


def test_05_leaks_and_how_they_are_caught(monkeypatch, tmp_path):
    said = answer("05_leaks_and_how_they_are_caught", monkeypatch, tmp_path)
    assert said.startswith(
        "5 of 5 leaks are caught, 0 of 4 honest rules are flagged; the class that peeks is caught, "
        "and 0 of 2 strategies of tickstep leak."
    )
    low, high = number(said, "promised #"), number(said, "to # %")
    worst, best = number(said, "made #"), number(said, "made [-+.\\d]+ to # %")
    assert low < high
    assert worst < best < high
    # The best of them by hand: bought at the open after a close below a level filled backwards.
    week = candles().loc[:"2023-08-07"]
    level = week["close"].where(week.index.minute % 15 == 14).bfill()
    wants = (week["close"] < level * 0.998).to_numpy()
    opens, net, at = week["open"].to_numpy(), 0.0, 0
    while at < len(wants) - 1:
        if not wants[at]:
            at += 1
            continue
        # In at the next open, out at the first open at or after a quarter of an hour.
        begin, end = at + 1, min(at + 16, len(wants) - 1)
        paid, got = opens[begin] + 0.001, opens[end] - 0.001
        quantity = np.floor(10_000 / opens[begin] * 10) / 10
        net += quantity * (got - paid - 0.0005 * (got + paid))
        at = end
    assert high == pytest.approx(net / 10_000 * 100, abs=0.5)
