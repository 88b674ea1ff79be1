"""A search whose sets another program chooses, such as an optimiser."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep._account import Account
from tickstep._arguments import allow, spelled_out, whole
from tickstep._bars import Bars
from tickstep._found import SweepResult
from tickstep._plan import judged_by, planned
from tickstep._progress import Progress, shown
from tickstep._space import Space
from tickstep._validation import Figures
from tickstep.errors import ParamError

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Search"]


class Search:
    """A search that is asked for one set at a time, and judged as a sweep is.

    What sets have in common is computed once; any number of threads may ask at once. Each
    set that is asked for is counted in the file of trials, as a run of its own; one that is
    asked for again counts once.

    Arguments are those of :func:`sweep`; ``space`` says what may be asked for.

    >>> import tickstep as ts
    >>> bars = ts.read_bars("examples/data/FILUSDT-1m-2023-08.csv.gz")
    >>> search = ts.Search(
    ...     bars, ts.Scalper(pressure_rule="buy_share"),
    ...     space={"spike_multiple": ts.uniform(2, 8), "stop_loss": [0.002, 0.004]},
    ...     random_entries=0, maker_fee=0.0004, taker_fee=0.0004, slippage=ts.ticks(0),
    ... )
    >>> figures = search.evaluate({"spike_multiple": 5, "stop_loss": 0.002})
    >>> figures["trades"], len(search)
    (190, 1)
    >>> search.finish().verdict.level
    'unproven'
    """

    @spelled_out(Account)
    def __init__(
        self,
        bars: Bars | Sequence[Bars] | Mapping[str, Bars],
        strategy: Any,
        *,
        space: Space,
        objective: str | Sequence[str] = "sharpe",
        where: str | Sequence[str] = (),
        min_trades: int = 30,
        top: int = 20,
        random_entries: int = 2_000,
        walk_forward: Mapping[str, Any] | None = None,
        threads: int | None = None,
        trials: str | PathLike[str] | None = None,
        **account: Unpack[Account],
    ) -> None:
        allow(account, Search.__init__)
        threads = None if threads is None else whole("threads", threads, 1)
        table = {
            **judged_by(objective, where),
            "min_trades": min_trades,
            "top": top,
            "random_entries": random_entries,
        }
        plan = planned(bars, strategy, account, table, walk_forward, space, "asked")
        counted = None if trials is None else fspath(trials)
        self._native = _native.Asked(plan._native, threads=threads, trials=counted)
        self._own = plan.own
        self._figures = self._native.figures()
        self.parameters = plan._native.names()

    parameters: list[str]
    """Names of the parameters, in the order of the space."""

    def __len__(self) -> int:
        return len(self._native)

    @property
    def axes(self) -> list[Figures]:
        """What may be asked for, an entry for each parameter: its ``name``, and ``values``,
        or ``from`` and ``to`` with ``step`` or ``decimals``, and ``log``."""
        axes = json.loads(self._native.axes()[0])
        return [
            Figures({"name": name, **axis})
            for name, axis in zip(self.parameters, axes, strict=True)
        ]

    @property
    def objectives(self) -> dict[str, bool]:
        """Figures that sets are judged by, and whether more of each is better."""
        return dict(self._native.axes()[1])

    def evaluate(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Runs one set, whose ``params`` are a value for each parameter: its figures by
        name, in the units of ``stats.json``, with ``trade_hash``. A number between two ends
        is taken with the decimals of its axis.

        Raises:
            ParamError: a value is not one of the space, one is missing, or a condition
                excludes the set.
            ConfigError: the set could not be run.
        """
        if not isinstance(params, Mapping):
            raise ParamError(
                f"params: {params!r} is no dictionary; write a value for each of "
                f"{', '.join(self.parameters)}",
                argument="params",
            )
        values, trade_hash = self._native.evaluate(dict(params))
        figures: dict[str, Any] = dict(zip(self._figures, values, strict=True))
        figures["trades"] = int(figures["trades"] or 0)
        return {**figures, "trade_hash": trade_hash}

    def finish(self, *, progress: Progress = None) -> SweepResult:
        """What the search amounts to so far, judged with every set that was tried on these
        bars. More may be asked for afterwards."""
        with shown(progress, "judging", "sets") as told:
            native = self._native.found(progress=told)
        for words in native.warnings:
            warnings.warn(words, RuntimeWarning, stacklevel=2)
        return SweepResult(native, self._own)

    def __repr__(self) -> str:
        return f"Search({', '.join(self.parameters)}; {len(self)} sets evaluated)"
