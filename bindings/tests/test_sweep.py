"""A sweep from Python: its sets are single runs, however they are run and kept."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
SPACE = {
    "spike_multiple": [3, 5, 8],
    "stop_loss": ts.steps(0.002, 0.006, 0.002),
    "take_profit": [0.003, 0.012],
}
WHERE = "take_profit > stop_loss"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path there."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def swept(bars: ts.Bars, costs: dict, **more: object) -> ts.SweepResult:
    given = {"space": SPACE, "where": WHERE, "random_entries": 20, **more}
    return ts.sweep(bars, ts.Scalper(pressure_rule="buy_share"), **given, **costs)


@pytest.fixture(scope="module")
def found(august: ts.Bars, costs: dict) -> ts.SweepResult:
    return swept(august, costs, objective=["sharpe", "profit_factor"])


def test_a_set_is_the_single_run_of_its_parameters(
    found: ts.SweepResult, august: ts.Bars, costs: dict
) -> None:
    assert len(found) == 12 and found.excluded == 6
    for set in (0, 5, 11):
        params = found.params(set)
        alone = ts.backtest(august, ts.Scalper(pressure_rule="buy_share", **params), **costs)
        ran = found.run(set)
        row = found.frame.row(set, named=True)
        assert {name: row[name] for name in params} == params
        assert ran.trades.equals(alone.trades) and ran.trades.height == row["trades"] > 30
        equity = [pl.DataFrame(run._native.equity(exact=True)) for run in (ran, alone)]
        assert equity[0].equals(equity[1])
        assert ran._native.stats_json() == alone._native.stats_json()
        earned = float(alone.trades["net_pnl"].sum())
        assert row["total_return"] == pytest.approx(earned / 100_000, rel=1e-9)


def test_costs_and_sizes_are_varied_as_parameters_are(august: ts.Bars, costs: dict) -> None:
    space = {"slippage.ticks": [0, 2], "sizing.notional": [5_000, 10_000], "leverage": [1, 2]}
    found = swept(august, costs, space=space, where=())
    for set in range(8):
        params = found.params(set)
        given = {
            **costs,
            "slippage": ts.ticks(params["slippage.ticks"]),
            "sizing": ts.FixedNotional(params["sizing.notional"]),
            "leverage": params["leverage"],
        }
        alone = ts.backtest(august, ts.Scalper(pressure_rule="buy_share"), **given)
        assert found.run(set).trades.equals(alone.trades)


def test_several_strategies_on_several_instruments(costs: dict) -> None:
    data = ROOT / "examples" / "data"
    bars = [ts.read_bars(data / f"{name}USDT-1m-2023-08.csv.gz") for name in ("FIL", "NEAR")]
    strategies = [
        ts.Scalper(name="spikes", pressure_rule="buy_share", instruments=["FILUSDT"]),
        ts.SmaCross(name="cross", fast=20, slow=60),
    ]
    space = {"strategy.spikes.params.spike_multiple": [3, 8], "strategy.cross.params.slow": [60, 90]}
    found = ts.sweep(bars, strategies, space=space, random_entries=0, **costs)
    assert found.failures.height == 0
    alone = ts.backtest(
        bars,
        [
            ts.Scalper(
                name="spikes", pressure_rule="buy_share", instruments=["FILUSDT"], spike_multiple=8
            ),
            ts.SmaCross(name="cross", fast=20, slow=60),
        ],
        **costs,
    )
    assert found.run(2).trades.equals(alone.trades)
    assert found.run(2).trades["instrument"].n_unique() == 2


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_gives_the_same(
    found: ts.SweepResult, august: ts.Bars, costs: dict, threads: int, tmp_path: Path
) -> None:
    given = {"objective": ["sharpe", "profit_factor"], "trials": tmp_path / "trials.jsonl"}
    again = swept(august, costs, threads=threads, **given)
    assert again.frame.equals(found.frame)
    # The same search is counted once, so the verdict is the same too.
    assert again.validation == swept(august, costs, **given).validation


def test_a_folder_has_the_bytes_that_memory_saves(
    august: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    walk = {"train_days": 12, "test_days": 6}
    trials = tmp_path / "trials.jsonl"
    kept = swept(august, costs, walk_forward=walk, out=tmp_path / "a", trials=trials)
    held = swept(august, costs, walk_forward=walk, trials=trials)
    held.save(tmp_path / "b")
    files = files_of(tmp_path / "a")
    assert {"results.csv", "sets.bin", "top.csv", "validation.json", "sweep.json"} <= set(files)
    assert files == files_of(tmp_path / "b")
    assert kept.frame.equals(held.frame) and kept.validation == held.validation
    assert held.report() == files["report.html"].decode()
    assert kept.folder == tmp_path / "a" and held.folder is None
    csv = pl.read_csv(tmp_path / "a" / "results.csv")
    assert csv["sharpe"].to_list() == kept.frame["sharpe"].to_list()
    assert csv["trade_hash"].cast(pl.String).to_list() == kept.frame["trade_hash"].to_list()


def test_an_interrupted_sweep_goes_on_to_the_same_bytes(
    august: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    class Enough(Exception):
        pass

    def few(done: int, total: int, note: str) -> None:
        if done >= 3:
            raise Enough

    # Sets that take their time, so that Python is served while they run.
    space = {"ma_period": ts.integers(3, 7), "spike_multiple": [1.5, 2, 2.5, 3, 3.5]}
    given = {"space": space, "where": (), "objective": "ulcer_index", "threads": 1}
    given |= {"whole": 1, "trials": tmp_path / "trials.jsonl"}
    with pytest.raises(Enough):
        swept(august, costs, out=tmp_path / "a", progress=few, **given)
    assert not (tmp_path / "a" / "sweep.json").exists()
    with pytest.raises(ts.OutputError, match="resume=True"):
        swept(august, costs, out=tmp_path / "a", **given)
    swept(august, costs, out=tmp_path / "a", resume=True, **given)
    swept(august, costs, out=tmp_path / "b", **given)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT as a terminal does")
def test_ctrl_c_keeps_what_is_finished(
    august: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        import tickstep as ts

        file, out, mode = sys.argv[1:]
        bars = ts.read_bars(file, tick_size="0.001", lot_step="0.1")
        told = lambda done, total, note: done and print("running", flush=True)
        try:
            ts.sweep(
                bars, ts.Scalper(pressure_rule="buy_share"), objective="ulcer_index", whole=1,
                space={"ma_period": ts.integers(3, 12), "spike_multiple": [1.5, 2, 2.5, 3, 3.5, 4]},
                threads=1, random_entries=0, out=out, progress=told, resume=mode == "resume",
                maker_fee=0.0002, taker_fee=0.0005, slippage=ts.ticks(1),
                sizing=ts.FixedNotional(10_000),
            )
        except KeyboardInterrupt as stopped:
            print(time.monotonic(), stopped, flush=True)
            sys.exit(7)
        """
    )
    made = [sys.executable, "-c", program, str(ROOT / "examples/data/FILUSDT-1m-2023-08.csv.gz")]
    env = {**os.environ, "TICKSTEP_TRIALS": str(tmp_path / "trials.jsonl")}
    process = subprocess.Popen(
        [*made, str(tmp_path / "a"), "fresh"], env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 7 and "resume=True goes on" in said
    # A second, and what a busy machine adds to it.
    assert float(said.splitlines()[-1].split()[0]) - sent < 3
    assert (tmp_path / "a" / "sets.bin").exists()
    for folder, mode in (("a", "resume"), ("b", "fresh")):
        subprocess.run([*made, str(tmp_path / folder), mode], env=env, check=True, capture_output=True)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT as a terminal does")
@pytest.mark.parametrize("of", ["random_entries", "walk_forward"])
def test_ctrl_c_ends_the_judging_too(of: str, tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        import tickstep as ts

        file, of = sys.argv[1:]
        bars = ts.read_bars(file, tick_size="0.001", lot_step="0.1")
        judged = dict(random_entries=0, space={"spike_multiple": ts.uniform(2, 4, decimals=4)},
                      sets=2000, walk_forward={"train_days": 3, "test_days": 1, "step_days": 1})
        if of == "random_entries":
            judged = dict(random_entries=50_000, space={"spike_multiple": [2, 3]})
        told = lambda done, total, note: note == "judging" and print("judging", flush=True)
        try:
            ts.sweep(
                bars, ts.Scalper(pressure_rule="buy_share"), min_trades=1, whole=1, progress=told,
                maker_fee=0.0002, taker_fee=0.0005, slippage=ts.ticks(1), **judged,
                sizing=ts.FixedNotional(10_000),
            )
        except KeyboardInterrupt:
            print(time.monotonic(), flush=True)
            sys.exit(7)
        """
    )
    made = [sys.executable, "-c", program, str(ROOT / "examples/data/FILUSDT-1m-2023-08.csv.gz"), of]
    env = {**os.environ, "TICKSTEP_TRIALS": str(tmp_path / "trials.jsonl")}
    process = subprocess.Popen(made, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "judging\n"
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 7
    # A second, and what a busy machine adds to it.
    assert float(said.splitlines()[-1]) - sent < 3


def test_shards_are_joined_to_the_bytes_of_one_run(
    august: ts.Bars, costs: dict, tmp_path: Path
) -> None:
    for part in (1, 2, 3):
        shard = swept(august, costs, out=tmp_path / f"{part}", shard=f"{part}/3")
        assert len(shard) == 4 and shard.validation is None
    swept(august, costs, out=tmp_path / "whole")
    whole = files_of(tmp_path / "whole")
    assert whole["sets.bin"].endswith(files_of(tmp_path / "3")["sets.bin"][-100:])
    rows = [(tmp_path / f"{part}" / "results.csv").read_text().splitlines() for part in (1, 2, 3)]
    joined = rows[0] + rows[1][1:] + rows[2][1:]
    assert joined == whole["results.csv"].decode().splitlines()


def test_results_pickle_exactly(found: ts.SweepResult) -> None:
    again = pickle.loads(pickle.dumps(found))
    assert again.frame.equals(found.frame) and again.front.equals(found.front)
    assert again.validation == found.validation and repr(again) == repr(found)
    assert again.report() == found.report()
    assert again.run(7).trades.equals(found.run(7).trades)
    assert again.counted_in == found.counted_in


def test_results_are_read_from_several_threads(found: ts.SweepResult) -> None:
    def read(at: int) -> tuple:
        return found.best(3).rows(), found.run(at % 12).trades.height, found.cube().shape

    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(read, range(12)))
    assert several == [read(at) for at in range(12)]


def test_the_best_are_sorted_by_their_objective(found: ts.SweepResult) -> None:
    for by in found.objectives:
        best = found.best(5, by=by)
        assert best[by].to_list() == found.frame[by].sort(descending=True).to_list()[:5]
    assert found.best_params == found.params(found.best(1)["set"].item())
    assert found.best_run().trades.height == found.best(1)["trades"].item()
    with pytest.raises(ts.ConfigError, match="by: calmar is no objective") as refused:
        found.best(5, by="calmar")
    assert refused.value.argument == "by"


def test_the_front_is_what_no_other_set_beats(found: ts.SweepResult) -> None:
    pairs = list(zip(found.frame["sharpe"], found.frame["profit_factor"], strict=True))

    def beaten(one: tuple[float, float]) -> bool:
        return any(a >= one[0] and b >= one[1] and (a, b) != one for a, b in pairs)

    assert found.front["set"].to_list() == sorted(
        (at for at, pair in enumerate(pairs) if not beaten(pair)),
        key=lambda at: -pairs[at][0],
    )


def test_a_cube_has_every_set_in_its_place(found: ts.SweepResult) -> None:
    cube = found.cube("profit_factor")
    assert cube.dims == ("spike_multiple", "stop_loss", "take_profit") and cube.shape == (3, 3, 2)
    assert cube.coords["stop_loss"] == [0.002, 0.004, 0.006]
    seen = 0
    for row in found.frame.iter_rows(named=True):
        place = tuple(cube.coords[name].index(row[name]) for name in cube.dims)
        assert cube.values[place] == row["profit_factor"]
        seen += 1
    assert np.isnan(cube.values).sum() == cube.values.size - seen == 6
    with pytest.raises(ts.ConfigError, match="metric: sharp is not kept"):
        found.cube("sharp")


def test_a_surface_has_the_median_and_the_best_of_each_cell(found: ts.SweepResult) -> None:
    surface = found.surface("spike_multiple", "stop_loss")
    assert (surface.columns, surface.rows) == (["3", "5", "8"], ["0.002", "0.004", "0.006"])
    for row, stop in enumerate((0.002, 0.004, 0.006)):
        for column, spike in enumerate((3, 5, 8)):
            here = (pl.col("stop_loss") == stop) & (pl.col("spike_multiple") == spike)
            goods = sorted(found.frame.filter(here)["sharpe"])
            assert surface.sets[row, column] == len(goods)
            assert surface.best[row, column] == goods[-1]
            assert surface.median[row, column] == goods[(len(goods) - 1) // 2]
    assert surface.frame.height == 9
    with pytest.raises(ts.ConfigError, match="a: atr was not swept"):
        found.surface("atr", "stop_loss")
    with pytest.raises(ts.ConfigError, match="name another"):
        found.surface("stop_loss", "stop_loss")


def test_sensitivity_and_influence_name_the_parameters(found: ts.SweepResult) -> None:
    steps = found.sensitivity()
    assert steps["parameter"].unique(maintain_order=True).to_list() == found.parameters
    best = steps.filter("is_best")
    assert best["objective"].unique().to_list() == found.best(1)["sharpe"].to_list()
    shares = found.influence()["share"].to_list()
    assert shares == sorted(shares, reverse=True) and 0 < shares[0] <= 1


def test_what_the_command_prints_is_there_as_numbers(found: ts.SweepResult) -> None:
    validation = found.validation
    assert validation is not None and found.verdict is not None
    assert validation.lines[0] == f"Verdict: {found.verdict.words}"
    assert f"PBO: {validation.pbo:.2f}" in validation.lines[2]
    assert f"(there are {validation.days})" in validation.lines[2]
    trials = validation.trials_all
    assert f"{trials.sets} in all on this data, {trials.effective:.0f} ind" in validation.lines[1]
    signs = [line.strip()[0] for line in validation.lines if line.startswith("  ")]
    findings = found.verdict.findings["holds"].to_list()
    assert signs == ["+" if holds else "-" for holds in findings] + ["?"] * len(found.verdict.missing)
    assert validation.random.net.p == validation.random_p
    assert validation.monte_carlo.days.total.p5 == validation.return_p5
    with pytest.raises(AttributeError, match="there is no p6; there are p5"):
        _ = validation.monte_carlo.days.total.p6


def test_sets_that_fail_say_why(august: ts.Bars, costs: dict) -> None:
    space = {"fast": [5, 20], "slow": [10, 30]}
    found = ts.sweep(august, ts.SmaCross(), space=space, random_entries=0, **costs)
    assert found.failures["set"].to_list() == [2]
    assert "fast" in found.failures["failure"].item()
    row = found.frame.row(2, named=True)
    assert row["sharpe"] is None and row["failure"] == found.failures["failure"].item()
    assert np.isnan(found.cube().values[1, 0])


def test_a_sweep_of_which_every_set_fails_says_so(august: ts.Bars, costs: dict) -> None:
    space = {"fast": [20, 30], "slow": [10, 15]}
    with pytest.raises(ts.ConfigError, match="every set failed; the first: .*fast"):
        ts.sweep(august, ts.SmaCross(), space=space, random_entries=0, **costs)


def test_progress_is_told_and_ends_at_the_total(august: ts.Bars, costs: dict) -> None:
    told: list[tuple[int, int, str]] = []
    # So many sets that some are done when it is first looked, on a fast machine too.
    space = {"spike_multiple": ts.steps(2, 5, 0.005)}
    swept(
        august, costs, space=space, where=(), random_entries=0, threads=1,
        progress=lambda *at: told.append(at), objective="ulcer_index",
    )
    done = [done for done, total, _ in told if total == 601]
    assert done[-1] == 601 and done == sorted(done)
    assert told == sorted(told, key=lambda at: at[0]) or told[-1][2] == "judging"


def test_fifty_sweeps_do_not_grow_memory(august: ts.Bars, costs: dict) -> None:
    def resident() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    if not Path("/proc/self/statm").exists():
        pytest.skip("the system does not tell a process's memory")

    space = {"spike_multiple": [3, 5], "stop_loss": [0.002, 0.004]}

    def once() -> None:
        found = swept(august, costs, space=space, where=(), random_entries=0, threads=1)
        assert found.frame.height == 4
        found.cube()

    for _ in range(15):
        once()
    before = resident()
    for _ in range(50):
        once()
    # What one sweep computes of a month of bars for all of its sets is 3 MB.
    assert resident() - before < 16 << 20


def test_every_set_is_counted_once(august: ts.Bars, costs: dict, tmp_path: Path) -> None:
    trials = tmp_path / "trials.jsonl"
    first = swept(august, costs, trials=trials)
    assert first.validation.trials_all.sets == 12 and first.counted_in == trials
    again = swept(august, costs, trials=trials, out=tmp_path / "out")
    assert again.validation.trials_all.sets == 12
    other = swept(august, costs, trials=trials, space={"spike_multiple": [4, 6, 7]}, where=())
    assert other.validation.trials_all.sets == 15 and other.validation.searches == 2


def test_bars_of_no_file_are_told_apart(august: ts.Bars, costs: dict, tmp_path: Path) -> None:
    """Two frames of one symbol and the same span are two searches, if a price differs."""
    frame = august.to_polars().head(20_000)

    def of(frame: pl.DataFrame) -> ts.Bars:
        return ts.Bars.from_frame(
            frame, symbol="FILUSDT", interval="1m", tick_size="0.001", lot_step="0.1"
        )

    trials = tmp_path / "trials.jsonl"
    later = frame.with_columns(
        volume=pl.when(pl.int_range(pl.len()) == 9).then(pl.col("volume") + 1).otherwise("volume")
    )
    assert swept(of(frame), costs, trials=trials).validation.searches == 1
    assert swept(of(frame), costs, trials=trials).validation.searches == 1
    assert swept(of(later), costs, trials=trials).validation.searches == 2
