"""A sweep on the workers of a Dask cluster, here of processes on this machine.

    pip install "distributed"
    python examples/python/dask_sweep.py

The bytes are those of one machine, whichever worker ran which part. For a cluster of
machines make the client by its address, ``Client("tcp://scheduler:8786")``; workers need
tickstep installed, and the data at the same paths, as the configuration names files.
"""

from __future__ import annotations

from pathlib import Path

from distributed import Client, LocalCluster

import tickstep as ts

CONFIG = Path(__file__).parents[1] / "sweep.toml"


def main() -> ts.SweepResult:
    few = {"sweep.constraints": ["take_profit > stop_loss", "max_hold_s == 900"]}
    cluster = LocalCluster(threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, Client(cluster) as client:
        return ts.sweep_file(CONFIG, set=few, executor=client)


if __name__ == "__main__":
    found = main()
    print(found.best(5))
    print(found.verdict)
