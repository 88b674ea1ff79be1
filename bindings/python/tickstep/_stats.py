"""The figures of a run, under the labels that people know them by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from tickstep import _html, _native

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]
    import polars as pl

__all__ = ["Metric", "Stats"]

Value: TypeAlias = "float | int | timedelta | datetime | None"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SPANS = ("days", "h")


@dataclass(frozen=True)
class Metric:
    """A figure of a run and what is known of it."""

    key: str
    """Its name in ``stats.json``, in sweeps, and as an attribute of :class:`Stats`."""
    label: str
    """What people call it, with its unit."""
    unit: str | None
    """Unit of ``shown``, such as ``"%"``; ``None`` of ratios, counts and money."""
    value: Value
    """A fraction, account currency, a count or a span, as in ``stats.json``."""
    shown: Value
    """The value in the unit of the label."""
    higher_is_better: bool
    """Which way is better."""
    formula: str
    """Who defined it, or how it is computed."""
    undefined: str | None
    """Why there is no value; ``None`` where there is one."""


class Stats(Mapping[str, Any]):
    """The figures of a run.

    By label a figure is in the unit that the label names, ``stats["Return [%]"]``; by its key it
    is as in ``stats.json``, ``stats.total_return``, a fraction. Spans are ``timedelta``, counts
    ``int``, the rest ``float``; ``None`` where a figure has no value, and :meth:`why` says why.

    >>> import tickstep as ts
    >>> stats = ts.run("examples/fil.toml").stats
    >>> stats["# Trades"], round(stats["Win Rate [%]"], 2), stats["Max. Trade Duration"]
    (1713, 21.48, datetime.timedelta(seconds=300))
    >>> round(stats.win_rate, 4), round(stats["Sharpe Ratio"], 2)
    (0.2148, -23.68)
    >>> stats.why("deflated_sharpe")
    'needs a search'
    """

    __slots__ = ("_currency", "_facts", "_groups", "_keys", "_metrics")

    def __init__(self, native: _native.Run) -> None:
        stats = json.loads(native.stats_json())
        self._currency = native.currency
        self._groups = native.figures()
        self._facts = _facts(stats)
        metrics = [_metric(row) for row in native.metrics()]
        self._metrics = {metric.label: metric for metric in metrics}
        self._keys = {metric.key: metric for metric in metrics}

    def __getitem__(self, label: str) -> Any:
        if label in self._facts:
            return self._facts[label]
        metric = self._metrics.get(label)
        if metric is None:
            raise KeyError(self._unknown(label))
        return metric.shown

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        metric = self._keys.get(key)
        if metric is None:
            near = get_close_matches(key, self._keys, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise AttributeError(f"there is no figure {key!r}{hint}")
        return metric.value

    def __iter__(self) -> Iterator[str]:
        yield from self._facts
        yield from self._metrics

    def __len__(self) -> int:
        return len(self._facts) + len(self._metrics)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._keys]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _unknown(self, label: str) -> str:
        if label in self._keys:
            return (
                f"{label!r} is a key: stats.{label} as in stats.json, or "
                f"stats[{self._keys[label].label!r}]"
            )
        near = get_close_matches(label, list(self), 1)
        return f"there is no figure {label!r}" + (f"; did you mean {near[0]!r}?" if near else "")

    def metric(self, name: str) -> Metric:
        """What is known of a figure, by its label or its key: unit, formula, which way is better."""
        found = self._metrics.get(name) or self._keys.get(name)
        if found is None:
            raise KeyError(self._unknown(name))
        return found

    def why(self, name: str) -> str | None:
        """Why a figure has no value, by its label or its key; ``None`` where it has one."""
        return self.metric(name).undefined

    def to_frame(self) -> pl.DataFrame:
        """One row a figure: ``key``, ``label``, ``value`` (Float64, as in ``stats.json``, spans in
        seconds), ``unit`` of the label, ``higher_is_better``, ``undefined`` and ``formula``."""
        import polars as pl

        rows = [
            {
                "key": metric.key,
                "label": metric.label,
                "value": _number(metric.value),
                "unit": metric.unit,
                "higher_is_better": metric.higher_is_better,
                "undefined": metric.undefined,
                "formula": metric.formula,
            }
            for metric in self._metrics.values()
        ]
        texts = ("key", "label", "unit", "undefined", "formula")
        schema = {name: pl.String() for name in texts}
        return pl.DataFrame(rows, schema_overrides={**schema, "value": pl.Float64()})

    def to_pandas(self) -> pd.Series:
        """A pandas Series of objects, labels as its index, as backtesting.py returns it."""
        import pandas as pd

        return pd.Series(dict(self), dtype=object)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stats) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash(tuple(self.items()))

    def __repr__(self) -> str:
        rows = [row for _, rows in self._groups for row in rows]
        width = max(len(label) for label, _ in rows) + 2
        return "\n".join(f"{label:<{width}}{value:>24}" for label, value in rows)

    def _repr_html_(self) -> str:
        return _html.stats(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


def _metric(row: tuple[Any, ...]) -> Metric:
    key, label, unit, decimals, better, formula, value, shown, why = row
    if unit in _SPANS and "Duration" in label:
        unit, value = None, None if value is None else timedelta(seconds=value)
        shown = value
    elif unit is None and decimals == 0 and value is not None:
        value = shown = int(value)
    heading = label if unit is None else f"{label} [{unit}]"
    return Metric(key, heading, unit, value, shown, better, formula, why)


def _facts(stats: dict[str, Any]) -> dict[str, Any]:
    """What is no metric, under the labels of the terminal."""
    period, ratios = stats["period"], stats["ratios"]

    def time(ns: int | None) -> datetime | None:
        return None if ns is None else _EPOCH + timedelta(microseconds=ns // 1000)

    return {
        "Start": time(period["start"]),
        "End": time(period["end"]),
        "Duration": timedelta(microseconds=period["duration"] // 1000),
        "Covered By Data": timedelta(microseconds=period["covered"] // 1000),
        "Equity Start": float(stats["outcome"]["starting_cash"]),
        "Daily Returns": ratios["days"],
    }


def _number(value: Value) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return None if value is None or isinstance(value, datetime) else float(value)
