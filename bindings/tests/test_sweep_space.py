"""What may be given as a space: nothing makes it panic, and a fault names its argument."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tickstep as ts

SCALPER = ts.Scalper(pressure_rule="buy_share")


@pytest.fixture(scope="module")
def few(august: ts.Bars) -> ts.Bars:
    """Two days of minutes."""
    frame = august.to_polars().head(2_880)
    return ts.Bars.from_frame(
        frame, symbol="FILUSDT", interval="1m", tick_size="0.001", lot_step="0.1"
    )


def tried(bars: ts.Bars, costs: dict, space: Any, **more: Any) -> ts.SweepResult:
    given = {"random_entries": 0, "min_trades": 0, **more}
    return ts.sweep(bars, SCALPER, space=space, **given, **costs)


@pytest.mark.parametrize(
    ("space", "more", "argument", "words"),
    [
        ({"spike_multipl": [2]}, {}, 'space["spike_multipl"]', "did you mean `spike_multiple`"),
        ({"stop_loss": [2]}, {}, 'space["stop_loss"]', "above 0 and below 1"),
        ({"stop_loss": []}, {}, 'space["stop_loss"]', "state at least one"),
        ({"stop_loss": 0.002}, {}, 'space["stop_loss"]', r"write \[0.002\]"),
        ({"stop_loss": "0.002"}, {}, 'space["stop_loss"]', "is no list"),
        ({"stop_loss": ["a", 1]}, {}, 'space["stop_loss"]', "values of one kind"),
        ({"stop_loss": [0.002, 0.002]}, {}, 'space["stop_loss"]', "there twice"),
        ({"stop_loss": ts.uniform(0.1, 0.01)}, {}, 'space["stop_loss"]', "exchange them"),
        ({"stop_loss": ts.log_uniform(0, 0.01)}, {}, 'space["stop_loss"]', "above zero"),
        ({"stop_loss": ts.uniform("x", 1)}, {}, 'space["stop_loss"]', "not of numbers"),
        ({"stop_loss": ts.uniform(0.001, 0.01)}, {}, "sets", "how many sets"),
        ({"stop_loss": ts.steps(0.001, 0.01, 0)}, {}, 'space["stop_loss"]', "above zero"),
        ({"leverage": [-1]}, {}, 'space["leverage"]', "must be above 0"),
        ({"account.currency": ["EUR"]}, {}, 'space["account.currency"]', "cannot be swept"),
        ({}, {}, "space", "names no parameter"),
        ([1, 2], {}, "space", "no mapping"),
        ({3: [1]}, {}, "space", "write it as a text"),
        ({"stop_loss": [0.002]}, {"where": "x > 3"}, "where", "no axis is `x`"),
        ({"stop_loss": [0.002]}, {"where": "stop_loss > 1"}, "where", "no set is left"),
        ({"stop_loss": [0.002]}, {"objective": "sharp"}, "objective", "did you mean `sharpe`"),
        ({"stop_loss": [0.002]}, {"objective": []}, "objective", "names no figure"),
        ({"stop_loss": [0.002]}, {"top": 0}, "top", "at least 1"),
        ({"stop_loss": [0.002]}, {"min_trades": -1}, "min_trades", "0 to 4294967295"),
        ({"stop_loss": [0.002]}, {"threads": 0}, "threads", "1 or more"),
        ({"stop_loss": [0.002]}, {"method": "gird"}, "method", "unknown variant `gird`"),
        ({"stop_loss": [0.002]}, {"method": "grid", "sets": 5}, "sets", "a grid has all"),
        ({"stop_loss": [0.002]}, {"method": "random", "sets": 0}, "sets", "out of range"),
        ({"stop_loss": [0.002]}, {"resume": True}, "resume", "name one with out="),
        ({"stop_loss": [0.002]}, {"shard": "1/2"}, "shard", "name one with out="),
        ({"stop_loss": [0.002]}, {"shards": 3}, "shards", "give executor="),
        ({"stop_loss": [0.002]}, {"executor": 3}, "executor", "int runs no tasks"),
        (
            {"stop_loss": [0.002]},
            {"walk_forward": {"train_days": 9, "test_days": 0}},
            "walk_forward.test_days",
            "1 to 3650 days",
        ),
        (
            {"stop_loss": [0.002]},
            {"walk_forward": {"train_days": 900, "test_days": 1}},
            "walk_forward",
            "hold no window",
        ),
    ],
)
def test_a_fault_names_its_argument(
    few: ts.Bars, costs: dict, space: Any, more: dict, argument: str, words: str
) -> None:
    with pytest.raises(ts.ConfigError, match=words) as refused:
        tried(few, costs, space, **more)
    assert refused.value.argument == argument
    assert str(refused.value).startswith(f"{argument}: ")


def test_a_folder_that_holds_something_else_is_left_alone(
    few: ts.Bars, costs: dict, tmp_path: Any
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ts.OutputError, match="something else") as refused:
        tried(few, costs, {"stop_loss": [0.002]}, out=tmp_path)
    assert refused.value.argument == "out"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_values_of_every_kind_are_the_numbers_they_are(few: ts.Bars, costs: dict) -> None:
    plain = tried(few, costs, {"spike_multiple": [2, 3], "stop_loss": [0.001, 0.002]})
    for space in (
        {"spike_multiple": range(2, 4), "stop_loss": np.array([0.001, 0.002])},
        {"spike_multiple": np.arange(2, 4), "stop_loss": (Decimal("0.001"), Decimal("0.002"))},
        {"spike_multiple": ts.integers(2, 3), "stop_loss": ts.steps(0.001, 0.002, 0.001)},
        {"spike_multiple": [2, 3], "stop_loss": ts.steps("0.001", "0.002", 2, log=True)},
        {"strategy.params.spike_multiple": [2, 3], "stop_loss": [np.float64(0.001), 0.002]},
    ):
        again = tried(few, costs, space)
        assert again.frame["trade_hash"].equals(plain.frame["trade_hash"])
        assert again.cube().coords["stop_loss"] == [0.001, 0.002]


@pytest.mark.parametrize("method", ["random", "latin"])
def test_draws_are_seeded_and_within_their_ends(
    few: ts.Bars, costs: dict, method: Any
) -> None:
    space = {"stop_loss": ts.log_uniform(0.001, 0.01), "spike_multiple": ts.uniform(2, 5, decimals=1)}
    first = tried(few, costs, space, method=method, sets=12, seed=7)
    assert first.frame.equals(tried(few, costs, space, method=method, sets=12, seed=7).frame)
    other = tried(few, costs, space, method=method, sets=12, seed=8)
    assert not other.frame["stop_loss"].equals(first.frame["stop_loss"])
    assert first.frame["stop_loss"].is_between(0.001, 0.01).all()
    spikes = first.frame["spike_multiple"]
    assert spikes.is_between(2, 5).all() and spikes.equals(spikes.round(1))
    with pytest.raises(ts.ConfigError, match="a cube is of a grid"):
        first.cube()
    assert first.surface("stop_loss", "spike_multiple").sets.sum() == len(first)


NUMBER = st.one_of(
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    st.decimals(),
    st.text(max_size=5),
    st.booleans(),
    st.none(),
    st.floats(0.0005, 0.02),
    st.integers(1, 30),
)
AXIS = st.one_of(
    NUMBER,
    st.lists(NUMBER, max_size=4),
    st.lists(st.floats(0.001, 0.02), min_size=1, max_size=3),
    st.builds(ts.steps, NUMBER, NUMBER, NUMBER, log=st.booleans()),
    st.builds(ts.uniform, NUMBER, NUMBER, decimals=st.one_of(st.none(), st.integers(-2, 20))),
    st.builds(ts.log_uniform, NUMBER, NUMBER),
)
NAME = st.one_of(
    st.sampled_from(["stop_loss", "take_profit", "spike_multiple", "slippage.ticks", "leverage"]),
    st.text(max_size=12),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    space=st.dictionaries(NAME, AXIS, max_size=3),
    where=st.one_of(st.just(""), st.text(max_size=20), st.just("stop_loss < take_profit")),
    sets=st.one_of(st.none(), st.integers(-2, 6)),
    method=st.sampled_from([None, "grid", "random", "latin"]),
)
def test_no_space_is_taken_in_silence(
    few: ts.Bars, costs: dict, space: Any, where: str, sets: Any, method: Any
) -> None:
    """It runs, or it is refused with the argument that is at fault."""
    # A grid that is asked for is run, however large it is.
    axes = [len(axis) if isinstance(axis, list) else 1_000 for axis in space.values()]
    if sets is None and np.prod(axes, dtype=float) > 64:
        sets = 4
    try:
        found = tried(few, costs, space, where=[where] if where else [], sets=sets, method=method)
    except ts.ConfigError as refused:
        assert refused.argument, refused
        known = ("space", "where", "sets", "seed", "method")
        assert refused.argument.startswith(known) or refused.argument in space, refused
        return
    assert len(found) >= 1
    assert found.frame.height == len(found)
    assert found.frame.columns[1 : 1 + len(space)] == list(space)


@pytest.mark.parametrize("axis", [[None], [2**63], ts.steps(1, 5, step=2**63), [object()]])
def test_a_value_that_nothing_can_hold_is_refused_by_the_name_of_its_axis(
    few: ts.Bars, costs: dict, axis: Any
) -> None:
    with pytest.raises(ts.ConfigError) as refused:
        tried(few, costs, {"stop_loss": axis})
    assert refused.value.argument == 'space["stop_loss"]'
    assert "sweep.axis" not in str(refused.value)
