"""Strategies as classes: parameters, moments, proposals, faults."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import signal
import sys
import threading
import time
import traceback
from datetime import datetime, timezone
from decimal import Decimal
from typing import ClassVar

import polars as pl
import pytest

import tickstep as ts
from test_signals import BARS, FREE, bars_of, rows


class Once(ts.Strategy):
    """Buys at one bar, with whatever it is given."""

    at: int = 1
    side: str = "buy"
    take_profit: float | None = None
    stop_loss: float | None = None
    max_hold: str | None = None

    def start(self):
        self.bar = -1

    def on_bar(self, now):
        self.bar += 1
        if self.bar == self.at:
            enter = ts.buy if self.side == "buy" else ts.sell
            return enter(
                take_profit=self.take_profit, stop_loss=self.stop_loss, max_hold=self.max_hold
            )
        return None


class Asked(ts.Strategy):
    """Hands every moment to a function that the test gives it."""

    def __init__(self, ask, features=(), **place):
        super().__init__(**place)
        self.ask, self.features = ask, features

    def __deepcopy__(self, memo):
        return self

    def on_bar(self, now):
        return self.ask(now)


def decisions(run):
    return pl.DataFrame(run._native.decisions())


def asked(ask, features=(), bars=BARS, **account):
    return ts.backtest(bars, Asked(ask, features), **{**FREE, **account})


def test_parameters_are_annotated_attributes():
    assert Once().params == {
        "at": 1, "side": "buy", "take_profit": None, "stop_loss": None, "max_hold": None,
    }
    assert Once(at=3).at == 3
    assert rows(ts.backtest(BARS, Once(at=3, side="sell", take_profit=0.05), **FREE)) == [
        ("short", 106, 100, "target")
    ]
    with pytest.raises(ts.ParamError, match="take_profits: Once has no .*`take_profit`") as error:
        Once(take_profits=1)
    assert error.value.argument == "take_profits"

    class Child(Once):
        more: int = 2
        shared: ClassVar[int] = 1
        _hidden: int = 0

    assert list(Child().params) == [*Once().params, "more"]
    with pytest.raises(ts.ParamError):
        Child(shared=2)

    class Needs(ts.Strategy):
        period: int

    with pytest.raises(ts.ParamError, match=r"write Needs\(period=...\)"):
        Needs()
    assert Needs(period=3).params == {"period": 3}


def test_parameters_of_any_kind_come_back_as_they_were():
    class Kinds(ts.Strategy):
        exact: Decimal = Decimal("0.10")
        pair: tuple = (1, 2)
        table: dict = {"a": 1.5, "b": [True]}  # noqa: RUF012
        text: str = "x"
        seen: ClassVar[list] = []

        def on_bar(self, now):
            self.seen.append(self.params)

    ts.backtest(BARS, Kinds(exact=Decimal("0.20"), pair=(3, 4)), **FREE)
    assert Kinds.seen[0] == {
        "exact": Decimal("0.20"), "pair": (3, 4), "table": {"a": 1.5, "b": [True]}, "text": "x",
    }
    with pytest.raises(ts.ConfigError, match="text"):
        ts.backtest(BARS, Kinds(text=object()), **FREE)


def test_strategies_are_values():
    one = Once(at=2, name="x")
    assert one == Once(at=2, name="x") and one != Once(at=2) and one != Once()
    assert repr(one).startswith("Once(at=2, side='buy'") and "name='x'" in repr(one)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one.replace(at=4) == Once(at=4, name="x")
    assert one.replace(name="y").at == 2 and one.at == 2
    with pytest.raises(ts.ParamError):
        one.replace(att=4)


def test_a_moment_has_the_bar_that_closed_and_nothing_later():
    frame = BARS.to_polars()
    seen = []

    def look(now):
        seen.append((now.open_time, now.open, now.high, now.low, now.close, now.volume))
        assert now.time == datetime.fromtimestamp(now.ts // 10**9, timezone.utc)
        assert (now.time - now.open_time).total_seconds() == 60
        assert now.symbol == "T" and now.taker_buy_volume is None
        assert now.is_flat and now.position is None and not now.is_waiting and now.others == 0
        assert "close 1" in repr(now) or "close 9" in repr(now)

    asked(look)
    wanted = frame.select("open_time", "open", "high", "low", "close", "volume")
    wanted = wanted.with_columns(pl.col("open_time").dt.cast_time_unit("us"))
    assert seen == wanted.rows()


def test_features_are_those_of_the_columns(august):
    bars = august[:3_000]
    features = {
        "rsi": ts.rsi(14),
        "ratio": ts.volume_ratio(20),
        "share": ts.buy_share(),
        "mean": ts.sma(5),
        "far": ts.highest(20, "5m"),
        "swing": ts.atr(14),
        "lower": ts.bollinger(20, 2, "lower"),
    }
    seen = {name: [] for name in features}

    def look(now):
        for name, values in seen.items():
            values.append(getattr(now, name))
            assert now[name] == values[-1]

    asked(look, features, bars)
    columns = ts.features(bars, [feature.named(name) for name, feature in features.items()])
    for name, values in seen.items():
        assert values == columns[name].to_list(), name
        assert values[0] is None or name == "share"
    assert {"rsi", "far"} <= set(dir(_a_moment({"rsi": ts.rsi(14), "far": ts.highest(3)})))


def _a_moment(features):
    kept = []
    with pytest.raises(ZeroDivisionError):
        asked(lambda now: kept.append(now) or 1 / 0, features)
    return kept[0]


def test_features_may_be_a_list_one_or_a_method():
    def mean(now):
        assert now.sma_3 is None or now.sma_3 > 0
        assert now["sma_3"] == now.sma_3

    asked(mean, [ts.sma(3)])
    asked(mean, ts.sma(3))
    asked(mean, lambda: [ts.sma(3), ts.close()])
    with pytest.raises(ts.StrategyError, match=r"'sma' is no feature; write ts\.rsi\(14\)"):
        asked(mean, {"x": "sma"})
    with pytest.raises(ts.StrategyError, match="the name position is taken"):
        asked(mean, {"position": ts.sma(3)})
    with pytest.raises(ts.ConfigError, match="60|multiple"):
        asked(mean, [ts.sma(3, "90s")])


def test_what_a_moment_does_not_have_is_said():
    with pytest.raises(AttributeError, match="rsy is no field.*did you mean `rsi`"):
        asked(lambda now: now.rsy, {"rsi": ts.rsi(2)})
    with pytest.raises(KeyError, match="did you mean `close`"):
        asked(lambda now: now["closs"])
    with pytest.raises(AttributeError):
        asked(lambda now: setattr(now, "close", 3))


def test_a_feature_that_lacks_its_data_is_refused():
    with pytest.raises(ts.DataError, match="taker_buy_volume"):
        asked(lambda now: None, [ts.buy_share()])


def test_a_moment_that_was_kept_tells_nothing_later():
    kept = []

    def keep(now):
        for earlier in kept:
            for read in (
                lambda: earlier.close, lambda: earlier.rsi, lambda: earlier["rsi"],
                lambda: earlier.position, lambda: repr(earlier), lambda: earlier.time,
            ):
                with pytest.raises(ts.StrategyError, match="after its on_bar had returned"):
                    read()
        kept.append(now)
        assert now.close > 0 and now.rsi is None or now.rsi >= 0

    asked(keep, {"rsi": ts.rsi(2)})
    assert len({id(now) for now in kept}) == 10
    with pytest.raises(ts.StrategyError, match="2023-01-02T00:10:00Z") as error:
        kept[-1].close  # noqa: B018
    assert error.value.timestamp == 1_672_618_200_000_000_000


def test_a_moment_that_was_not_kept_is_used_again():
    ids = set()
    asked(lambda now: ids.add(id(now)))
    assert len(ids) == 1


def test_the_position_as_it_stands():
    seen = []

    def trade(now):
        seen.append(now.position)
        if len(seen) == 2:
            return ts.buy(stop_loss=ts.ticks(6), take_profit=ts.ticks(30))
        if len(seen) == 6:
            return ts.sell(stop_loss=0.5)
        return None

    asked(trade, sizing=ts.FixedQuantity(3))
    assert seen[0] is None and seen[1] is None
    held = seen[2]
    assert (held.side, held.quantity, held.entry_price) == ("long", 3, 101)
    assert (held.stop, held.target, held.unrealised) == (95, 131, 6)
    assert (held.best, held.worst) == (103, 101)
    assert held.entry_time == datetime(2023, 1, 2, 0, 2, tzinfo=timezone.utc)
    assert held.entry_ts == 1_672_617_720_000_000_000
    assert seen[3].unrealised == 15 and seen[3].best == 106
    # Sold at the open of row 6, 100; a stop half above it.
    assert (seen[6].side, seen[6].entry_price, seen[6].stop, seen[6].target) == ("short", 100, 150, None)
    assert seen[6].unrealised == 3
    assert repr(seen[6]) == "<short 3 from 100, unrealised 3>"


def test_proposals_do_what_they_say():
    def script(**moves):
        """What is returned at which bar, counted from 0."""
        count = iter(range(100))
        return lambda now: moves.get(f"b{next(count)}")

    run = asked(script(b1=ts.buy(), b4=ts.exit(reason={"tired": 1.5})))
    assert rows(run) == [("long", 101, 104, "signal")]
    closing = decisions(run).filter(pl.col("action") == "CLOSE")
    assert closing["reason"].to_list() == ["tired=1.5"]
    run = asked(script(b1=ts.buy(), b3=ts.move_stop(104.5)))
    # 104.5 is no price of the grid: 105 triggers earlier.
    assert rows(run) == [("long", 101, 105, "trailing_stop")]
    run = asked(script(b1=ts.buy(stop_loss=ts.ticks(1)), b2=ts.move_stop(90)))
    assert rows(run)[0][3] != "trailing_stop", "a stop is moved only where it tightens"
    run = asked(script(b1=ts.buy(), b3=ts.move_stop(106)))
    assert rows(run) == [("long", 101, 106, "trailing_stop")], "left at the next open"
    run = asked(script(b1=ts.buy(), b3=(ts.exit(), ts.sell())))
    assert rows(run) == [("long", 101, 106, "signal"), ("short", 106, 108, "end_of_data")]
    run = asked(script(b1=ts.buy(), b3=(ts.move_stop(105), None)))
    assert rows(run) == [("long", 101, 105, "trailing_stop")]
    run = asked(script(b1=ts.buy(confidence=0.25, reason={"rsi": 28, "ratio": 3.5})))
    first = decisions(run).row(0, named=True)
    assert (first["confidence"], first["reason"]) == (0.25, "rsi=28, ratio=3.5")
    assert rows(asked(script(b3=ts.exit()))) == [], "there is nothing to leave"


@pytest.mark.parametrize(
    ("propose", "words", "argument"),
    [
        (lambda: ts.buy(take_profit=1), r"take_profit: 1 is not allowed; it must be a fraction", "take_profit"),
        (lambda: ts.sell(stop_loss=-0.1), r"stop_loss: -0.1 ", "stop_loss"),
        (lambda: ts.buy(stop_loss="x"), r"stop_loss: 'x'", "stop_loss"),
        (lambda: ts.buy(max_hold="x"), r"max_hold: 'x'", "max_hold"),
        (lambda: ts.buy(max_hold=0), r"max_hold: 0", "max_hold"),
        (lambda: ts.buy(confidence=1.1), r"confidence: 1.1 .*0 to 1", "confidence"),
        (lambda: ts.buy(confidence=float("nan")), r"confidence: nan", "confidence"),
        (lambda: ts.buy(reason={"a": "b"}), r"reason: 'b'", "reason"),
        (lambda: ts.exit(reason={1: 2}), r"reason: 1 ", "reason"),
        (lambda: ts.move_stop(-1), r"price: -1 ", "price"),
        (lambda: ts.move_stop("x"), r"price: 'x'", "price"),
        (lambda: ts.move_stop(float("nan")), r"price: nan", "price"),
        (lambda: ts.move_stop(90), r"no position is open", None),
        (lambda: 1, r"returned a int; it must return None, ts.buy", None),
        (lambda: [ts.buy()], r"returned a list", None),
        (lambda: (ts.buy(), ts.sell()), r"two entries", None),
        (lambda: (ts.exit(), ts.exit()), r"two exits", None),
        (lambda: ts.buy, r"returned a function", None),
    ],
)
def test_a_wrong_proposal_names_the_bar(propose, words, argument):
    count = iter(range(100))
    with pytest.raises(ts.StrategyError, match=words) as error:
        asked(lambda now: propose() if next(count) == 3 else None)
    assert error.value.argument == argument
    assert error.value.timestamp == 1_672_617_840_000_000_000, "the close of the fourth bar"
    assert "2023-01-02T00:04:00Z" in error.value.__notes__[0]


def test_an_exception_arrives_with_its_traceback_and_the_time_of_the_bar():
    class Own(Exception):
        pass

    calls = []

    def fail(now):
        calls.append(now.ts)
        if len(calls) == 3:
            raise Own("mine")

    with pytest.raises(Own, match="mine") as error:
        asked(fail)
    assert len(calls) == 3, "nothing is asked after it"
    assert error.value.timestamp == calls[-1]
    frames = [frame.name for frame in traceback.extract_tb(error.value.__traceback__)]
    assert frames[-2:] == ["on_bar", "fail"]
    if sys.version_info >= (3, 11):
        assert error.value.__notes__ == ["raised at the bar that closed at 2023-01-02T00:03:00Z"]


@pytest.mark.parametrize("where", ["start", "features", "on_trade_closed", "__deepcopy__"])
def test_a_fault_anywhere_is_raised_as_it_is(where):
    class Faulty(ts.Strategy):
        def on_bar(self, now):
            return ts.buy(max_hold=60)

    def fail(*_):
        raise KeyError(where)

    setattr(Faulty, where, fail)
    with pytest.raises(KeyError, match=where):
        ts.backtest(BARS, Faulty(), **FREE)


def test_a_class_without_on_bar_says_so():
    class Nothing(ts.Strategy):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing has no on_bar"):
        ts.backtest(BARS, Nothing(), **FREE)


def test_trades_are_told_when_they_close():
    told = []

    class Told(Once):
        def on_trade_closed(self, trade):
            told.append((self.bar, trade))

    run = ts.backtest(BARS, Told(at=1, take_profit=0.04), **{**FREE, "taker_fee": 0.001})
    [(bar, trade)] = told
    row = run.trades.row(0, named=True)
    assert bar == 2, "at the bar in which it closed, before on_bar of that bar"
    assert isinstance(trade, ts.ClosedTrade)
    for name in (
        "side", "entry_price", "exit_price", "gross_pnl", "fees", "funding", "net_pnl",
        "exit_reason",
    ):
        assert getattr(trade, name) == row[name], name
    assert (trade.entry_time, trade.exit_time) == (row["entry_time"], row["exit_time"])


def test_each_run_and_segment_begins_afresh():
    starts, bars_seen = [], []

    class Counts(ts.Strategy):
        def __init__(self, **place):
            super().__init__(**place)
            self.count = 0

        def start(self):
            starts.append(self.count)

        def on_bar(self, now):
            self.count += 1
            bars_seen.append(self.count)

    strategy = Counts()
    for _ in range(2):
        ts.backtest(BARS, strategy, **FREE)
    assert starts == [0, 0] and strategy.count == 0
    assert bars_seen == [*range(1, 11)] * 2
    frame = BARS.to_polars()
    days = pl.duration(days=3, time_unit="ns")
    far = frame.with_columns(pl.col("open_time") + days)
    both = ts.Bars.from_frame(
        pl.concat([frame, far]), symbol="T", interval="1m", tick_size="1", lot_step="1"
    )
    starts.clear()
    bars_seen.clear()
    ts.backtest(both, strategy, **FREE)
    assert starts == [0, 0]
    assert bars_seen == [*range(1, 11)] * 2


def test_several_stand_on_one_account():
    other = bars_of([50, 49, 48, 47, 48, 49, 50, 51, 52, 53], symbol="U")

    class Other(Once):
        pass

    Other.__name__ = "Once"
    run = ts.backtest(
        [BARS, other],
        [Once(at=1), Once(at=2, side="sell"), Other(at=3, instruments="U"), ts.SmaCross(fast=1, slow=2)],
        **FREE,
    )
    found = run.trades.group_by("strategy").agg(pl.col("instrument").sort(), pl.col("side").unique())
    found = {row[0]: row[1:] for row in found.rows()}
    assert found["Once"] == (["T", "U"], ["long"])
    assert found["Once#2"] == (["T", "U"], ["short"])
    assert found["Once#3"] == (["U"], ["long"])
    assert "sma_cross" in found


def test_a_strategy_keeps_what_is_no_parameter():
    class Model(ts.Strategy):
        scale: float = 1.0

        def __init__(self, predict, **params):
            super().__init__(**params)
            self.predict = predict

        def on_bar(self, now):
            return ts.buy() if self.predict(now.close * self.scale) else None

    run = ts.backtest(BARS, Model(lambda price: price == 206, scale=2.0), **FREE)
    assert rows(run) == [("long", 103, 108, "end_of_data")]


def _run_in_process(strategy):
    return rows(ts.backtest(BARS, strategy, **FREE))


def test_strategies_travel_to_spawned_processes():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.map(_run_in_process, [Once(at=1), Once(at=3, side="sell")])
    assert found == [_run_in_process(Once(at=1)), _run_in_process(Once(at=3, side="sell"))]


def test_runs_in_threads_do_not_meet():
    found = {}

    def work(at):
        found[at] = [rows(ts.backtest(BARS, Once(at=at), **FREE)) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(at,)) for at in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for at, all_of_it in found.items():
        assert all_of_it == [rows(ts.backtest(BARS, Once(at=at), **FREE))] * 20


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_ctrl_c_ends_a_run_within_a_second(august):
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            asked(lambda now: time.sleep(0.001), bars=august)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 1.3


def test_names_of_conditions_do_not_pile_up():
    for number in range(50):
        asked(lambda now, n=number: ts.buy(reason={f"same_{n % 5}": 1.0}))


def test_a_copy_is_a_copy():
    one = Once(at=2)
    assert copy.deepcopy(one) == one and copy.copy(one) == one


def test_a_sweeps_set_changes_the_parameters():
    """What a sweep does: the table of the configuration differs, the object is the same."""
    from tickstep import _native

    job = ts._account.Job(BARS, Once(at=1), FREE)
    job.config["strategy"][0]["params"]["at"] = 3
    run = ts.Run(_native.backtest(job.config, job.native()[0], own=job.own))
    assert rows(run) == [("long", 106, 108, "end_of_data")]
    job.config["strategy"][0]["params"]["att"] = 3
    with pytest.raises(ts.ParamError, match="did you mean `at`"):
        _native.backtest(job.config, job.native()[0], own=job.own)
