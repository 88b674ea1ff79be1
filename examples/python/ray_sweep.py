"""A sweep on Ray: an executor is all that a sweep asks for.

    pip install ray
    python examples/python/ray_sweep.py

The class below is a ``concurrent.futures.Executor`` whose tasks are Ray's. A part whose
worker died raises ``ray.exceptions.WorkerCrashedError``, which is handed on as the loss of a
worker, so that the part is run here.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import ray

import tickstep as ts

CONFIG = Path(__file__).parents[1] / "sweep.toml"


class RayExecutor(Executor):
    """Tasks of Ray as futures."""

    def __init__(self) -> None:
        ray.init(ignore_reinit_error=True)
        # One for each core of the cluster; a sweep makes four parts for each.
        self._max_workers = int(ray.cluster_resources().get("CPU", 1))
        self._run = ray.remote(num_cpus=1)(lambda work, args: work(*args))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        asked: Future[Any] = self._run.remote(fn, args).future()
        answered: Future[Any] = Future()

        def done(of: Future[Any]) -> None:
            error = of.exception()
            if isinstance(error, ray.exceptions.RayTaskError):
                answered.set_exception(error.cause)
            elif isinstance(error, ray.exceptions.RayError):
                answered.set_exception(BrokenExecutor(str(error)))
            elif error is not None:
                answered.set_exception(error)
            else:
                answered.set_result(of.result())

        asked.add_done_callback(done)
        return answered

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        ray.shutdown()


def main() -> ts.SweepResult:
    few = {"sweep.constraints": ["take_profit > stop_loss", "max_hold_s == 900"]}
    with RayExecutor() as executor:
        return ts.sweep_file(CONFIG, set=few, executor=executor)


if __name__ == "__main__":
    found = main()
    print(found.best(5))
    print(found.verdict)
