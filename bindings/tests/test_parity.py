"""Every bundled example gives the bytes of the command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
# Cargo's own file is no configuration.
# What a live runner is configured by is run by its own tests.
OTHERS = {"Cargo.toml", "live.toml", "live_binance.toml", "live_paper.toml"}
FOUND = sorted(path for path in EXAMPLES.rglob("*.toml") if path.name not in OTHERS)
NAMES = [path.relative_to(EXAMPLES).as_posix() for path in FOUND]
SWEEPS = [name for name in NAMES if "\n[sweep]" in (EXAMPLES / name).read_text()]
# A strategy that only the program beside it knows.
OF_A_PROGRAM = ["own.toml"]
# A few of a thousand sets, so that an unoptimised library has soon run them.
FEWER: dict[str, dict[str, Any]] = {
    "sweep.toml": {
        "sweep.constraints": [
            "take_profit == 0.012",
            "min_buy_share == 0.6",
            "max_hold_s == 900",
            "ma_period > 9",
        ],
        "sweep.random_entries": 20,
        "sweep.whole": 1,
        "instrument.data": ["data/FILUSDT-1m-2023-08.csv.gz"],
        "walk_forward.train_days": 20,
        "walk_forward.test_days": 10,
    }
}


def files_of(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def same(ours: Path, theirs: Path) -> None:
    """Two folders hold the same files; a difference is told by name, not by megabytes."""
    mine, its = files_of(ours), files_of(theirs)
    assert list(mine) == list(its)
    assert [name for name in mine if mine[name] != its[name]] == []


def test_the_examples_are_all_here() -> None:
    assert {"fil.toml", "cross.toml", "fil_near.toml", "sweep.toml"} < set(NAMES)
    assert len([name for name in NAMES if name.startswith("portfolio/")]) >= 7
    assert set(OF_A_PROGRAM) < set(NAMES) and set(SWEEPS) == {"sweep.toml", "own.toml"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_A_PROGRAM])
def test_a_run_leaves_the_folder_of_the_command(name: str, command: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "command"
    made = [command, "run", EXAMPLES / name, "-q", "--out", theirs]
    subprocess.run(made, check=True, capture_output=True)
    run = ts.run(EXAMPLES / name)
    run.save(tmp_path / "python")
    same(tmp_path / "python", theirs)
    written = json.loads((theirs / "stats.json").read_text())
    assert run.stats["# Trades"] == written["trades"]["count"]
    assert run.trades.height == len((theirs / "trades.csv").read_text().splitlines()) - 1


def swept(name: str, changes: dict[str, Any], command: Path, folder: Path) -> None:
    sets = [arg for key, of in changes.items() for arg in ("--set", f"{key}={json.dumps(of)}")]
    made = [command, "sweep", EXAMPLES / name, "-q", "--out", folder / "command", *sets]
    subprocess.run(made, check=True, capture_output=True)
    found = ts.sweep_file(EXAMPLES / name, set=changes, out=folder / "python", progress=False)
    same(folder / "python", folder / "command")
    assert len(found) > 10


@pytest.mark.parametrize("name", [name for name in SWEEPS if name not in OF_A_PROGRAM])
def test_a_sweep_leaves_the_folder_of_the_command(
    name: str, command: Path, tmp_path: Path
) -> None:
    swept(name, FEWER.get(name, {}), command, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SWEEPS if name not in OF_A_PROGRAM])
def test_a_whole_sweep_leaves_the_folder_of_the_command(
    name: str, command: Path, tmp_path: Path
) -> None:
    swept(name, {}, command, tmp_path)


@pytest.mark.parametrize("name", OF_A_PROGRAM)
def test_what_the_command_refuses_is_refused_in_its_words(name: str, command: Path) -> None:
    made = [command, "run", EXAMPLES / name]
    said = subprocess.run(made, capture_output=True, text=True).stderr
    with pytest.raises(ts.ConfigError, match="breakout") as refused:
        ts.run(EXAMPLES / name)
    assert str(refused.value) in said
