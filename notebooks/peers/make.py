"""What vectorbt and backtesting.py make of the strategy of notebook 04, stored beside this file.

    pip install vectorbt backtesting
    python notebooks/peers/make.py

What is run is the notebook's own code, its cells tagged `peer`, so that what is read there is
what was done. tickstep is not needed. A package that is not installed keeps its file.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE.parent / "04_coming_from_vectorbt_or_backtesting_py.ipynb"
CANDLES = HERE.parents[1] / "examples" / "data" / "FILUSDT-1m-2023-08.csv.gz"
BESIDE = {"vectorbt": ("numba", "numpy", "pandas"), "backtesting": ("numpy", "pandas")}


def cells() -> dict[str, Any]:
    """The names that the tagged cells define."""
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if "peer" in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]), names)  # noqa: S102: it is our own notebook
    return names


def rows(frame: Any) -> list[list[Any]]:
    """Side, times of entry and of the bar of the exit (UTC), both prices, net P&L."""
    return [
        [side, f"{entry:%Y-%m-%dT%H:%M}", f"{exit:%Y-%m-%dT%H:%M}", *(round(x, 9) for x in numbers)]
        for side, entry, exit, *numbers in frame.itertuples(index=False)
    ]


def made(name: str, own: dict[str, Any]) -> dict[str, Any]:
    candles = own["week"](CANDLES)
    runs = own["runs_of"](name, candles, *own["crosses"](candles["close"]))
    return {
        "package": name,
        "version": version(name),
        "python": platform.python_version(),
        "made": date.today().isoformat(),
        "made_by": "notebooks/peers/make.py",
        "with": {other: version(other) for other in BESIDE[name]},
        "columns": ["side", "entry_time", "exit_bar", "entry_price", "exit_price", "net_pnl"],
        "runs": {run: rows(frame) for run, frame in runs.items()},
    }


def written(of: dict[str, Any]) -> str:
    """JSON with a line for each trade."""
    runs = {
        run: "[\n" + ",\n".join(f"   {json.dumps(row)}" for row in table) + "\n  ]"
        for run, table in of["runs"].items()
    }
    head = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in of.items() if key != "runs"]
    body = ",\n".join(f"  {json.dumps(run)}: {table}" for run, table in runs.items())
    return "{\n" + ",\n".join(head) + ',\n "runs": {\n' + body + "\n }\n}\n"


def main() -> None:
    own = cells()
    for name in BESIDE:
        try:
            version(name)
        except PackageNotFoundError:
            print(f"{name} is not installed; {name}.json is left as it is", file=sys.stderr)
            continue
        (HERE / f"{name}.json").write_text(written(made(name, own)), encoding="utf-8")
        print(f"{name} {version(name)}")


if __name__ == "__main__":
    main()
