"""A search in parts, wherever an executor runs them: processes, or the machines of a Dask
cluster.

A part is a shard, as ``tickstep sweep --shard`` has them. Each task runs one, on one thread,
and gives back the bytes of its records, which are joined here to the bytes of one run. A
part whose worker was lost is run here: nothing that was finished is lost with it.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any, TypeAlias

from tickstep import _native
from tickstep._arguments import whole
from tickstep._plan import Plan
from tickstep.errors import ConfigError

__all__ = ["Pool", "run_shard", "run_shards"]

Pool: TypeAlias = Any
"""A :class:`concurrent.futures.Executor`, or a client of Dask's ``distributed``."""

FILES = ("sets.bin", "sets.failed.csv", "returns.bin")
"""Files that a part consists of."""

Part = tuple[bytes | None, ...]

_LOST = ("KilledWorker", "CommClosedError", "WorkerDiedError", "FutureCancelledError")
"""Exceptions of executors that need not be installed, for a worker that is gone."""

_TICK_S = 0.1
"""Seconds between two looks at Ctrl-C and at progress."""


def run_shard(search: bytes, identity: str, shard: str) -> Part:
    """Runs a part of a pickled search and gives back the bytes of its records.

    This is what a task does; it needs nothing but the package where it runs.
    """
    return _shard(pickle.loads(search), identity, shard)


def _shard(loaded: Plan, identity: str, shard: str) -> Part:
    with tempfile.TemporaryDirectory(prefix="tickstep-") as folder:
        _native.sweep_shard(
            loaded._native, folder, shard=shard, identity=identity, threads=1, progress=None
        )
        return tuple(
            (Path(folder) / name).read_bytes() if (Path(folder) / name).exists() else None
            for name in FILES
        )


def run_shards(
    search: Plan,
    folder: Path,
    *,
    executor: Pool,
    shards: int | None,
    progress: Callable[[int, int, str], object] | None,
) -> list[str]:
    """Runs all parts into folders of their own below ``folder``, those that are whole there
    already left out; the folders."""
    client = _client(executor)
    count = _count(search, client, shards)
    names = [f"{number}/{count}" for number in range(1, count + 1)]
    folders = {name: folder / name.replace("/", "of") for name in names}
    missing = [
        name
        for name in names
        if not _native.sweep_holds(search._native, os.fspath(folders[name]), name)
    ]
    identity = search._native.identity()
    done = count - len(missing)

    def told() -> None:
        if progress is not None:
            progress(done, count, "parts")

    told()
    lost: list[str] = []
    words = ""
    for name, outcome in client.run(search, identity, missing):
        if isinstance(outcome, BaseException):
            lost.append(name)
            words = words or f"{type(outcome).__name__}: {outcome}".strip(": ")
        elif outcome is not None:
            _write(folders[name], outcome)
            done += 1
        told()
    if lost:
        warnings.warn(
            f"{len(lost)} of {count} parts were lost with their workers ({words}); the others "
            "are kept, and these are run here",
            RuntimeWarning,
            stacklevel=4,
        )
    for name in lost:
        _native.sweep_shard(
            search._native,
            os.fspath(folders[name]),
            shard=name,
            identity=identity,
            threads=None,
            progress=None,
        )
        done += 1
        told()
    return [os.fspath(folders[name]) for name in names]


def _write(folder: Path, part: Part) -> None:
    """A part is there whole or not at all."""
    beside = folder.with_name(folder.name + ".partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, content in zip(FILES, part, strict=True):
        if content is not None:
            (beside / name).write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _count(search: Plan, client: _Client, shards: int | None) -> int:
    """Parts: four for each worker, so that a slow one holds up little; no more than sets."""
    if shards is None:
        shards = 4 * client.workers
    return max(1, min(whole("shards", shards, 1, (1 << 32) - 1), len(search._native)))


class _Client:
    """What executors of every kind have in common."""

    workers: int = 4

    def run(
        self, search: Plan, identity: str, shards: list[str]
    ) -> Iterator[tuple[str, Part | BaseException | None]]:
        """Parts as they are done; an exception for one whose worker was lost, ``None`` where
        there is no news."""
        raise NotImplementedError


class _Here(_Client):
    """This process, one part after the other."""

    workers = 1

    def run(
        self, search: Plan, identity: str, shards: list[str]
    ) -> Iterator[tuple[str, Part | BaseException | None]]:
        for shard in shards:
            yield shard, _shard(search, identity, shard)


HERE: Pool = _Here()
"""What runs parts in this process."""


def _dumped(search: Plan) -> bytes:
    dumped = search.dumped()
    if dumped is None:
        raise ConfigError(
            "executor: the strategy is of a class that only this session knows; install "
            "cloudpickle, or move the class to a module",
            argument="executor",
        )
    return dumped


class _Futures(_Client):
    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.workers = getattr(executor, "_max_workers", None) or os.cpu_count() or 1

    def run(
        self, search: Plan, identity: str, shards: list[str]
    ) -> Iterator[tuple[str, Part | BaseException | None]]:
        from concurrent.futures import FIRST_COMPLETED, wait

        futures = {}
        dumped = _dumped(search)
        for shard in shards:
            try:
                futures[self._executor.submit(run_shard, dumped, identity, shard)] = shard
            except (BrokenExecutor, RuntimeError) as error:
                # A pool that broke, or was shut down, takes nothing more.
                yield shard, error
        try:
            while futures:
                finished, _ = wait(futures, timeout=_TICK_S, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield futures.pop(future), _outcome(future.result)
                if not finished:
                    yield "", None
        finally:
            for future in futures:
                future.cancel()


class _Dask(_Client):
    def __init__(self, client: Any) -> None:
        self._client = client
        self.workers = sum(client.ncores().values()) or 1

    def run(
        self, search: Plan, identity: str, shards: list[str]
    ) -> Iterator[tuple[str, Part | BaseException | None]]:
        sent = self._client.scatter(_dumped(search), broadcast=True, hash=False)
        futures = {
            self._client.submit(run_shard, sent, identity, shard, pure=False): shard
            for shard in shards
        }
        try:
            while futures:
                finished = [future for future in futures if future.done()]
                for future in finished:
                    yield futures.pop(future), _outcome(future.result)
                if not finished:
                    yield "", None
                    _pause()
        finally:
            self._client.cancel(list(futures))


def _pause() -> None:
    import time

    time.sleep(_TICK_S)


def _outcome(result: Callable[[], Part]) -> Part | BaseException:
    """What a task gave; the exception where its worker was lost. What the task itself
    raised is raised."""
    try:
        return result()
    except (BrokenExecutor, CancelledError, FutureTimeout) as error:
        return error
    except Exception as error:
        if type(error).__name__ in _LOST:
            return error
        raise


def _client(executor: Pool) -> _Client:
    if isinstance(executor, _Client):
        return executor
    if isinstance(executor, Executor):
        return _Futures(executor)
    if all(hasattr(executor, name) for name in ("submit", "scatter", "ncores", "cancel")):
        return _Dask(executor)
    raise ConfigError(
        f"executor: {type(executor).__name__} runs no tasks; give a "
        "concurrent.futures.Executor or a dask.distributed.Client",
        argument="executor",
    )
