"""A finished run: what it gave, and how it looks."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from tickstep import _html, _native
from tickstep._html import first_lines
from tickstep._stats import Stats
from tickstep.errors import ConfigError, DataError, OutputError

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._bars import Bars, Instant
    from tickstep._plot.look import Template

__all__ = ["Bounds", "Run", "Term"]

Table: TypeAlias = Literal["trades", "equity", "decisions"]


class Term(NamedTuple):
    """A key of the configuration and what holds for it."""

    key: str
    """Key, as ``set=`` of :func:`tickstep.run` takes it."""
    value: str
    """Value in force."""
    default: bool
    """Whether it is what holds where the key is left out."""
    inferred: bool
    """Whether the data showed it, and nobody stated it."""


@dataclass(frozen=True)
class Bounds:
    """Net P&L under each order of prices inside a bar, account currency.

    Where one bar touches stop and target, which came first is an assumption. With sizes that do
    not depend on equity these are bounds: no order inside the bars gives less or more.
    """

    worst: Decimal
    """Net P&L under the worse order in every ambiguous bar."""
    best: Decimal
    """Net P&L under the better order in every ambiguous bar."""
    chosen: Decimal
    """Net P&L under the order that the run was asked for."""
    ambiguous_bars: int
    """Bars that touched stop and target of one position where no finer bars told which first."""
    ambiguous_pnl: Decimal
    """Net P&L of the chosen run's trades that ended in such a bar."""
    scenario: bool
    """One changed trade may change others, so that these are scenarios and no bounds."""
    words: str
    """The same in a sentence or two, as the command says it."""

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        order = f"worst {self.worst}, chosen {self.chosen}, best {self.best}"
        return f"Bounds({order}, {self.ambiguous_bars} ambiguous bars)"

    def _repr_html_(self) -> str:
        return _html.bounds(self)


class Terms(list[Term]):
    """Everything that moves money, an entry for each key."""

    def __repr__(self) -> str:
        width = max((len(term.key) for term in self), default=0)
        lines = (
            f"{term.key:<{width}}  {term.value}{' (default)' if term.default else ''}"
            f"{' (shown by the data)' if term.inferred else ''}"
            for term in self
        )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return _html.terms(self)


class Run:
    """A finished run: statistics, trades, equity and every decision.

    It is what :func:`tickstep.backtest`, :func:`tickstep.run` and a sweep give. Two runs are
    equal where configuration, bars and results are; a pickled run carries configuration and
    bars and is made again, to the last bit.

    >>> import tickstep as ts
    >>> run = ts.run("examples/fil.toml")
    >>> run.trades.height, run.stats["# Trades"], run.symbols
    (1713, 1713, ['FILUSDT'])
    >>> print(run.opening.splitlines()[0])
    Gross edge -0.25 ± 0.65 bps a trade (95 %), 1,713 trades: says nothing. Costs 8.00, net -8.25 bps a trade.
    """

    def __init__(self, native: _native.Run, own: Sequence[tuple[str, Any]] = ()) -> None:
        self._native = native
        self._own = list(own)
        self.counted_in = None

    counted_in: Path | None
    """The file in which it is counted as a trial; ``None`` of a run that was made again, from a
    pickle or as a set of a sweep, which was counted before."""

    def _counted(self, trials: str | PathLike[str] | None) -> Run:
        """The run, once it is counted."""
        path, fault = self._native.count(None if trials is None else fspath(trials))
        self.counted_in = Path(path)
        if fault is not None:
            warnings.warn(fault, RuntimeWarning, stacklevel=3)
        return self

    @cached_property
    def stats(self) -> Stats:
        """Every figure, by label: ``run.stats["Sharpe Ratio"]``; by key: ``run.stats.sharpe``."""
        return Stats(self._native)

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row a closed trade, in the order they closed. Times are Datetime of ns in UTC, prices
        and money Float64 (:meth:`table` has decimals), words Categorical."""
        return self.table("trades")

    @cached_property
    def equity(self) -> pl.DataFrame:
        """``time`` (close of a bar, UTC) and ``equity`` (cash and open P&L, account currency)."""
        return self.table("equity")

    @cached_property
    def decisions(self) -> pl.DataFrame:
        """Every signal, with its named reasons and what became of it: sent, ignored, refused or
        unfilled, and by which rule."""
        return self.table("decisions")

    def table(self, name: Table, *, exact: bool = False) -> pl.DataFrame:
        """The table ``"trades"``, ``"equity"`` or ``"decisions"``.

        Arguments:
            name: Which table.
            exact: Prices, quantities and money as Decimal, digit for digit, and not as the float
                nearest to each.

        Raises :class:`DataError` where decimals do not fit (38 digits in a column).
        """
        import polars as pl

        tables: dict[str, Callable[..., Any]] = {
            "trades": self._native.trades,
            "equity": self._native.equity,
            "decisions": self._native.decisions,
        }
        if name not in tables:
            raise ConfigError(
                f"name: {name!r} is no table of a run; take one of {', '.join(tables)}",
                argument="name",
            )
        return pl.DataFrame(tables[name](exact=exact))

    @cached_property
    def refusals(self) -> dict[str, int]:
        """How often each rule kept a signal from becoming an order; empty when none did."""
        refused: dict[str, int] = json.loads(self._native.refusals())
        return refused

    @cached_property
    def bounds(self) -> Bounds:
        """The result under the worst and the best order of prices inside every bar."""
        text, words = self._native.bounds()
        of = json.loads(text)
        money = ("worst", "best", "chosen", "ambiguous_pnl")
        return Bounds(**{**of, **{name: Decimal(of[name]) for name in money}}, words=words)

    @cached_property
    def _findings(self) -> tuple[list[str], list[str]]:
        return self._native.findings()

    @property
    def warnings(self) -> list[str]:
        """What is doubtful about the data, in sentences."""
        return list(self._findings[0])

    @property
    def repairs(self) -> list[str]:
        """What was mended in the data, in sentences."""
        return list(self._findings[1])

    def returns(self) -> pl.DataFrame:
        """Returns of the days with data: ``date`` and ``return`` (a fraction of the day's opening
        equity), the ones that every ratio is computed of. :meth:`to_pandas` has them as a Series.

        Raises :class:`DataError` where equity was ever at or below zero.
        """
        import polars as pl

        table = _native.daily_returns(self._native)
        if table is None:
            raise DataError("there are no returns: equity was at or below zero")
        return pl.DataFrame(table)

    def monthly(self) -> pl.DataFrame:
        """One row a month of the account's time zone: ``month``, ``trades``, ``wins``,
        ``before_costs``, ``costs``, ``net_pnl`` (account currency) and ``return`` (of equity, from
        month end to month end, a fraction)."""
        import polars as pl

        return pl.DataFrame(_native.months(self._native))

    def to_pandas(
        self, what: Literal["returns", "equity", "trades", "decisions"] = "returns"
    ) -> pd.Series | pd.DataFrame:
        """A pandas object with a DatetimeIndex.

        ``"returns"`` are daily returns as a Series by date, which quantstats, pyfolio and
        empyrical take as they are; ``"equity"`` is a Series by close, UTC; ``"trades"`` is a frame
        by exit time and ``"decisions"`` by their time, UTC.

        >>> import tickstep as ts
        >>> returns = ts.run("examples/fil.toml").to_pandas()
        >>> len(returns), str(returns.index[0].date())
        (122, '2023-08-01')
        """
        import pandas as pd

        if what == "returns":
            frame = self.returns()
            index = pd.DatetimeIndex(frame["date"].to_numpy(), name="date").as_unit("ns")
            return pd.Series(frame["return"].to_numpy(), index=index, name="return")
        times = {"equity": "time", "trades": "exit_time", "decisions": "time"}
        if what not in times:
            raise ConfigError(
                f"what: {what!r} is nothing of a run; take one of returns, {', '.join(times)}",
                argument="what",
            )
        table = self.table(what)
        columns = {column.name: _array(column) for column in table}
        index = pd.DatetimeIndex(columns.pop(times[what]), name=times[what]).tz_localize("UTC")
        if what == "equity":
            return pd.Series(columns["equity"], index=index, name="equity")
        frame_of_times = pd.DataFrame(columns, index=index)
        if "entry_time" in frame_of_times:
            frame_of_times["entry_time"] = frame_of_times["entry_time"].dt.tz_localize("UTC")
        return frame_of_times

    @property
    def symbols(self) -> list[str]:
        """Symbols of the instruments, in the account's order."""
        return self._native.symbols()

    @property
    def currency(self) -> str:
        """Currency of the account."""
        return self._native.currency

    @property
    def bars(self) -> dict[str, Bars]:
        """The bars that it was run over, by symbol."""
        from tickstep._bars import Bars

        series, _ = self._native.bars()
        return {one.symbol: Bars(one) for one in series}

    @property
    def config(self) -> dict[str, Any]:
        """The whole configuration, every change applied: what a file of it would say. Exact numbers
        are text."""
        config: dict[str, Any] = json.loads(self._native.config_json())
        return config

    @property
    def terms(self) -> list[Term]:
        """Everything that moves money, stated or by default, one entry for each key."""
        return Terms(Term(*term) for term in self._native.terms())

    @property
    def trade_hash(self) -> str:
        """A fingerprint of all trades: runs with the same one have the same trades, to the last
        digit. Sweeps list it for every set."""
        return self._native.trade_hash()

    @property
    def opening(self) -> str:
        """What the run claims and what it was made under, as the command prints it."""
        return self._native.opening()

    @property
    def words(self) -> str:
        """What the command prints: the claims, the terms and the table."""
        return f"{self.opening}\n{self._native.words()}"

    def report(
        self, path: str | PathLike[str], *, lang: str = "en", time_zone: str | None = None
    ) -> None:
        """Writes the command's report, one page that opens offline.

        Arguments:
            path: The file to write; one of that name is replaced.
            lang: Language, ``"en"`` or ``"ko"``.
            time_zone: IANA zone of every time in it; the account's when absent.

        Raises :class:`OutputError` where it cannot be written.
        """
        with tempfile.TemporaryDirectory(prefix="tickstep-") as temporary:
            folder = os.path.join(temporary, "run")
            self._native.save(folder, lang, time_zone)
            try:
                shutil.copyfile(os.path.join(folder, "report.html"), path)
            except OSError as error:
                raise OutputError(str(error), file=fspath(path)) from error

    def plot(
        self,
        *,
        instrument: str | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        most: int = 2_200,
        template: Template = None,
    ) -> go.Figure:
        """Price with every trade, volume with its spikes, equity and drawdown, on one time axis.

        Long spans are reduced before they are drawn: bars become longer candles, curves keep
        their outline with every extreme; ``start`` and ``end`` draw a part in full. Times are by
        the clock of the account's time zone, which the axis names. A volume is a spike from the
        multiple on that the run's scalper states, else 3 times the mean of the 20 bars before;
        the 300 strongest are marked.

        Args:
            instrument: Symbol; the first one when absent.
            start, end: Part of the time, the end left out, UTC where no zone is named.
            most: Most candles, points of a curve and trades, from 10 to 100,000.
            template: Template of plotly, such as ``"plotly_dark"``; plotly's default when absent.

        Needs plotly (``pip install tickstep[plot]``), as all figures do; :class:`ConfigError` for
        an argument that cannot be used.

        >>> import tickstep as ts
        >>> fig = ts.run("examples/fil.toml").plot(start="2023-08-17", end="2023-08-18")
        >>> print(fig.layout.title.text)
        FILUSDT: 14 trades
        >>> print(fig.layout.xaxis.title.text)
        Time, UTC
        """
        from tickstep._plot.overview import run_figure

        return run_figure(self, instrument, start, end, most, template)

    def plot_trades(
        self,
        *,
        instrument: str | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        most: int = 2_200,
        template: Template = None,
    ) -> go.Figure:
        """Net P&L of every closed trade by time and by what closed it, how it is spread, and how
        far each trade went for and against its position; of all instruments when none is named.
        Arguments are those of :meth:`plot`; of more than ``most`` trades the largest are drawn.
        """
        from tickstep._plot.trades import trades_figure

        return trades_figure(self, instrument, start, end, most, template)

    def plot_equity(
        self,
        *,
        start: Instant | None = None,
        end: Instant | None = None,
        most: int = 2_200,
        template: Template = None,
    ) -> go.Figure:
        """Equity at the closes of bars, account currency; arguments as in :meth:`plot`."""
        from tickstep._plot.curves import equity_figure

        return equity_figure(self, start, end, most, template)

    def plot_drawdown(
        self,
        *,
        start: Instant | None = None,
        end: Instant | None = None,
        most: int = 2_200,
        template: Template = None,
    ) -> go.Figure:
        """Equity against its highest so far, a share of it; arguments as in :meth:`plot`."""
        from tickstep._plot.curves import drawdown_figure

        return drawdown_figure(self, start, end, most, template)

    def plot_monthly(self, *, template: Template = None) -> go.Figure:
        """Return of equity in each month of the account's time zone: bars up to two years, then
        a row for each year. Pointing at a month says its trades, P&L before costs, and costs."""
        from tickstep._plot.months import monthly_figure

        return monthly_figure(self, template)

    def save(self, folder: str | PathLike[str]) -> None:
        """Writes the run folder, as the command does: ``trades.csv``, ``equity.csv``,
        ``decisions.csv``, ``stats.json``, ``report.html`` and ``manifest.json``.

        An earlier run in ``folder`` is replaced; anything else there is left alone and refused
        with :class:`OutputError`.
        """
        self._native.save(fspath(folder), "en", None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self._native.same(other._native)

    def __hash__(self) -> int:
        return hash(self._native.trade_hash())

    def __reduce__(self) -> tuple[Any, ...]:
        config, (bars, finer), base, trades = self._native.state()
        states = [one.state() for one in bars]
        finer_states = [None if one is None else one.state() for one in finer]
        return _restored, (config, states, finer_states, self._own, fspath(base), trades)

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        claims = (words for _, words in self._native.opening_parts()[0])
        return "\n".join([*claims, *first_lines(self._native.figures())])

    def _repr_html_(self) -> str:
        return _html.run(self)


def _array(column: pl.Series) -> Any:
    """A column as pandas takes it, without a need of pyarrow."""
    import polars as pl

    if isinstance(column.dtype, pl.Datetime):
        return column.dt.replace_time_zone(None).to_numpy()
    if column.dtype in (pl.Categorical, pl.String):
        return column.cast(pl.String).to_list()
    return column.to_numpy()


def _restored(
    config: str,
    bars: list[bytes],
    finer: list[bytes | None],
    own: list[tuple[str, Any]],
    base: str,
    trades: str,
) -> Run:
    native = _native.backtest(
        json.loads(config),
        [_native.Bars.of_state(state) for state in bars],
        finer=[None if state is None else _native.Bars.of_state(state) for state in finer],
        own=own,
        base=base,
    )
    if native.trade_hash() != trades:
        raise DataError(
            "the run has other trades when it is made again; was it pickled by another version of "
            "tickstep, or has its strategy or a file of its funding changed?"
        )
    return Run(native, own)
