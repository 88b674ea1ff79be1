"""Arguments of an account: what they mean, and what is said of wrong ones."""

from __future__ import annotations

import datetime as dt
import typing
from decimal import Decimal
from typing import Any

import pytest

import tickstep as ts

SCALPER = ts.Scalper(pressure_rule="buy_share")


@pytest.mark.parametrize(
    ("changed", "argument", "words"),
    [
        ({"cash": 0}, "cash", "0 is out of range; it must be above 0"),
        ({"cash": "abc"}, "cash", "abc is not a decimal number"),
        ({"cash": float("nan")}, "cash", "NaN is not a decimal number"),
        ({"cash": float("inf")}, "cash", "not a decimal number"),
        ({"cash": [1]}, "cash", "not a decimal number"),
        ({"maker_fee": 2}, "maker_fee", "must be a fraction of notional between -1 and 1"),
        ({"slippage": ts.ticks(-1)}, "slippage.ticks", "-1 is not allowed"),
        ({"slippage": ts.bps(5000)}, "slippage.bps", "below 5000 basis points"),
        ({"start": "yesterday"}, "start", "is not a time; write 2023-08-01"),
        ({"end": "x"}, "end", "is not a time"),
        ({"leverage": 0}, "leverage", "0 is out of range; it must be above 0"),
        ({"drawdown_tiers": [0.1, 0.2]}, "drawdown_tiers", "an array of length 4"),
        ({"max_positions": 0}, "max_positions", "0 is out of range; it must be 1 to 10000"),
        ({"max_gap": 10_001}, "max_gap", "must be 0 to 10000"),
        ({"intrabar": "stop"}, "intrabar", "expected one of `stop_first`"),
        ({"intrabar": "finer_bars"}, "finer", "is not given"),
        ({"sizing": ts.Risk(9)}, "sizing.risk_fraction", "9 is out of range"),
        ({"instruments": {"BTCUSDT": ts.Terms()}}, "instruments", "no bars are of BTCUSDT"),
        ({"instruments": {"FILUSDT": ts.Terms(leverage=-3)}}, "leverage", "-3 is out of range"),
        ({"funding": ts.Funding(rate=0.0001, every="0s")}, "every", "is not a span of time"),
        ({"funding": ts.Funding(rate=0.0001)}, "funding", "write either"),
        ({"funding": ts.Funding(rate=2, every="8h")}, "funding.rate", "2 is out of range"),
        ({"time_zone": "Mars"}, "time_zone", "is not an IANA time zone"),
        ({"daily_loss": 1}, "daily_loss", "1 is out of range"),
        ({"flatten_at": 1}, "flatten_at", "1 is out of range"),
        ({"max_drawdown": 0}, "max_drawdown", "0 is out of range"),
        ({"trailing_drawdown": 2}, "trailing_drawdown", "2 is out of range"),
        ({"profit_target": -1}, "profit_target", "-1 is out of range"),
        ({"daily_loss_basis": "cash"}, "daily_loss_basis", "expected one of `equity`"),
        ({"profit_target": 1, "min_trading_days": 0}, "min_trading_days", "0 is out of range"),
        ({"day_start": "25:00"}, "day_start", "is not a time of day"),
    ],
)
def test_a_fault_names_the_argument_its_value_and_what_is_right(
    august: ts.Bars,
    costs: dict[str, Any],
    changed: dict[str, Any],
    argument: str,
    words: str,
) -> None:
    with pytest.raises(ts.ConfigError) as caught:
        ts.backtest(august, SCALPER, **{**costs, **changed})
    assert caught.value.argument == argument
    assert words in str(caught.value)


def test_costs_have_no_default_and_the_message_says_how_to_state_them(august: ts.Bars) -> None:
    with pytest.raises(ts.ConfigError) as caught:
        ts.backtest(august, SCALPER, maker_fee=0.0002)
    assert "taker_fee, slippage not stated" in str(caught.value)
    assert "taker_fee=0.0005, slippage=ts.ticks(1)" in str(caught.value)
    assert caught.value.argument == "taker_fee"


def test_an_unknown_argument_is_refused_with_the_nearest(
    august: ts.Bars, costs: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match="slipage: there is no such argument.*`slippage`"):
        ts.backtest(august, SCALPER, slipage=ts.ticks(1), **costs)


def test_the_book_is_not_in_bars(august: ts.Bars, costs: dict[str, Any]) -> None:
    with pytest.raises(ts.ParamError) as caught:
        ts.backtest(august, ts.Scalper(), **costs)
    assert caught.value.argument == "pressure_rule"
    assert "--set" not in str(caught.value)


def test_a_period_is_by_dates_datetimes_and_texts_alike(
    august: ts.Bars, costs: dict[str, Any]
) -> None:
    utc = dt.timezone.utc
    spans = [
        ("2023-08-03", "2023-08-20"),
        (dt.date(2023, 8, 3), dt.date(2023, 8, 20)),
        (dt.datetime(2023, 8, 3), dt.datetime(2023, 8, 20)),
        (dt.datetime(2023, 8, 3, tzinfo=utc), dt.datetime(2023, 8, 20, tzinfo=utc)),
        (
            dt.datetime(2023, 8, 3, 9, tzinfo=dt.timezone(dt.timedelta(hours=9))),
            "2023-08-20T00:00:00Z",
        ),
    ]
    runs = [ts.backtest(august, SCALPER, start=a, end=b, **costs) for a, b in spans]
    first = runs[0].trades
    assert first["entry_time"].min() >= dt.datetime(2023, 8, 3, tzinfo=utc)
    assert first["exit_time"].max() <= dt.datetime(2023, 8, 20, tzinfo=utc)
    assert all(run.trades.equals(first) for run in runs)
    with pytest.raises(ts.DataError, match="holds no bar"):
        ts.backtest(august, SCALPER, start="2023-09-02", **costs)


def test_a_number_may_be_an_int_a_float_a_decimal_or_a_text(
    august: ts.Bars, costs: dict[str, Any]
) -> None:
    runs = [
        ts.backtest(august, SCALPER, **{**costs, "cash": cash})
        for cash in (100_000, 100_000.0, Decimal("100000.00"), "100000")
    ]
    assert all(run.trades.equals(runs[0].trades) for run in runs)


def test_each_argument_is_documented() -> None:
    import inspect

    source = inspect.getsource(ts.Account)
    for name in typing.get_type_hints(ts.Account, include_extras=True):
        line = source.index(f"\n    {name}:")
        rest = source[line:].split('"""')
        assert len(rest) > 2 and len(rest[1]) > 20, name
