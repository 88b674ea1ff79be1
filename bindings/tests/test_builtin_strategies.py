"""Strategies that come with tickstep: their arguments are those of the specification."""

from __future__ import annotations

import inspect
import json
import pickle
from datetime import timedelta

import pytest

import tickstep as ts
from tickstep import _native

KINDS = {"scalper": ts.Scalper, "sma_cross": ts.SmaCross}
COMMON = {"name", "instruments", "sizing", "bracket_anchor"}


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_are_the_parameters_with_their_defaults(kind):
    signature = inspect.signature(KINDS[kind].__init__)
    given = {name: p.default for name, p in signature.parameters.items() if name != "self"}
    assert all(
        p.kind is p.KEYWORD_ONLY for name, p in signature.parameters.items() if name != "self"
    )
    spec = json.loads(_native.strategy_defaults(kind))
    names = _native.param_names(kind)
    assert list(given) == [*names, *[name for name in given if name in COMMON]]
    assert set(given) - set(names) == COMMON
    for name in names:
        default = given[name]
        if name == "depth":
            assert default is None, "the specification's"
        elif name in spec:
            wanted = spec[name]
            wanted = float(wanted) if isinstance(wanted, str) and not isinstance(default, str) else wanted
            assert default == wanted, name
        else:
            assert default in (None, ()), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_is_described(kind):
    doc = inspect.getdoc(KINDS[kind])
    for name in inspect.signature(KINDS[kind].__init__).parameters:
        assert name == "self" or f"{name}: " in doc, name


@pytest.mark.parametrize(
    ("arguments", "argument", "words"),
    [
        ({"spike_multiple": 200}, "spike_multiple", "200 is out of range; it must be above 0, at most 100"),
        ({"stop_loss": 0}, "stop_loss", "0 is out of range; it must be above 0 and below 1"),
        ({"atr": ts.AtrExits(1, 1, 1)}, "atr.period", "1 is out of range; it must be 2 to 1000"),
        ({"atr": {"perod": 14, "stop": 1, "target": 2}}, "atr.perod", "did you mean `period`"),
        ({"depth": {"levels": 3}}, "depth.levels", "unknown field"),
        ({"max_hold_s": "8d"}, "max_hold_s", "691200 is out of range; it must be 1 to 604800 seconds"),
        ({"max_hold_s": 1.5}, "max_hold_s", "1.5"),
        ({"allowed_hours": [24]}, "allowed_hours", "24 is out of range"),
        ({"pressure_rule": "buyshare"}, "pressure_rule", "did you mean `buy_share`"),
        ({"ma_period": -1}, "ma_period", "-1"),
        ({"overbought": "much"}, "overbought", "much"),
        ({"pressure_rule": "off", "cross_rule": False}, None, "at least one of them must be on"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_strategy_is_made(arguments, argument, words):
    with pytest.raises(ts.ConfigError, match="(?s)" + words.replace(".", r"\.")) as error:
        ts.Scalper(**arguments)
    if argument is not None:
        assert error.value.argument == argument


def test_an_unknown_argument_is_none():
    with pytest.raises(TypeError, match="spike"):
        ts.Scalper(spike=3)
    with pytest.raises(ts.ParamError, match="fast must be below slow"):
        ts.SmaCross(fast=60)
    with pytest.raises(ts.ConfigError, match="bracket_anchor|variant"):
        ts.SmaCross(bracket_anchor="open")


def test_strategies_are_values():
    one = ts.Scalper(pressure_rule="buy_share", atr=ts.AtrExits(14, 1.5, 3), max_hold_s="5m")
    same = ts.Scalper(pressure_rule="buy_share", atr=ts.AtrExits(14, 1.5, 3))
    other = one.replace(spike_multiple=5, name="wild")
    assert one == same and hash(one) == hash(same)
    assert one != other and one != ts.SmaCross() and one != 1
    assert (other.spike_multiple, other.atr, other.params["pressure_rule"]) == (5, one.atr, "buy_share")
    assert one.spike_multiple == 3, "replace makes another"
    assert repr(other) == (
        "Scalper(spike_multiple=5, pressure_rule='buy_share', "
        "atr=AtrExits(period=14, stop=1.5, target=3), name='wild')"
    )
    assert eval(repr(other), {**vars(ts)}) == other
    assert pickle.loads(pickle.dumps(other)) == other
    with pytest.raises(AttributeError, match=r"replace\(spike_multiple="):
        one.spike_multiple = 4
    with pytest.raises(AttributeError):
        del one.spike_multiple
    with pytest.raises(ts.ParamError):
        one.replace(spike_multiple=-1)
    with pytest.raises(TypeError):
        one.replace(spike=1)


def test_parameters_reach_the_run(august, costs):
    def trades(**arguments):
        strategy = ts.Scalper(pressure_rule="buy_share", **arguments)
        return ts.backtest(august, strategy, **costs).trades

    default = trades()
    assert trades(spike_multiple=3.0, max_hold_s=timedelta(minutes=5)).equals(default)
    assert trades(spike_multiple=6).height < default.height
    assert trades(max_hold_s=60)["exit_reason"].value_counts(sort=True)["exit_reason"][0] == "time"
    hours = trades(allowed_hours=[9, 10])["entry_time"].dt.offset_by("-1m").dt.hour().unique()
    assert sorted(hours) == [9, 10]
    assert trades(name="mine")["strategy"].unique().to_list() == ["mine"]
    atr = trades(atr={"period": 14, "stop": 1.5, "target": 3})
    assert not atr.equals(default)
    sized = trades(sizing=ts.FixedQuantity(7))
    assert sized["quantity"].unique().to_list() == [7.0]


def test_what_is_no_strategy_is_said(august, costs):
    with pytest.raises(ts.ConfigError, match=r"it is a class, write Scalper\(\)"):
        ts.backtest(august, ts.Scalper, **costs)
    with pytest.raises(ts.ConfigError, match="'scalper' is not a strategy"):
        ts.backtest(august, "scalper", **costs)
