"""How far the best set of a sweep is to be believed: every figure of it as an attribute.

The figures are computed once, when the sweep is done, and are those of the file
``validation.json`` that the command writes. What has no value is ``None``. Sharpe ratios are
per day unless it says annual; shares and probabilities are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tickstep import _html

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl

    from tickstep._plot.look import Template

__all__ = ["Figures", "Validation", "Verdict", "WalkForward"]


class Figures(Mapping[str, Any]):
    """Named figures, as attributes and as a mapping; a figure without a value is ``None``."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self._of = {name: _figures(value) for name, value in of.items()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._of[name]
        except KeyError:
            known = ", ".join(self._of)
            raise AttributeError(f"there is no {name}; there are {known}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._of]

    def __getitem__(self, name: str) -> Any:
        return self._of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __repr__(self) -> str:
        return f"Figures({', '.join(f'{name}={value!r}' for name, value in self._of.items())})"

    def _repr_html_(self) -> str:
        return _html.figures(self)


def _figures(value: Any) -> Any:
    if isinstance(value, dict):
        return Figures(value)
    return [_figures(one) for one in value] if isinstance(value, list) else value


class Verdict:
    """What all figures together amount to, by rules that are stated beforehand."""

    def __init__(self, of: Mapping[str, Any], lines: list[str]) -> None:
        self._of, self._lines = of, lines

    @property
    def level(self) -> str:
        """``"supported"``, ``"not_supported"`` or ``"unproven"``."""
        return str(self._of["level"])

    @property
    def is_supported(self) -> bool:
        """Whether every rule that is asked for was applied and holds."""
        return self.level == "supported"

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        return self._lines[0].removeprefix("Verdict: ")

    @cached_property
    def findings(self) -> pl.DataFrame:
        """A row for each rule that was applied: rule, whether it holds, a sentence with the
        figures."""
        import polars as pl

        schema = {"rule": pl.String, "holds": pl.Boolean, "words": pl.String}
        return pl.DataFrame(list(self._of["findings"]), schema=schema)

    @property
    def missing(self) -> list[str]:
        """Rules that are asked for and could not be applied."""
        return [str(rule) for rule in self._of["missing"]]

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return _html.verdict(self)


class WalkForward:
    """The search done again and again on the past, each best set held to what came next."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self._of = of

    def _number(self, name: str) -> float | None:
        number: float | None = self._of[name]
        return number

    @property
    def in_sample_sharpe(self) -> float | None:
        """Mean annual Sharpe ratio of the chosen sets in their trainings."""
        return self._number("in_sample_sharpe")

    @property
    def out_of_sample_sharpe(self) -> float | None:
        """Annual Sharpe ratio of the days of all tests."""
        return self._number("out_of_sample_sharpe")

    @property
    def efficiency(self) -> float | None:
        """The second over the first; ``None`` where the first is not above zero."""
        return self._number("efficiency")

    @cached_property
    def windows(self) -> pl.DataFrame:
        """A row for each window: times (UTC), the set chosen in its training (null where
        none was), and objective, annual Sharpe ratio, trades and total return (a fraction)
        of that set inside the training and outside, in the test."""
        import polars as pl

        rows = []
        for walked in self._of["windows"]:
            chosen = walked["chosen"] or {}
            row = {name: walked["window"][name] for name in _TIMES}
            row |= {"set": chosen.get("set"), "values": chosen.get("values")}
            for side in ("inside", "outside"):
                leg = chosen.get(side) or {}
                row |= {f"{side}_{name}": leg.get(name) for name in _LEG}
            rows.append(row)
        schema: dict[str, Any] = {name: pl.Int64 for name in _TIMES}
        schema |= {"set": pl.Int64, "values": pl.String}
        schema |= {f"{side}_{n}": t() for side in ("inside", "outside") for n, t in _leg(pl)}
        times = [pl.col(name).cast(pl.Datetime("ns", "UTC")) for name in _TIMES]
        return pl.DataFrame(rows, schema=schema).with_columns(times)

    @cached_property
    def days(self) -> pl.DataFrame:
        """Equity over the days of all tests, multiples of the start: of the sets that were
        chosen (``outside``), and of the best set of the whole search on the same days
        (``inside``). A day is stamped with the midnight that ends it, UTC."""
        import polars as pl

        schema = {"end": pl.Int64, "outside": pl.Float64, "inside": pl.Float64}
        days = pl.DataFrame(list(self._of["days"]), schema=schema)
        return days.with_columns(pl.col("end").cast(pl.Datetime("ns", "UTC")))

    def plot(self, *, template: Template = None) -> go.Figure:
        """Equity over the days of all tests, and the Sharpe ratio of each window inside and
        outside its training. Needs plotly (``pip install tickstep[plot]``)."""
        from tickstep._plot.walked import walk_forward_figure

        return walk_forward_figure(self, template)

    def __repr__(self) -> str:
        return (
            f"WalkForward(windows={len(self._of['windows'])}, "
            f"in_sample_sharpe={self.in_sample_sharpe}, "
            f"out_of_sample_sharpe={self.out_of_sample_sharpe}, efficiency={self.efficiency})"
        )

    def _repr_html_(self) -> str:
        return _html.walk_forward(self)


_TIMES = ("train_start", "train_end", "test_start", "test_end")
_LEG = ("objective", "sharpe", "trades", "total_return")


def _leg(pl: Any) -> list[tuple[str, Any]]:
    return [(name, pl.Int64 if name == "trades" else pl.Float64) for name in _LEG]


class Validation:
    """How far the best set of a sweep is to be believed."""

    def __init__(self, of: Mapping[str, Any], lines: list[str]) -> None:
        self._of, self._lines = of, lines

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict, by stated rules."""
        return Verdict(self._of["verdict"], self._lines)

    @property
    def lines(self) -> list[str]:
        """What the command prints of it, a line each."""
        return list(self._lines)

    def _evidence(self, name: str) -> float | None:
        number: float | None = self._of["evidence"][name]
        return number

    def _count(self, name: str) -> int | None:
        count: int | None = self._of["evidence"][name]
        return count

    def _part(self, name: str) -> Figures | None:
        part = self._of[name]
        return None if part is None else Figures(part)

    @property
    def trades(self) -> int | None:
        """Closed trades of the best set."""
        return self._count("trades")

    @property
    def days(self) -> int | None:
        """Daily returns of the best set."""
        return self._count("days")

    @property
    def trials(self) -> Figures | None:
        """Trials of this search: ``sets``, ``effective`` (independent ones), ``sampled``,
        ``clusters``, ``singletons``."""
        return self._part("trials")

    @property
    def trials_all(self) -> Figures | None:
        """The same of all searches known on this data."""
        return self._part("trials_all")

    @property
    def searches(self) -> int | None:
        """Searches known on this data, this one among them."""
        searches: int | None = self._of["searches"]
        return searches

    @property
    def count_is_doubtful(self) -> bool:
        """Whether the number of trials may be too low."""
        return bool(self._of["count_is_doubtful"])

    @property
    def deflated_sharpe(self) -> float | None:
        """Probability that the true Sharpe ratio is above zero, the number of trials allowed
        for; 0.95 or more is asked for."""
        return self._evidence("deflated")

    @property
    def pbo(self) -> float | None:
        """Probability of backtest overfitting; 0.2 or less is asked for."""
        return self._evidence("pbo")

    @property
    def min_track_record(self) -> float | None:
        """Days after which the Sharpe ratio of the best is told from zero at 95 %."""
        return self._evidence("min_track_record")

    @property
    def random_p(self) -> float | None:
        """Share of strategies that enter at random which do as well as the best."""
        return self._evidence("random_p")

    @property
    def return_p5(self) -> float | None:
        """Total return at the 5th percentile of the days drawn anew, a fraction."""
        return self._evidence("return_p5")

    @property
    def plateau(self) -> float | None:
        """Share of the neighbouring sets that keep half of the best set's edge."""
        return self._evidence("plateau")

    @property
    def survives_ambiguous_bars(self) -> bool | None:
        """Whether the result stays above zero where every bar that reached stop and target
        is taken as stopped."""
        survives: bool | None = self._of["evidence"]["survives_ambiguous_bars"]
        return survives

    @property
    def luck(self) -> Figures | None:
        """What luck explains of the best set, with the trials of all searches: ``sharpe``,
        ``sharpe_std``, ``bar``, ``deflated``, ``probabilistic``, ``min_track_record``."""
        return self._part("luck")

    @property
    def luck_here(self) -> Figures | None:
        """The same with the trials of this search alone."""
        return self._part("luck_here")

    @property
    def overfitting(self) -> Figures | None:
        """How the best of one half of the history did on the other: ``probability``,
        ``loss``, ``slope``, ``logits`` and more."""
        return self._part("pbo")

    @property
    def paths(self) -> Figures | None:
        """Whole histories by combinatorial purged cross-validation: annual ``sharpes``, their
        band ``sharpe``, ``below_zero``."""
        return self._part("paths")

    @cached_property
    def walk_forward(self) -> WalkForward | None:
        """The walk forward; ``None`` where none was asked for."""
        walked = self._of["walk_forward"]
        return None if walked is None else WalkForward(walked)

    @property
    def random(self) -> Figures | None:
        """The best set among strategies that enter at random: ``net``, ``profit_factor``,
        ``trades``."""
        return self._part("random")

    @property
    def random_left_out(self) -> str | None:
        """Why there are no strategies that enter at random."""
        why: str | None = self._of["random_left_out"]
        return why

    @property
    def monte_carlo(self) -> Figures | None:
        """Bands (``p5``, ``p50``, ``p95``) of what else could have come of the best set:
        its trades in another order (``shuffled``), its days (``days``) and its trades
        (``trades``) drawn anew."""
        return self._part("monte_carlo")

    def plot(self, *, template: Template = None) -> go.Figure:
        """The figures that rules ask for, whether what was best on one half of the history was
        good on the other, the Sharpe ratios of whole histories by cross-validation, and what else
        could have come of the best set's days and trades. Needs plotly (``pip install tickstep[plot]``)."""
        from tickstep._plot.validation import validation_figure

        return validation_figure(self, template)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as ``validation.json`` has it."""
        return dict(self._of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Validation) and self._of == other._of

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "\n".join(self._lines)

    def _repr_html_(self) -> str:
        return _html.validation(self)
