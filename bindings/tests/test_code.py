"""A sweep is gone on with only by the strategy that it was begun with."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tickstep as ts
from tickstep._code import fingerprints

HELPERS = """
LEVELS = (0.002, 0.004)
def far(now, below):
    "How far below."
    return now.mean is not None and now.close < now.mean * (1 - below)
"""
STRATEGY = """
import math
import numpy as np
import tickstep as ts
import helpers
from helpers import far

BAR = {"hold": 10}
WEIGHTS = np.array([1.0, 2.0])

def held(bar=BAR):
    return f"{bar['hold']}m"

class Base(ts.Strategy):
    stop: float = 0.004
    def when(self, now):
        return [below for below in helpers.LEVELS if far(now, below)]

class Dip(Base):
    features = {"mean": ts.sma(20)}
    # A remark.
    def on_bar(self, now):
        "Decides."
        if math.isfinite(now.close) and self.when(now) and WEIGHTS.sum() > 0:
            return ts.buy(stop_loss=self.stop, max_hold=held())
"""
EDITS = {
    "a method": ("math.isfinite(now.close) and", "math.isfinite(now.close) or"),
    "a method of a base": ("if far(now, below)]", "if not far(now, below)]"),
    "a constant of a method": ("WEIGHTS.sum() > 0", "WEIGHTS.sum() > 1"),
    "a table of the module": ('"hold": 10', '"hold": 11'),
    "an array": ("[1.0, 2.0]", "[1.0, 2.5]"),
    "a function that it calls": ("bar['hold']}m", "bar['hold']}s"),
    "a default": ("def held(bar=BAR)", "def held(bar=BAR, more=1)"),
    "a feature": ("ts.sma(20)", "ts.sma(21)"),
}
ELSEWHERE = {
    "a function of another module": ("1 - below", "1 + below"),
    "a constant of another module": ("0.004)", "0.005)"),
}
WORDS = {"a remark": ("# A remark.", "# Another."), "its words": ('"Decides."', '"Says so."')}
Make = Callable[..., ts.Strategy]


@pytest.fixture
def strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes the strategy of a module that is written anew, beside one that it imports."""
    folders: list[Path] = []

    def made(text: str = STRATEGY, helpers: str = HELPERS) -> ts.Strategy:
        folders.append(tmp_path / str(len(folders)))
        folders[-1].mkdir()
        (folders[-1] / "helpers.py").write_text(helpers)
        (folders[-1] / "mine.py").write_text(text)
        for name in ("helpers", "mine"):
            sys.modules.pop(name, None)
        monkeypatch.syspath_prepend(str(folders[-1]))
        strategy: ts.Strategy = importlib.import_module("mine").Dip()
        return strategy

    yield made
    for name in ("helpers", "mine"):
        sys.modules.pop(name, None)


def fingerprint(of: Any) -> str:
    [(kind, text)] = fingerprints([("mine", of._own())])
    assert kind == "mine" and len(text) == 64
    return text


@pytest.mark.parametrize("what", [*EDITS, *ELSEWHERE])
def test_other_code_is_another_strategy(what: str, strategy: Make) -> None:
    text, helpers = STRATEGY, HELPERS
    if what in EDITS:
        text = text.replace(*EDITS[what])
    else:
        helpers = helpers.replace(*ELSEWHERE[what])
    assert (text, helpers) != (STRATEGY, HELPERS)
    assert fingerprint(strategy(text, helpers)) != fingerprint(strategy())


@pytest.mark.parametrize("what", WORDS)
def test_other_words_are_the_same_strategy(what: str, strategy: Make) -> None:
    text = STRATEGY.replace(*WORDS[what])
    assert text != STRATEGY
    assert fingerprint(strategy(text)) == fingerprint(strategy())
    helpers = HELPERS.replace("How far below.", "By how much.")
    assert fingerprint(strategy(STRATEGY, helpers)) == fingerprint(strategy())


def test_parameters_are_no_code_and_what_an_object_holds_is(strategy: Make) -> None:
    mine = strategy()
    assert fingerprint(mine.replace(stop=0.01)) == fingerprint(mine)
    other = mine.replace()
    other.table = {"a": np.arange(3)}  # type: ignore[attr-defined]
    again = mine.replace()
    again.table = {"a": np.arange(4)}  # type: ignore[attr-defined]
    assert len({fingerprint(one) for one in (mine, other, again)}) == 3


def test_another_process_has_the_same_fingerprint(strategy: Make) -> None:
    mine = strategy()
    program = """
        from mine import Dip
        from tickstep._code import fingerprints
        print(fingerprints([("mine", Dip()._own())])[0][1])
    """
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        env["PYTHONPATH"] = os.pathsep.join([*sys.path[:1], env.get("PYTHONPATH", "")])
        made = [sys.executable, "-c", textwrap.dedent(program)]
        said = subprocess.run(made, env=env, capture_output=True, text=True, check=True)
        assert said.stdout.strip() == fingerprint(mine)


def test_signals_are_their_columns() -> None:
    flags = np.arange(50) % 5 == 0

    def of(flags: Any = flags, **more: Any) -> str:
        signals = ts.Signals(long=flags, **more)
        assert fingerprints([("signals", signals._own())]) == []
        return str(signals._native.fingerprint)

    levels = np.full(50, 0.01)
    different = [
        of(),
        of(np.arange(50) % 5 == 1),
        of(stop_loss=0.01),
        of(stop_loss=levels),
        of(stop_loss=levels * 2),
        of(stop_loss=ts.ticks(levels * 100)),
        of(max_hold="5m"),
        of(max_hold="6m"),
    ]
    assert len(set(different)) == len(different)
    assert of() == of(list(flags))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sweep_is_not_gone_on_with_by_another_class(
    threads: int, august: ts.Bars, costs: dict[str, Any], strategy: Make, tmp_path: Path
) -> None:
    few, out = august[:7_200], tmp_path / "out"

    def swept(of: ts.Strategy, **more: Any) -> ts.SweepResult:
        return ts.sweep(
            few, of, space={"stop": [0.003, 0.006]}, random_entries=0, min_trades=1, whole=1,
            threads=threads, out=out, progress=False, **more, **costs,
        )  # fmt: skip

    first = swept(strategy())
    edited = strategy(STRATEGY.replace('"hold": 10', '"hold": 3'))
    kept = files_of(out)
    with pytest.raises(ts.OutputError, match="strategy code .* name another folder") as refused:
        swept(edited, resume=True)
    assert refused.value.argument == "out"
    assert files_of(out) == kept
    # A sweep that was begun is gone on with by what it was begun with, made again.
    assert swept(strategy(), resume=True).frame.equals(first.frame)


def test_parts_of_another_class_are_not_taken(
    august: ts.Bars, costs: dict[str, Any], strategy: Make, tmp_path: Path
) -> None:
    class Enough(Exception):
        pass

    def one(done: int, total: int, note: str) -> None:
        if done == 1:
            raise Enough

    def swept(of: ts.Strategy, **more: Any) -> ts.SweepResult:
        return ts.sweep(
            august[:7_200], of, space={"stop": [0.003, 0.006]}, random_entries=0, min_trades=1,
            whole=1, threads=1, shards=2, out=tmp_path / "out", **more, **costs,
        )  # fmt: skip

    mine, edited = strategy(), strategy(STRATEGY.replace('"hold": 10', '"hold": 3'))
    with pytest.raises(Enough):
        swept(mine, progress=one)
    assert (tmp_path / "out.parts").is_dir()
    with pytest.raises(ts.OutputError, match="strategy code"):
        swept(edited, resume=True, progress=False)
    assert len(swept(mine, resume=True, progress=False)) == 2
