"""A sweep in parts gives the bytes of one machine, and a lost worker loses nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tickstep as ts

SPACE = {"spike_multiple": [3, 5, 8], "stop_loss": [0.002, 0.004], "take_profit": [0.003, 0.012]}


def files_of(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def swept(bars: ts.Bars, costs: dict, **more: Any) -> ts.SweepResult:
    given = {"space": SPACE, "random_entries": 0, "whole": 1, **more}
    return ts.sweep(bars, ts.Scalper(pressure_rule="buy_share"), **given, **costs)


def dies_once(marker: str, work: Callable[..., Any], *args: Any) -> Any:
    """Kills its own process where nobody did before, else works."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return work(*args)
    os.kill(os.getpid(), signal.SIGKILL)


class Through(Executor):
    """Hands tasks on, changed or counted."""

    def __init__(self, to: Executor, change: Callable[..., tuple] = lambda *task: task) -> None:
        self._to, self._change, self.submitted = to, change, 0
        self._max_workers = 2

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        self.submitted += 1
        return self._to.submit(*self._change(fn, *args), **kwargs)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        yield pool


@pytest.fixture(scope="module")
def local(august: ts.Bars, costs: dict, tmp_path_factory: Any) -> dict[str, bytes]:
    """What one machine writes."""
    folder = tmp_path_factory.mktemp("local") / "out"
    swept(august, costs, out=folder, trials=folder.parent / "trials.jsonl")
    return files_of(folder)


def test_processes_give_the_bytes_of_one_machine(
    august: ts.Bars, costs: dict, pool: Executor, local: dict[str, bytes], tmp_path: Path
) -> None:
    trials = tmp_path / "trials.jsonl"
    told: list[tuple[int, int, str]] = []
    out = tmp_path / "out"
    found = swept(
        august, costs, executor=pool, out=out, trials=trials, progress=lambda *at: told.append(at)
    )
    assert files_of(out) == local and found.folder == out
    assert (8, 8, "parts") in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "trials.jsonl"]
    held = swept(august, costs, executor=pool, trials=trials, shards=5)
    assert held.folder is None and held.frame.equals(found.frame)
    assert held.validation == found.validation and held.validation.trials_all.sets == 12


def test_threads_are_an_executor_too(august: ts.Bars, costs: dict) -> None:
    with ThreadPoolExecutor(3) as threads:
        found = swept(august, costs, executor=threads)
    assert found.frame.equals(swept(august, costs).frame)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not killed so there")
def test_a_killed_worker_loses_nothing(
    august: ts.Bars, costs: dict, local: dict[str, bytes], tmp_path: Path
) -> None:
    spawn = multiprocessing.get_context("spawn")
    marker, out = tmp_path / "marker", tmp_path / "out"
    with ProcessPoolExecutor(2, mp_context=spawn) as mortal:
        deadly = Through(mortal, lambda *task: (dies_once, os.fspath(marker), *task))
        with pytest.warns(RuntimeWarning, match="parts were lost with their workers .*run here"):
            swept(august, costs, executor=deadly, out=out, trials=tmp_path / "trials.jsonl")
    assert marker.exists() and files_of(out) == local


def test_parts_that_are_finished_are_kept(
    august: ts.Bars, costs: dict, pool: Executor, local: dict[str, bytes], tmp_path: Path
) -> None:
    class Enough(Exception):
        pass

    def three(done: int, total: int, note: str) -> None:
        if done == 3:
            raise Enough

    given = {"out": tmp_path / "out", "trials": tmp_path / "trials.jsonl", "shards": 6}
    with pytest.raises(Enough):
        swept(august, costs, executor=pool, progress=three, **given)
    assert (tmp_path / "out.parts").is_dir()
    counted = Through(pool)
    swept(august, costs, executor=counted, resume=True, **given)
    assert counted.submitted == 3
    assert files_of(tmp_path / "out") == local and not (tmp_path / "out.parts").exists()


def test_a_finished_folder_is_not_run_again(
    august: ts.Bars, costs: dict, local: dict[str, bytes], tmp_path: Path
) -> None:
    given = {"out": tmp_path / "out", "trials": tmp_path / "trials.jsonl"}
    swept(august, costs, **given)
    with ThreadPoolExecutor(1) as threads:
        counted = Through(threads)
        with pytest.raises(ts.OutputError, match="resume=True"):
            swept(august, costs, executor=counted, **given)
        swept(august, costs, executor=counted, resume=True, **given)
    assert counted.submitted == 0 and files_of(tmp_path / "out") == local


def test_what_a_task_raises_arrives(august: ts.Bars, costs: dict) -> None:
    def broken(*task: Any) -> tuple:
        return (int, "seven")

    with ThreadPoolExecutor(1) as threads, pytest.raises(ValueError, match="seven"):
        swept(august, costs, executor=Through(threads, broken))


def test_shards_are_a_number_of_parts(august: ts.Bars, costs: dict) -> None:
    with ThreadPoolExecutor(1) as threads:
        for shards in (0, -1, 1.5, True, 1 << 40):
            with pytest.raises(ts.ConfigError, match="it must be a whole number, 1 to") as refused:
                swept(august, costs, executor=threads, shards=shards)
            assert refused.value.argument == "shards"
        many = swept(august, costs, executor=threads, shards=1_000)
    assert len(many) == 12


@pytest.mark.slow
def test_a_dask_cluster_gives_the_bytes_of_one_machine(
    august: ts.Bars, costs: dict, local: dict[str, bytes], tmp_path: Path
) -> None:
    """Processes of a real cluster, one of which is killed in the middle."""
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        trials = tmp_path / "trials.jsonl"
        swept(august, costs, executor=client, out=tmp_path / "a", trials=trials)
        assert files_of(tmp_path / "a") == local

        killed: list[int] = []

        def kill(done: int, total: int, note: str) -> None:
            if done >= 2 and not killed:
                killed.extend(client.run(os.getpid).values())
                os.kill(killed[0], signal.SIGKILL)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            given = {"out": tmp_path / "b", "trials": trials, "shards": 12, "progress": kill}
            swept(august, costs, executor=client, **given)
        assert killed and files_of(tmp_path / "b") == local
