"""What the tests share: bundled candles, and costs that are stated once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

import tickstep as ts

# The same cases wherever this is run, so that what fails was changed.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"


@pytest.fixture(scope="session", autouse=True)
def _trials_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["TICKSTEP_TRIALS"] = str(tmp_path_factory.mktemp("trials") / "trials.jsonl")


@pytest.fixture(scope="session")
def command() -> Path:
    """The command `tickstep` of this workspace; named by `TICKSTEP`, as in `make test`, it
    must be there."""
    named = os.environ.get("TICKSTEP")
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "tickstep"
    command = built if named is None else Path(named)
    if not command.exists():
        assert named is None, f"TICKSTEP names {command}, which is not there"
        pytest.skip("the command is not built; `make lint` builds it")
    return command


@pytest.fixture(scope="session")
def august() -> ts.Bars:
    """A month of minutes with taker volume: FILUSDT, August 2023."""
    return ts.read_bars(DATA / "FILUSDT-1m-2023-08.csv.gz", tick_size="0.001", lot_step="0.1")


@pytest.fixture(scope="session")
def costs() -> dict[str, object]:
    """Costs of a taker on a futures exchange, and a size."""
    return {
        "maker_fee": 0.0002,
        "taker_fee": 0.0005,
        "slippage": ts.ticks(1),
        "sizing": ts.FixedNotional(10_000),
    }
