"""What a sweep found: its sets as frames and cubes, its verdict, and any of its runs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tickstep import _html, _native
from tickstep._arguments import whole
from tickstep._plan import Plan
from tickstep._progress import Progress, shown
from tickstep._run import Run
from tickstep._validation import Figures, Validation, Verdict
from tickstep.errors import ConfigError, OutputError

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._plot.look import Template

__all__ = ["Cube", "Surface", "SweepResult"]


@dataclass(frozen=True)
class Cube:
    """One figure of every set of a grid, with an axis for each parameter."""

    metric: str
    """Name of the figure."""
    values: np.ndarray[Any, np.dtype[np.float64]]
    """The figure; NaN where a set was excluded, failed, or has no value."""
    dims: tuple[str, ...]
    """Names of the axes, in order."""
    coords: dict[str, list[Any]]
    """Values of each axis, in order."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(self.values.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.values.astype(dtype or self.values.dtype, copy=bool(copy))

    def to_xarray(self) -> Any:
        """The cube as an ``xarray.DataArray``; xarray must be installed."""
        from importlib import import_module

        return import_module("xarray").DataArray(self.values, coords=self.coords, dims=self.dims, name=self.metric)

    def __repr__(self) -> str:
        sides = ", ".join(f"{name}: {len(self.coords[name])}" for name in self.dims)
        return f"Cube({self.metric}, {sides})"


@dataclass(frozen=True)
class Surface:
    """A figure over two parameters: what all sets of a cell have in common."""

    metric: str
    """Name of the figure."""
    label: str
    """What it is called where people read it."""
    x: str
    """Parameter along x."""
    y: str
    """Parameter along y."""
    columns: list[str]
    """Labels along x; more than a map can show are joined."""
    rows: list[str]
    """Labels along y."""
    median: np.ndarray[Any, np.dtype[np.float64]]
    """Lower median of the sets of each cell, by row and column; NaN where there is none."""
    best: np.ndarray[Any, np.dtype[np.float64]]
    """Best of the sets of each cell."""
    slice: np.ndarray[Any, np.dtype[np.float64]]
    """The figure where every other parameter is as at the best set; NaN for drawn sets."""
    sets: np.ndarray[Any, np.dtype[np.int64]]
    """Number of sets in each cell."""
    winner: tuple[int, int] | None
    """Column and row of the best set."""
    higher_is_better: bool
    """Whether more of the figure is better."""

    def __repr__(self) -> str:
        sides = f"{self.x}: {len(self.columns)}, {self.y}: {len(self.rows)}"
        return f"Surface({self.metric}, {sides})"

    def _repr_html_(self) -> str:
        return _html.surface(self)

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each cell: both labels, ``sets``, ``median``, ``best``, ``slice``."""
        import polars as pl

        width = len(self.columns)
        cells = range(width * len(self.rows))
        numbers = {
            name: pl.Series(getattr(self, name).ravel(), nan_to_null=True)
            for name in ("sets", "median", "best", "slice")
        }
        return pl.DataFrame(
            {
                self.x: [self.columns[at % width] for at in cells],
                self.y: [self.rows[at // width] for at in cells],
                **numbers,
            }
        )


class SweepResult:
    """The sets of a sweep and what came of them.

    It pickles with its bars (one of a configuration file with the paths of its files) and
    may be used from several threads.
    """

    def __init__(self, native: _native.Found, own: list[tuple[str, Any]]) -> None:
        self._native, self._own = native, own
        self.parameters, self.objectives = native.names()

    parameters: list[str]
    """Names of the parameters that were varied, in the order that numbers the sets."""
    objectives: list[str]
    """Figures that sets are judged by, the main one first."""

    def __len__(self) -> int:
        return len(self._native)

    @property
    def folder(self) -> Path | None:
        """The folder it is in; ``None`` where it is in memory."""
        folder = self._native.folder
        return None if folder is None else Path(folder)

    @property
    def counted_in(self) -> Path:
        """The file in which its sets are counted as trials."""
        return Path(self._native.counted_in)

    @property
    def excluded(self) -> int:
        """Combinations or draws that a condition excluded."""
        return self._native.counts()[1]

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row for each set, in order: ``set``, its parameters, its figures in the units of
        ``stats.json`` (null where there is no value), ``trade_hash`` (sets of one hash
        traded alike) and ``failure`` (why it could not be run, else null)."""
        import polars as pl

        return pl.DataFrame(self._native.frame())

    def best(self, count: int = 10, *, by: str | None = None) -> pl.DataFrame:
        """Rows of :attr:`frame` of the best sets, best first, by one of the objectives; those
        with fewer than ``min_trades`` trades are not ranked."""
        import polars as pl

        count = whole("count", count, 1)
        return pl.DataFrame(self._native.best(min(count, 1 << 32), by))

    @cached_property
    def front(self) -> pl.DataFrame:
        """Rows of the sets that no other beats in all objectives."""
        import polars as pl

        return pl.DataFrame(self._native.front())

    @cached_property
    def failures(self) -> pl.DataFrame:
        """Sets that could not be run, and why: ``set``, ``failure``."""
        import polars as pl

        return pl.DataFrame(self._native.failures())

    def cube(self, metric: str | None = None) -> Cube:
        """A figure of every set of a grid as an array with an axis for each parameter; the
        main objective when ``metric`` is absent."""
        import numpy as np

        metric = self.objectives[0] if metric is None else metric
        cells, shape = self._native.cube(metric)
        values = np.frombuffer(cells, dtype="<f8").reshape(shape)
        levels = json.loads(self._native.levels())
        coords = dict(zip(self.parameters, levels, strict=True))
        return Cube(metric, values, tuple(self.parameters), coords)

    def surface(self, a: str, b: str, metric: str | None = None) -> Surface:
        """A figure over two parameters, ``a`` along x and ``b`` along y; the main objective
        when ``metric`` is absent. Drawn sets are joined into cells."""
        import numpy as np

        of = json.loads(self._native.surface(a, b, metric))
        cells = of["map"]["cells"]
        shape = (len(of["map"]["rows"]), len(of["map"]["columns"]))

        def numbers(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
            return np.array([cell[name] for cell in cells], dtype="float64").reshape(shape)

        winner = of["map"]["winner"]
        return Surface(
            metric=of["metric"],
            label=of["label"],
            x=of["x"],
            y=of["y"],
            columns=of["map"]["columns"],
            rows=of["map"]["rows"],
            median=numbers("median"),
            best=numbers("best"),
            slice=numbers("slice"),
            sets=np.array([cell["sets"] for cell in cells], dtype="int64").reshape(shape),
            winner=None if winner is None else (winner[0], winner[1]),
            higher_is_better=of["higher_is_better"],
        )

    def overview(self, metric: str | None = None) -> Figures:
        """What the surface of a figure is like: ``axes``, ``winner``, ``plateau``, ``stable``
        (the set with the best surroundings), ``influence``, ``sensitivity``; the main
        objective when ``metric`` is absent."""
        return Figures(json.loads(self._native.overview(metric))["overview"])

    def sensitivity(self, metric: str | None = None) -> pl.DataFrame:
        """What a step of each parameter does around the best set, a row for each value:
        ``parameter``, ``value`` (a text), ``objective`` (all other parameters as at the
        best), ``median`` of all sets with that value, ``is_best``."""
        import polars as pl

        rows = [
            {
                "parameter": self.parameters[of["axis"]],
                "value": step["label"],
                "objective": step["objective"],
                "median": step["median"],
                "is_best": at == of["winner"],
            }
            for of in json.loads(self._native.overview(metric))["overview"]["sensitivity"]
            for at, step in enumerate(of["steps"])
        ]
        return pl.DataFrame(
            rows,
            schema={
                "parameter": pl.String,
                "value": pl.String,
                "objective": pl.Float64,
                "median": pl.Float64,
                "is_best": pl.Boolean,
            },
        )

    def influence(self, metric: str | None = None) -> pl.DataFrame:
        """Share of the variance of a figure that each parameter explains alone, the largest
        first: ``parameter``, ``share`` (0 to 1)."""
        import polars as pl

        shares = json.loads(self._native.overview(metric))["overview"]["influence"]
        rows = [(self.parameters[of["axis"]], of["share"]) for of in shares]
        schema = {"parameter": pl.String, "share": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def label(self, metric: str | None = None) -> str:
        """What a figure is called where people read it; the main objective's when absent."""
        return str(json.loads(self._native.overview(metric))["label"])

    def heatmap(
        self,
        a: str,
        b: str,
        metric: str | None = None,
        *,
        measure: Literal["median", "best", "slice"] = "median",
        template: Template = None,
    ) -> go.Figure:
        """A figure over two parameters as a map, with the cell of the best set marked.

        Args:
            a, b: Names of the parameters along x and y.
            metric: Name of the figure; the main objective when absent.
            measure: What a cell shows of its sets: their lower ``"median"``, the ``"best"``, or
                the ``"slice"`` where all other parameters are as at the best set.
            template: Template of plotly, such as ``"plotly_dark"``; plotly's default when absent.

        Needs plotly (``pip install tickstep[plot]``); :class:`ConfigError` names the parameters
        and figures that there are.
        """
        from tickstep._plot.surface import heatmap_figure

        return heatmap_figure(self, a, b, metric, measure, template)

    def plot_sensitivity(
        self, metric: str | None = None, *, template: Template = None
    ) -> go.Figure:
        """What a step of each parameter does to a figure, a panel for each, the most influential
        first: with all others as at the best set, and in the median of all sets."""
        from tickstep._plot.sensitivity import sensitivity_figure

        return sensitivity_figure(self, metric, template)

    def plot_spread(
        self, metric: str | None = None, *, template: Template = None
    ) -> go.Figure:
        """How a figure is spread over all ranked sets, with its median, its best and, where it is
        the Sharpe ratio and the main objective, the best that luck alone finds."""
        from tickstep._plot.surface import spread_figure

        return spread_figure(self, metric, template)

    def plot_walk_forward(self, *, template: Template = None) -> go.Figure:
        """Equity over the days of all tests, and the Sharpe ratio of each window inside and
        outside its training; :class:`ConfigError` where no walk forward was asked for."""
        from tickstep._plot.walked import walk_forward_figure

        walked = None if self.validation is None else self.validation.walk_forward
        return walk_forward_figure(walked, template)

    def plot_validation(self, *, template: Template = None) -> go.Figure:
        """How far the best set is to be believed: see :meth:`Validation.plot`;
        :class:`ConfigError` for a shard, which is not judged."""
        from tickstep._plot.validation import validation_figure

        return validation_figure(self.validation, template)

    def _number(self, set: int) -> int:
        return whole("set", set, 0, max(0, len(self) - 1))

    def params(self, set: int) -> dict[str, Any]:
        """Values of a set by the names of its parameters."""
        return dict(json.loads(self._native.params(self._number(set))))

    @property
    def best_params(self) -> dict[str, Any] | None:
        """Values of the best set; ``None`` where no set is ranked."""
        best = self._native.best_sets(1, None)
        return self.params(best[0]) if best else None

    def run(self, set: int, *, progress: Progress = False) -> Run:
        """A set run whole: what :func:`backtest` gives with its parameters."""
        number = self._number(set)
        with shown(progress, "run", "bars") as told:
            return Run(self._native.run(number, progress=told), self._own)

    def best_run(self) -> Run:
        """The best set run whole."""
        best = self._native.best_sets(1, None)
        if not best:
            raise ConfigError(
                "no set has min_trades trades and a value of the objective; .frame shows what "
                "there is",
                argument="min_trades",
            )
        return self.run(best[0])

    @cached_property
    def validation(self) -> Validation | None:
        """How far the best set is to be believed; ``None`` for a shard."""
        of = self._native.validation_json()
        return None if of is None else Validation(json.loads(of), self._native.lines())

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, by stated rules; ``None`` for a shard."""
        return None if self.validation is None else self.validation.verdict

    def report(self, path: str | PathLike[str] | None = None) -> str:
        """The page of the search, which the command writes as ``report.html``; written to
        ``path`` where one is given."""
        page = self._native.report()
        if path is not None:
            try:
                Path(path).write_text(page, encoding="utf-8", newline="")
            except OSError as error:
                raise OutputError(str(error), file=fspath(path)) from error
        return page

    def save(
        self,
        folder: str | PathLike[str],
        *,
        threads: int | None = None,
        progress: Progress = None,
    ) -> Path:
        """Writes the folder that the command writes: tables, validation, report, whole runs
        of the best sets, and ``sweep.json``."""
        threads = None if threads is None else whole("threads", threads, 1)
        with shown(progress, "saving", "sets") as told:
            self._native.save(fspath(folder), threads=threads, progress=told)
        return Path(folder)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._native.shard != "1/1":
            raise TypeError("a shard is not pickled; send its folder")
        with tempfile.TemporaryDirectory(prefix="tickstep-") as folder:
            whole = Path(folder, "records")
            state = self._native.state(fspath(whole))
            records = {file.name: file.read_bytes() for file in sorted(whole.iterdir())}
        return _restored, (Plan(self._native.search(), self._own), records, state)

    def __repr__(self) -> str:
        best = self.best_params
        words = f"SweepResult({len(self)} sets by {', '.join(self.objectives)}"
        if best is not None:
            words += "; best " + ", ".join(f"{name}={value}" for name, value in best.items())
        if self.verdict is not None:
            words += f"; {self.verdict.words}"
        return words + ")"

    def _repr_html_(self) -> str:
        return _html.found(self)


def _restored(plan: Plan, records: Mapping[str, bytes], state: str) -> SweepResult:
    with tempfile.TemporaryDirectory(prefix="tickstep-") as folder:
        for name, content in records.items():
            Path(folder, name).write_bytes(content)
        return SweepResult(_native.Found.restored(plan._native, folder, state), plan.own)
