"""Single runs are counted as trials, as the command counts them, and data is told apart."""

from __future__ import annotations

import datetime
import json
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tickstep as ts

ROOT = Path(__file__).resolve().parents[2]
SCALPER = ts.Scalper(pressure_rule="buy_share")


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def searches(file: Path) -> int:
    """How many different searches, of one set each, a file of trials holds."""
    return len({line["search"] for line in lines(file)})


@pytest.fixture
def few(august: ts.Bars) -> ts.Bars:
    return august[:3_000]


def test_a_run_counts_once_and_says_where(few: ts.Bars, costs: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    run = ts.backtest(few, SCALPER, trials=file, **costs)
    assert run.counted_in == file
    (line,) = lines(file)
    assert (line["sets_planned"], line["sets_done"]) == (1, 1)
    assert line["strategy"] == ["scalper"] and line["instruments"][0]["symbol"] == "FILUSDT"
    ts.backtest(few, SCALPER, trials=file, **costs)
    assert searches(file) == 1, "the same run is the same trial"
    ts.backtest(few, SCALPER.replace(ma_period=6), trials=file, **costs)
    assert searches(file) == 2


def test_the_variable_names_the_file_as_for_the_command(
    few: ts.Bars, costs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKSTEP_TRIALS", str(tmp_path / "named.jsonl"))
    assert ts.backtest(few, SCALPER, **costs).counted_in == tmp_path / "named.jsonl"
    monkeypatch.delenv("TICKSTEP_TRIALS")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trials.jsonl").touch()
    assert ts.backtest(few, SCALPER, **costs).counted_in == tmp_path / "trials.jsonl"
    assert searches(tmp_path / "trials.jsonl") == 1


def test_what_is_made_again_or_only_looked_at_is_not_counted(
    few: ts.Bars, costs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trials.jsonl"
    monkeypatch.setenv("TICKSTEP_TRIALS", str(file))
    run = ts.backtest(few, SCALPER, **costs)
    again = pickle.loads(pickle.dumps(run))
    assert again == run and again.counted_in is None
    ts.check_lookahead(SCALPER, few.head(400), sample=2)
    assert len(lines(file)) == 1


def test_a_verdict_allows_for_the_runs_before_it(
    few: ts.Bars, costs: Any, tmp_path: Path
) -> None:
    file = tmp_path / "trials.jsonl"
    for period in (4, 5, 6):
        ts.backtest(few, SCALPER.replace(ma_period=period), trials=file, **costs)
    space = {"spike_multiple": [3, 4]}
    found = ts.sweep(few, SCALPER, space=space, random_entries=0, trials=file, **costs)
    assert "5 in all" in str(found.verdict), found.verdict


def test_other_columns_are_another_trial(few: ts.Bars, costs: Any, tmp_path: Path) -> None:
    file = tmp_path / "trials.jsonl"
    close = few.to_polars()["close"]
    dips = [(close < close.shift(5) * by).fill_null(False) for by in (0.995, 0.99)]
    hashes = set()
    for dip, hold in ((dips[0], "5m"), (dips[0], "6m"), (dips[1], "5m"), (dips[0], "5m")):
        run = ts.simulate(few, long=dip, max_hold=hold, trials=file, **costs)
        hashes.add(run.config["strategy"][0]["params"]["columns"])
    assert searches(file) == len(hashes) == 3
    levels = [[0.01] * len(few), [0.02] * len(few)]
    kinds = [ts.Signals(long=dips[0], stop_loss=level) for level in [*levels, 0.01, 0.02]]
    assert len({kind._native.fingerprint for kind in kinds}) == 4


def test_other_bars_of_the_same_file_are_another_trial(costs: Any, tmp_path: Path) -> None:
    """What was made of a file is told apart, not only the file."""
    file = tmp_path / "trials.jsonl"
    path = ROOT / "examples" / "data" / "FILUSDT-1m-2023-08.csv.gz"
    whole = ts.read_bars(path)
    part = whole[:20_000]
    for bars in (
        part,
        part.head(19_999),
        part.resample("5m"),
        ts.read_bars(path, time_zone="Asia/Seoul"),
        ts.read_bars(path, segment_gap="1m", start="2023-08-05"),
        ts.Bars.from_frame(part.to_polars(), symbol="FILUSDT"),
    ):
        ts.backtest(bars, SCALPER, trials=file, **costs)
    # The frame holds the bars of the part, so that it is the part.
    assert searches(file) == 5


def test_a_sweep_does_not_go_on_with_other_bars_of_the_same_file(
    august: ts.Bars, costs: Any, tmp_path: Path
) -> None:
    """Bars of one file whose days are the same are told apart by what they are."""
    space = {"spike_multiple": [3, 5]}
    options: dict[str, Any] = {"space": space, "random_entries": 0, **costs}
    ts.sweep(august[:2_900], SCALPER, out=tmp_path / "sweep", **options)
    with pytest.raises(ts.OutputError, match="of another sweep"):
        ts.sweep(august[:3_000], SCALPER, out=tmp_path / "sweep", resume=True, **options)


def test_a_configuration_file_is_counted_as_the_command_counts_it(
    tmp_path: Path,
) -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    command = target / "debug" / "tickstep"
    if not command.exists():
        pytest.skip("the command is not built; `make lint` builds it")
    changes = {"instrument.data": ["data/FILUSDT-1m-2023-08.csv.gz"]}
    file = tmp_path / "trials.jsonl"
    path = ROOT / "examples" / "fil.toml"
    ts.run(path, set=changes, trials=file)
    stated = f"instrument.data={json.dumps(changes['instrument.data'])}"
    arguments = [str(command), "run", str(path), "-q", "--set", stated]
    subprocess.run(
        [*arguments, "--out", str(tmp_path / "run")],
        check=True,
        env={"TICKSTEP_TRIALS": str(file), "HOME": str(tmp_path)},
    )
    ours, theirs = lines(file)
    assert ours == theirs


def test_a_file_of_trials_that_cannot_be_written_is_said(
    few: ts.Bars, costs: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.warns(RuntimeWarning, match="file"):
        run = ts.backtest(few, SCALPER, trials=tmp_path / "file" / "trials.jsonl", **costs)
    assert run.trades.height > 0


def test_signals_have_nothing_to_vary(few: ts.Bars, costs: Any) -> None:
    """A space that changes nothing would look like a sweep and be none."""
    signals = ts.Signals(long=[False] * len(few))
    with pytest.raises(ts.ConfigError, match="columns that are finished, with nothing to vary") as caught:
        ts.sweep(few, signals, space={"stop_loss": [0.002, 0.003]}, random_entries=0, **costs)
    assert caught.value.argument == 'space["stop_loss"]'
    swept = ts.sweep(few, signals, space={"leverage": [1, 2]}, random_entries=0, **costs)
    assert len(swept) == 2


def test_set_takes_values_as_python_has_them() -> None:
    def config(**set: Any) -> dict[str, Any]:
        changes = {"instrument.data": ["data/FILUSDT-1m-2023-08.csv.gz"], **set}
        return ts.run(ROOT / "examples" / "fil.toml", set=changes).config

    assert config(**{"costs.slippage": ts.ticks(2)})["costs"]["slippage"] == {"ticks": 2}
    sizing = config(**{"strategy.sizing": ts.FixedNotional("1000")})["strategy"][0]["sizing"]
    assert sizing == {"method": "fixed_notional", "notional": "1000"}
    assert config(**{"strategy.name": "true"})["strategy"][0]["name"] == "true"
    params = {
        "strategy.params.ma_period": np.int64(7),
        "strategy.params.stop_loss": np.float32(0.003),
        "strategy.params.max_hold_s": datetime.timedelta(minutes=2),
        "strategy.params.allowed_hours": np.arange(3),
    }
    found = config(**params)["strategy"][0]["params"]
    assert (found["ma_period"], found["max_hold_s"]) == (7, 120)
    assert float(found["stop_loss"]) == 0.003 and found["allowed_hours"] == [0, 1, 2]
    with pytest.raises(ts.ConfigError, match="leave it out"):
        config(**{"account.cash": None})
    with pytest.raises(ts.ConfigError, match="no dictionary"):
        ts.run(ROOT / "examples" / "fil.toml", set=["account.cash=5"])  # type: ignore[arg-type]


def test_finer_bars_are_of_their_instrument(few: ts.Bars, costs: Any) -> None:
    frame = few.to_polars()
    a, b = (ts.Bars.from_frame(frame, symbol=name) for name in ("AA", "BB"))
    longer = [one.resample("5m") for one in (a, b)]
    options: dict[str, Any] = {"intrabar": "finer_bars", **costs}
    by_name = ts.backtest(longer, SCALPER, finer={"AA": a, "BB": b}, **options)
    assert ts.backtest(longer, SCALPER, finer=[b, a], **options).trades.equals(by_name.trades)
    for finer, words in (
        (a, "finer: is not given"),
        ({"AA": b, "BB": a}, "are bars of BB"),
        ([a, b, few], "no bars are of FILUSDT"),
        ("AA", "is not Bars"),
    ):
        with pytest.raises(ts.ConfigError, match=words) as caught:
            ts.backtest(longer, SCALPER, finer=finer, **options)  # type: ignore[arg-type]
        assert caught.value.argument == "finer"


def test_bars_by_symbol_are_several_instruments(few: ts.Bars, costs: Any) -> None:
    by_name = {name: ts.Bars.from_frame(few.to_polars(), symbol=name) for name in ("AA", "BB")}
    run = ts.backtest(by_name, SCALPER, **costs)
    assert run.symbols == ["AA", "BB"]
    assert run == ts.backtest(list(by_name.values()), SCALPER, **costs)
    with pytest.raises(ts.ConfigError, match="under their own name"):
        ts.backtest({"CC": by_name["AA"]}, SCALPER, **costs)
