"""Look-ahead in strategies: those that come with tickstep, and classes that peek."""

from __future__ import annotations

import numpy as np
import pytest

import tickstep as ts

BUILT_IN = [
    ts.Scalper(pressure_rule="buy_share"),
    ts.Scalper(pressure_rule="buy_share", spike_multiple=1.5, atr=ts.AtrExits(14, 1.5, 3)),
    ts.Scalper(
        pressure_rule="buy_share",
        volume_split="close_location",
        trailing_stop=0.002,
        break_even=0.001,
        cool_down_s="10m",
        rsi_period=5,
    ),
    ts.Scalper(pressure_rule="off", volume_rule=False, rsi_rule=False, ma_period=40),
    ts.SmaCross(),
    ts.SmaCross(fast=1, slow=5, take_profit=0.004, stop_loss=0.0025, max_hold_s="15m"),
]


@pytest.fixture(scope="module")
def bars(august):
    return august[:1_000]


def test_every_kind_is_among_them():
    from tickstep._strategies import BuiltIn

    assert {type(one) for one in BUILT_IN} == set(BuiltIn.__subclasses__())


@pytest.mark.parametrize("strategy", BUILT_IN, ids=repr)
@pytest.mark.parametrize("anchor", ["fill", "decision"])
def test_strategies_that_come_with_tickstep_do_not_look_ahead(august, strategy, anchor):
    report = ts.check_lookahead(
        strategy.replace(bracket_anchor=anchor),
        august[:4_000],
        max_checks=100,
        sample=40,
        slippage=ts.ticks(1),
        taker_fee=0.0005,
    )
    assert report, repr(report)
    assert report.decisions_checked > 15
    assert report.checked > 55


PEEKED: list[float] = []


class Base(ts.Strategy):
    features = [ts.rsi(5)]  # noqa: RUF012

    def start(self):
        self.row = -1

    def on_bar(self, now):
        self.row += 1
        return self.decide(now)


class Clean(Base):
    def decide(self, now):
        if now.rsi_5 is not None and now.rsi_5 < 25 and now.is_flat:
            return ts.buy(stop_loss=0.003, max_hold="10m", reason={"rsi": now.rsi_5})
        if now.position and now.position.unrealised > 20:
            return ts.exit()
        return None


class PeeksEntry(Base):
    def decide(self, now):
        later = PEEKED[self.row + 1 : self.row + 2]
        return ts.buy(max_hold="5m") if later and later[0] > now.close * 1.001 else None


class PeeksExit(Base):
    def decide(self, now):
        if now.is_flat:
            return ts.buy() if self.row % 50 == 10 else None
        later = PEEKED[self.row + 1 : self.row + 2]
        return ts.exit() if later and later[0] < now.close else None


class PeeksStop(Base):
    def decide(self, now):
        if self.row % 50 != 10:
            return None
        worst = min(PEEKED[self.row : self.row + 30])
        return ts.buy(stop_loss=min(max(1.0005 - worst / now.close, 0.001), 0.5), max_hold="30m")


class PeeksAttribute(Base):
    def __init__(self, prices, **place):
        super().__init__(**place)
        self.prices = prices

    def decide(self, now):
        return ts.buy(max_hold="5m") if self.prices.max() * 0.998 < now.close else None


class PeeksNext(Base):
    def decide(self, now):
        if self.row + 1 == 1_000:
            return None
        return ts.buy(max_hold="5m") if PEEKED[self.row + 1] > now.close * 1.001 else None


@pytest.fixture
def peeked(bars):
    PEEKED[:] = bars.to_polars()["close"].to_list()
    yield PEEKED
    assert len(PEEKED) == len(bars), "everything is as it was"
    PEEKED.clear()


def test_a_class_that_reads_the_moment_only_passes(bars):
    report = ts.check_lookahead(Clean(), bars, sample=20)
    assert report, repr(report)
    assert report.decisions_checked >= 20


@pytest.mark.usefixtures("peeked")
@pytest.mark.parametrize(
    ("made", "column"),
    [
        (PeeksEntry, "action"),
        (PeeksExit, "action"),
        (PeeksStop, "stop"),
        (lambda: PeeksAttribute(np.array(PEEKED)), "action"),
    ],
)
def test_a_class_that_peeks_is_caught(bars, made, column):
    strategy = made()
    report = ts.check_lookahead(strategy, bars, sample=40)
    assert not report
    assert report.first.column == column
    assert f"`{column}` is " in report.first.sentence
    if hasattr(strategy, "prices"):
        assert len(strategy.prices) == len(bars)


@pytest.mark.usefixtures("peeked")
def test_a_class_that_fails_where_the_data_ends_names_what_it_read(bars):
    report = ts.check_lookahead(PeeksNext(), bars)
    assert not report
    assert report.first.column == "PEEKED"
    assert "IndexError" in report.first.raised
    assert "it works with the whole data, but fails when the data ends at that bar" in (
        report.first.sentence
    )
