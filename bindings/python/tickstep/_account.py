"""From arguments to a run: one account over the bars of one or several instruments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from tickstep import _native
from tickstep._arguments import allow, spelled_out
from tickstep._bars import Bars, listed
from tickstep._run import Run
from tickstep._slots import Slot, slots
from tickstep._terms import (
    Funding,
    Number,
    Sizing,
    Slippage,
    Terms,
    plain,
    seconds,
    written,
)
from tickstep.errors import ConfigError

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Account", "backtest", "changes", "ran", "run"]

Instant: TypeAlias = "datetime | date | str"
"""A time; without a zone it is by the account's ``time_zone``."""


class Account(TypedDict, total=False):
    """Arguments that :func:`backtest`, ``simulate`` and ``sweep`` have in common.

    Fees and slippage have no default; what else is left out is as in a configuration file
    that leaves it out.
    """

    cash: Number
    """Cash at the start, account currency; 100,000 when absent."""
    currency: str
    """Currency of the account; ``"USDT"`` when absent."""
    time_zone: str
    """IANA zone of the account's days; UTC when absent."""
    day_start: str
    """Time of day in that zone at which the account's days begin, ``"17:00"``; midnight when
    absent."""
    maker_fee: Number
    """Fee of a resting fill, a fraction of notional: 0.0002 is 2 bps."""
    taker_fee: Number
    """Fee of an aggressive fill, a fraction of notional."""
    slippage: Slippage
    """What an aggressive fill is worse by: ``ts.ticks(1)`` or ``ts.bps(0.5)``."""
    sizing: Sizing
    """Size of entries of strategies that do not state their own: a loss of 1 % of equity at
    the stop when absent."""
    start: Instant
    """First time that is traded; bars before it warm features up."""
    end: Instant
    """First time that is no longer traded."""
    intrabar: Literal[
        "stop_first", "target_first", "ohlc_path", "finer_bars", "finer_bars_target"
    ]
    """Which of stop and target comes first when one bar touches both; the stop when absent."""
    finer: Bars | Sequence[Bars] | Mapping[str, Bars]
    """Finer bars of the instrument, or of each of several, for ``intrabar="finer_bars"``."""
    max_gap: int
    """Missing bars after which features warm up again and waiting entries lapse; 3."""
    leverage: Number
    """Notional over required margin; 1 when absent."""
    maintenance_margin: Number
    """Fraction of notional below which a position is liquidated."""
    lot_step: Number
    """Quantity step; that of the data's volumes when absent."""
    contract_size: Number
    """Base units in one unit of quantity; 1 when absent."""
    min_qty: Number
    """Smallest quantity of an order."""
    min_notional: Number
    """Smallest value of an order, quote currency."""
    funding: Funding
    """Funding or swap that open positions pay; none when absent."""
    instruments: Mapping[str, Terms]
    """Terms of single instruments, by symbol, where they differ from the others'."""
    daily_loss: Number
    """Largest loss of a day, a fraction of what the day opened with: no entries until the next."""
    daily_loss_basis: Literal["equity", "balance", "higher"]
    """What a day opened with: its equity (when absent), its balance, or the higher."""
    flatten_at: Number
    """A day's loss at which everything is closed and the day is over, a fraction of what it
    opened with."""
    initial_balance: Number
    """Balance that ``max_drawdown`` and ``profit_target`` are measured from; the cash that the
    account begins with when absent."""
    max_drawdown: Number
    """Loss from the initial balance that closes everything and ends trading, a fraction of it."""
    trailing_drawdown: Number
    """Loss from peak equity that closes everything and ends trading, a fraction of it."""
    profit_target: Number
    """Profit that closes everything and ends trading, a fraction of the initial balance."""
    min_trading_days: int
    """Days with an entry that the profit target needs as well."""
    drawdown_tiers: Sequence[Number]
    """Four drawdowns from the peak, rising, that halve sizes, quarter them, stop entries and
    close everything."""
    max_positions: int
    """Most positions open or waiting, 1 to 10000."""
    symbol_exposure: Number
    """Largest notional in one instrument, a fraction of equity times leverage."""
    correlated_exposure: Number
    """Largest sum of correlation times notional, a fraction of equity times leverage."""
    fit_margin: bool
    """Shrink a size to free margin instead of refusing it."""


_ACCOUNT = ("cash", "currency", "time_zone", "day_start")
_COSTS = ("maker_fee", "taker_fee", "slippage")
_SIMULATION = ("intrabar", "max_gap")
_RISK = (
    "daily_loss",
    "daily_loss_basis",
    "flatten_at",
    "initial_balance",
    "max_drawdown",
    "trailing_drawdown",
    "profit_target",
    "min_trading_days",
    "drawdown_tiers",
    "max_positions",
    "symbol_exposure",
    "correlated_exposure",
)
_TERMS = (
    "leverage",
    "maintenance_margin",
    "lot_step",
    "contract_size",
    "min_qty",
    "min_notional",
    "funding",
)


class Job:
    """What is run: a configuration as the table of its file, with bars and strategies."""

    def __init__(
        self,
        bars: Bars | Sequence[Bars] | Mapping[str, Bars],
        strategies: Any,
        account: Account,
    ) -> None:
        self.bars = listed(bars)
        several = isinstance(strategies, list | tuple)
        self.strategies: list[Slot] = list(strategies) if several else [strategies]
        for argument, given in (("bars", self.bars), ("strategy", self.strategies)):
            if not given:
                raise ConfigError(
                    f"{argument}: the list is empty; a run needs one or more", argument=argument
                )
        self.finer = _finer(self.bars, account.get("finer"))
        self.config = self._config(account)

    def _config(self, account: Account) -> dict[str, Any]:
        def named(names: tuple[str, ...]) -> dict[str, Any]:
            return {name: written(name, account.get(name)) for name in names}

        tables, self.own = slots(self.strategies)
        for slot in tables:
            if slot.get("sizing") is None:
                slot["sizing"] = written("sizing", account.get("sizing"))
        own = _terms_of(account.get("instruments"))
        symbols = [one.symbol for one in self.bars]
        for symbol in own:
            if symbol not in symbols:
                raise _native.unknown_instrument(symbol, symbols)
        terms = named(_TERMS)
        instruments = [
            {**terms, **(own[symbol]._config() if symbol in own else {}), "symbol": symbol}
            for symbol in symbols
        ]
        return {
            "account": {"cash": 100_000, "currency": "USDT", **_stated(named(_ACCOUNT))},
            "costs": named(_COSTS),
            "simulation": named(_SIMULATION),
            "period": {
                "from": _instant("start", account.get("start")),
                "to": _instant("end", account.get("end")),
            },
            "risk": {**named(_RISK), "margin": account.get("fit_margin")},
            "instrument": instruments,
            "strategy": tables,
        }

    def native(self) -> tuple[list[_native.Bars], list[_native.Bars | None]]:
        """The bars and finer bars as the native half takes them."""
        finer = [None if one is None else one._native for one in self.finer]
        return [one._native for one in self.bars], finer


def _finer(bars: list[Bars], finer: Any) -> list[Bars | None]:
    """Finer bars of each instrument, found by their symbol."""
    given = {} if finer is None else {one.symbol: one for one in listed(finer, "finer")}
    symbols = [one.symbol for one in bars]
    for symbol in given:
        if symbol not in symbols:
            raise ConfigError(
                f"finer: no bars are of {symbol}; there are {', '.join(symbols)}",
                argument="finer",
            )
    return [given.get(symbol) for symbol in symbols]


def _terms_of(instruments: Any) -> dict[str, Terms]:
    """Terms of single instruments, by symbol."""
    if instruments is None:
        return {}
    if isinstance(instruments, Mapping):
        wrong = [terms for terms in instruments.values() if not isinstance(terms, Terms)]
        if not wrong:
            return dict(instruments)
        instruments = wrong[0]
    raise ConfigError(
        f"instruments: {instruments!r} is not allowed; write terms by symbol, such as "
        '{"FILUSDT": ts.Terms(leverage=5)}',
        argument="instruments",
    )


def _stated(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}


def _instant(argument: str, value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    if type(value).__name__ == "datetime64":
        return str(value)
    if value is None or isinstance(value, str):
        return value
    raise ConfigError(
        f'{argument}: {value!r} is no time; write "2023-08-01", "2023-08-01T12:00:00Z" or a '
        "datetime",
        argument=argument,
    )


def ran(bars: Any, strategy: Any, account: Account) -> Run:
    """A run that is not counted as a trial."""
    job = Job(bars, strategy, account)
    series, finer = job.native()
    return Run(_native.backtest(job.config, series, finer=finer, own=job.own), job.own)


@spelled_out(Account)
def backtest(
    bars: Bars | Sequence[Bars] | Mapping[str, Bars],
    strategy: Slot | Sequence[Slot],
    *,
    trials: str | PathLike[str] | None = None,
    **account: Unpack[Account],
) -> Run:
    """Runs one or several strategies on one account over the bars of its instruments.

    The rules are those of ``tickstep run``: a decision at the close of a bar is filled at
    the next open, fees and slippage are paid at every fill, prices and money are exact.

    As the command does, it counts the run as a trial on this data, since the best of many
    runs looks good by luck alone, and the verdict of a sweep allows for all of them. The
    same run counts once, however often it is made. They are counted in the file that the
    environment variable ``TICKSTEP_TRIALS`` names, else in the ``trials.jsonl`` of the folder
    ``runs`` or the nearest above it, else in the user's; ``run.counted_in`` says which.

    Arguments:
        bars: bars of one instrument, or of several as a list or by symbol.
        strategy: one strategy, or a list in the order they decide; each trades every
            instrument unless it names its ``instruments``.
        trials: the file of trials, in place of those above.
        **account: costs (which have no default), cash, size, limits: see :class:`Account`.

    Raises:
        ConfigError: an argument cannot be used; its ``argument`` names it.
        ParamError: a parameter of a strategy is out of its range.
        DataError: a rule lacks its data, or the period holds no bar.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> run = ts.backtest(bars, ts.Scalper(pressure_rule="buy_share"), maker_fee=0.0004,
    ...                   taker_fee=0.0004, slippage=ts.ticks(0), sizing=ts.FixedNotional(10_000))
    >>> run.trades.height > 100
    True
    """
    allow(account, backtest)
    return ran(bars, strategy, account)._counted(trials)


def run(
    path: str | PathLike[str],
    *,
    set: Mapping[str, Any] | None = None,
    base: str | PathLike[str] | None = None,
    trials: str | PathLike[str] | None = None,
) -> Run:
    """Runs a configuration file, as ``tickstep run`` does, and counts it as a trial as
    :func:`backtest` does.

    Arguments:
        path: the TOML file.
        set: changes to it by dotted key, such as ``{"costs.slippage.ticks": 1}`` or
            ``{"costs.slippage": ts.ticks(1)}``.
        base: folder that data paths start from; that of the file when absent.
        trials: the file of trials, in place of the command's.

    >>> import tickstep as ts
    >>> run = ts.run("examples/fil.toml", set={"costs.slippage.ticks": 1})
    >>> run.trades.height
    1714
    """
    native = _native.run_file(
        fspath(path), changes(set), base=None if base is None else fspath(base)
    )
    return Run(native)._counted(trials)


def changes(set: Mapping[str, Any] | None) -> dict[str, Any]:
    """Changes of a configuration by dotted key, as the native half takes them."""
    if set is not None and not isinstance(set, Mapping):
        raise ConfigError(
            f'set: {set!r} is no dictionary; write {{"costs.slippage.ticks": 1}}', argument="set"
        )
    return {key: _changed(value) for key, value in (set or {}).items()}


def _changed(value: Any) -> Any:
    if isinstance(value, timedelta):
        return seconds(value)
    return value.isoformat() if isinstance(value, date) else plain(value)
