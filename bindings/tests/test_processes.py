"""Threads, processes, Ctrl-C, memory and panics: what a long day in a notebook meets."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
SCALPER = ts.Scalper(pressure_rule="buy_share")


def one(bars: ts.Bars, costs: dict[str, Any], multiple: float) -> list[Any]:
    """A run as a worker does it, and its trades as what can be compared."""
    scalper = ts.Scalper(pressure_rule="buy_share", spike_multiple=multiple)
    return ts.backtest(bars, scalper, **costs).trades.rows()


def test_runs_in_threads_are_those_of_one_thread(
    august: ts.Bars, costs: dict[str, Any]
) -> None:
    multiples = [2.0, 3.0, 4.0, 5.0] * 4
    alone = {multiple: one(august, costs, multiple) for multiple in set(multiples)}
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(lambda multiple: one(august, costs, multiple), multiples)
        for multiple, trades in zip(multiples, together, strict=True):
            assert trades == alone[multiple]


def test_runs_in_spawned_processes_are_those_of_this_one(
    august: ts.Bars, costs: dict[str, Any]
) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        futures = [pool.submit(one, august, costs, multiple) for multiple in (2.0, 5.0)]
        results = [future.result() for future in futures]
    assert results == [one(august, costs, multiple) for multiple in (2.0, 5.0)]


def test_a_run_is_read_by_many_threads_at_once(august: ts.Bars, costs: dict[str, Any]) -> None:
    expected = ts.backtest(august, SCALPER, **costs)._native.stats_json()
    for _ in range(5):
        # Figures are computed when they are first asked for, here by eight at once.
        run = ts.backtest(august, SCALPER, **costs)
        start = threading.Barrier(8)

        def ask(_: int, run: ts.Run = run, start: threading.Barrier = start) -> str:
            start.wait()
            return str(run._native.stats_json())

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(8))) == {expected}


def shown(of: Any) -> str:
    """All that can be seen of a value, for those that are equal to themselves alone."""
    arrays = getattr(of, "__array__", None)
    return f"{type(of).__name__} {of!r} {getattr(of, 'args', None)} {arrays and arrays().tolist()}"


def test_whatever_is_returned_pickles(august: ts.Bars, costs: dict[str, Any]) -> None:
    bars, space = august[:14_400], {"spike_multiple": [3, 5], "stop_loss": [0.002, 0.004]}
    run = ts.backtest(bars, SCALPER, **costs)
    found = ts.sweep(
        bars, SCALPER, space=space, random_entries=5, whole=1, progress=False,
        walk_forward={"train_days": 5, "test_days": 2}, **costs,
    )  # fmt: skip
    validation = found.validation
    assert validation is not None
    with pytest.raises(ts.ParamError) as refused:
        ts.backtest(bars, ts.SmaCross(fast=-1), **costs)
    peeks = ts.check_lookahead(
        lambda df: {"long": df["close"].shift(-1) > df["close"]}, bars[:500], max_checks=3
    )
    made = [
        bars, ts.check(bars), run, run.stats, run.bounds, run.terms, run.config, run.refusals,
        run.trades, run.equity, run.decisions, run.returns(), run.monthly(), found, found.frame,
        found.cube(), found.surface("spike_multiple", "stop_loss"), found.overview(),
        found.sensitivity(), validation, validation.verdict, validation.trials, validation.luck,
        validation.walk_forward, validation.monte_carlo, validation.random, peeks, peeks.first,
        ts.rsi(14), ts.highest(20, "5m"), ts.exit(reason={"x": 2.0}), ts.move_stop(1.5),
        ts.buy(stop_loss=ts.ticks(3), take_profit=0.01, max_hold="5m", confidence=0.5,
               reason={"a": 1.0}), ts.sell(),
        ts.Signals(long=[True, False]), SCALPER, ts.ticks(2), ts.FixedNotional(10),
        ts.uniform(0, 1), ts.integers(1, 3), refused.value,
    ]  # fmt: skip
    for one in made:
        assert one is not None
        for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
            assert shown(again) == shown(one)
            if hasattr(one, "equals"):
                assert again.equals(one)


class Planned(ts.Strategy):
    """Keeps what it may return."""

    def start(self) -> None:
        self.entry = ts.buy(stop_loss=0.004, max_hold="5m", reason={"a": 1.0})

    def on_bar(self, now: ts.Moment) -> Any:
        return self.entry if now.close < now.open * 0.996 else None


def test_a_strategy_may_keep_a_proposal(august: ts.Bars, costs: dict[str, Any]) -> None:
    planned = Planned()
    planned.start()
    run = ts.backtest(august, planned, **costs)
    assert run.trades.height > 20
    assert pickle.loads(pickle.dumps(run)).trades.equals(run.trades)


def test_other_threads_run_while_rust_works(costs: dict[str, Any]) -> None:
    counted = 0
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=count)
    thread.start()
    for _ in range(5):
        ts.read_bars(ROOT / "examples/data/FILUSDT-1m-2023-08.csv.gz")
    done.set()
    thread.join()
    assert counted > 20


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT as a terminal does")
def test_ctrl_c_ends_a_long_call_with_keyboard_interrupt() -> None:
    program = textwrap.dedent(
        """
        import sys, threading, _thread, time
        import tickstep as ts
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        bars = ts.read_bars("examples/data/FILUSDT-1m-2023-*.csv.gz")
        cost = dict(maker_fee=0.0002, taker_fee=0.0005, slippage=ts.ticks(1))
        print("ready", flush=True)
        try:
            while True:
                ts.backtest(bars, ts.Scalper(pressure_rule="off"), **cost)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            sys.exit(7)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (7, "interrupted\n")


def resident() -> int:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's figures")
def test_two_hundred_runs_in_a_row_do_not_grow_memory(
    august: ts.Bars, costs: dict[str, Any]
) -> None:
    bars = august
    for _ in range(40):
        ts.backtest(bars, SCALPER, **costs).trades
    gc.collect()
    before = resident()
    for _ in range(200):
        ts.backtest(bars, SCALPER, **costs).trades
    gc.collect()
    # A run keeps about 2 MB of equity and decisions; two hundred that stay would be 400 MB.
    assert resident() - before < 30_000_000


def test_a_panic_is_an_internal_error_and_the_interpreter_lives(capfd: Any) -> None:
    with pytest.raises(ts.InternalError, match="please report it with the input"):
        ts._native.panic_for_tests()
    capfd.readouterr()
    assert ts.ticks(1) == ts.ticks(1)


def test_import_is_light() -> None:
    program = (
        "import sys, tickstep; "
        "print(sorted({'polars', 'pandas', 'plotly', 'numpy', 'pyarrow'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
