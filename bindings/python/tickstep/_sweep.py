"""Sweeps: many sets of parameters over the same bars, and how far the best is believed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._account import Account, changes
from tickstep._arguments import allow, spelled_out, whole
from tickstep._bars import Bars
from tickstep._executor import HERE, Pool, run_shards
from tickstep._found import SweepResult
from tickstep._plan import Plan, judged_by, planned
from tickstep._progress import Progress, shown
from tickstep._space import Method, Space
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["sweep", "sweep_file"]


@spelled_out(Account)
def sweep(
    bars: Bars | Sequence[Bars] | Mapping[str, Bars],
    strategy: Any,
    *,
    space: Space,
    objective: str | Sequence[str] = "sharpe",
    where: str | Sequence[str] = (),
    method: Method | None = None,
    sets: int | None = None,
    seed: int | None = None,
    min_trades: int = 30,
    top: int = 20,
    whole: int = 3,
    random_entries: int = 2_000,
    walk_forward: Mapping[str, Any] | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    shard: str | None = None,
    trials: str | PathLike[str] | None = None,
    executor: Pool = None,
    shards: int | None = None,
    progress: Progress = None,
    **account: Unpack[Account],
) -> SweepResult:
    """Tries many sets of parameters over the same bars, ranks them, and says how far the
    best is to be believed.

    A set is its single run: the same trades and the same figures to the last bit, whatever
    the number of threads or machines. Every set that was tried is counted in the file of
    trials (the one that the environment variable ``TICKSTEP_TRIALS`` names, else the
    ``trials.jsonl`` nearest above ``out``, else that of the user), as the number of trials
    is what the verdict hangs on.

    Arguments:
        bars: bars of one instrument, or of several as a list or by symbol.
        strategy: one strategy, or a list; what is not varied is as it states. One of a Python
            class runs in processes, one for each core; a script that does so needs the guard
            ``if __name__ == "__main__":``.
        space: what is varied, and the values of each: a list, :func:`steps`,
            :func:`integers`, :func:`uniform` or :func:`log_uniform`. A short name is a
            parameter of the strategy (``stop_loss``), an argument of the account that can be
            varied (``leverage``, ``slippage.ticks``, ``sizing.notional``), or any key of the
            configuration (``strategy.NAME.params.stop_loss``).
        objective: figures that sets are judged by, names of ``stats.json``, the main one
            first.
        where: conditions between parameters, such as ``"take_profit > stop_loss"``; one that is
            not varied has the value that the strategy states.
        method: ``"grid"``, ``"random"`` or ``"latin"``; a grid when absent, where every
            parameter has a list of values and no number of sets is given, else random.
        sets: number of sets drawn; not for a grid.
        seed: where draws begin, 1 when absent; not for a grid.
        min_trades: trades below which a set is not ranked.
        top: number of best sets in ``top.csv`` and the report.
        whole: number of best sets whose run folders are written with ``out``.
        random_entries: strategies that enter at random, which the best is held against; 0
            leaves them out.
        walk_forward: the search again on the past of each window: ``train_days``,
            ``test_days``, and if need be ``step_days``, ``anchored``, ``embargo_s``.
        threads: threads, one for each core when absent.
        out: folder to write, as the command does; sets are kept there one by one. In memory
            when absent.
        resume: go on with what is in ``out``, which must have been begun with the same
            arguments, data, version of tickstep, signal columns and code of Python classes.
            Of a class count its bases, their methods, and the functions and constants of your
            own modules that those name, and so on. What is not seen: versions of packages,
            files that are read, names looked up at run time, and what objects hold that are
            neither plain values nor NumPy arrays, such as a fitted model.
        shard: only this part of the sets, such as ``"3/16"``; needs ``out``.
        trials: the file of trials, in place of those above.
        executor: a :class:`concurrent.futures.Executor` or a Dask ``Client`` that runs the
            sets in parts.
        shards: number of parts; four for each worker when absent.
        progress: a bar where a person looks; ``True``, ``False``, or a function of what is
            done, the total, and a note.
        **account: costs, cash, size, limits: see :class:`Account`.

    Raises:
        ConfigError: an argument cannot be used; its ``argument`` names it.
        ParamError: a parameter of the strategy is out of its range.
        OutputError: ``out`` cannot be written.
        Exception: what a strategy of a Python class raises, with its traceback.
        KeyboardInterrupt: Ctrl-C. With ``out`` what is finished is kept, and the same call
            with ``resume=True`` goes on.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> found = ts.sweep(
    ...     bars,
    ...     ts.Scalper(pressure_rule="buy_share"),
    ...     space={"spike_multiple": [3, 5, 8], "stop_loss": ts.steps(0.002, 0.006, 0.002)},
    ...     where="stop_loss < 0.006",
    ...     random_entries=0,
    ...     maker_fee=0.0004, taker_fee=0.0004, slippage=ts.ticks(0),
    ...     sizing=ts.FixedNotional(10_000),
    ... )
    >>> len(found), found.best(1)["spike_multiple"].item()
    (6, 8)
    >>> found.verdict.level
    'unproven'
    """
    table = {
        **judged_by(objective, where),
        "sets": sets,
        "seed": seed,
        "min_trades": min_trades,
        "top": top,
        "whole": whole,
        "random_entries": random_entries,
    }
    allow(account, sweep)
    plan = planned(bars, strategy, account, table, walk_forward, space, method)
    return _run(plan, _Way(threads, out, resume, shard, trials, executor, shards, progress))


def sweep_file(
    path: str | PathLike[str],
    *,
    set: Mapping[str, Any] | None = None,
    base: str | PathLike[str] | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    shard: str | None = None,
    trials: str | PathLike[str] | None = None,
    executor: Pool = None,
    shards: int | None = None,
    progress: Progress = None,
) -> SweepResult:
    """Runs the sweep of a configuration file, as ``tickstep sweep`` does.

    Arguments:
        path: the TOML file, with ``[sweep]``.
        set: changes to it by dotted key, such as ``{"sweep.top": 5}``.
        base: folder that data paths start from; that of the file when absent.

    The other arguments are those of :func:`sweep`; with ``out`` the folder has the bytes that
    the command writes.

    >>> import tickstep as ts
    >>> smaller = {"sweep.random_entries": 0, "sweep.constraints": ["stop_loss == 0.002",
    ...            "take_profit == 0.012", "max_hold_s == 900", "min_buy_share == 0.6"]}
    >>> found = ts.sweep_file("examples/sweep.toml", set=smaller)
    >>> len(found), found.parameters[:2]
    (16, ['spike_multiple', 'ma_period'])
    """
    sets = changes(set)
    with shown(progress, "loading", "B") as told:
        native = _native.Search.of_file(
            fspath(path), sets, base=None if base is None else fspath(base), progress=told
        )
    way = _Way(threads, out, resume, shard, trials, executor, shards, progress)
    return _run(Plan(native), way)


@dataclass(frozen=True)
class _Way:
    """How a sweep is run: arguments of :func:`sweep`."""

    threads: int | None
    out: str | PathLike[str] | None
    resume: bool
    shard: str | None
    trials: str | PathLike[str] | None
    executor: Pool
    shards: int | None
    progress: Progress

    @property
    def folder(self) -> str | None:
        return None if self.out is None else fspath(self.out)

    def check(self, plan: Plan) -> None:
        """Refuses arguments that do not go together."""
        if self.threads is not None:
            whole("threads", self.threads, 1)
        if self.folder is None:
            for name, given in (("resume", self.resume), ("shard", self.shard is not None)):
                if given:
                    raise ConfigError(
                        f"{name}: it is of a sweep in a folder; name one with out=", argument=name
                    )
        if self.executor is not None and self.shard is not None:
            raise ConfigError("shard: an executor runs all parts; leave it out", argument="shard")
        if self.executor is None and self.shards is not None and not plan.asks_python:
            raise ConfigError("shards: it is for an executor; give executor=", argument="shards")


def _run(plan: Plan, way: _Way) -> SweepResult:
    way.check(plan)
    if way.executor is None and plan.asks_python and way.shard is None:
        with _own_pool(plan, way.threads) as pool:
            return _run(plan, replace(way, executor=pool))
    folder, counted = way.folder, None if way.trials is None else fspath(way.trials)
    with shown(way.progress, "sweep", "sets") as told:
        try:
            if way.executor is None:
                native = _native.sweep_run(
                    plan._native,
                    threads=way.threads,
                    out=folder,
                    resume=way.resume,
                    shard=way.shard,
                    trials=counted,
                    progress=told,
                )
            else:
                native = _in_parts(plan, way, counted, told)
        except KeyboardInterrupt:
            if folder is None:
                raise
            raise KeyboardInterrupt(
                f"what is finished is kept for {folder}; the same call with resume=True goes on"
            ) from None
    for words in native.warnings:
        warnings.warn(words, RuntimeWarning, stacklevel=3)
    failed = native.all_failed()
    if failed is not None:
        raise ConfigError(f"every set failed; the first: {failed}")
    return SweepResult(native, plan.own)


def _own_pool(plan: Plan, threads: int | None) -> AbstractContextManager[Pool]:
    """Where sets run that ask Python at every bar: in processes, as threads of one process
    share its interpreter."""
    workers = os.cpu_count() or 1 if threads is None else threads
    if workers > 1 and plan.dumped() is None:
        warnings.warn(
            "the strategy is of a class of this session, so its sets run here, one by one; "
            "install cloudpickle, or move the class to a module, to use all cores",
            RuntimeWarning,
            stacklevel=4,
        )
        workers = 1
    if workers <= 1:
        return nullcontext(HERE)
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(min(workers, max(1, len(plan._native))), mp_context=spawn)


def _in_parts(
    plan: Plan, way: _Way, trials: str | None, told: Callable[[int, int, str], object] | None
) -> _native.Found:
    out = way.folder
    with tempfile.TemporaryDirectory(prefix="tickstep-") as temporary:
        if out is None:
            parts, joined = Path(temporary, "parts"), os.path.join(temporary, "sweep")
        else:
            _native.sweep_checked(plan._native, out, way.resume)
            if os.path.exists(os.path.join(out, "sets.bin")):
                # Its records are there: those of all parts, or those of a sweep that ran
                # without an executor. It goes on with them.
                return _native.sweep_run(
                    plan._native,
                    threads=way.threads,
                    out=out,
                    resume=True,
                    shard=None,
                    trials=trials,
                    progress=told,
                )
            beside = Path(os.path.abspath(out))
            parts, joined = beside.with_name(beside.name + ".parts"), out
            if not way.resume:
                _forget(parts)
        folders = run_shards(
            plan, parts, executor=way.executor, shards=way.shards, progress=told
        )
        native = _native.sweep_join(
            plan._native,
            folders,
            joined,
            in_memory=out is None,
            threads=way.threads,
            trials=trials,
            progress=told,
        )
        _forget(parts)
        return native


def _forget(parts: Path) -> None:
    shutil.rmtree(parts, ignore_errors=True)
