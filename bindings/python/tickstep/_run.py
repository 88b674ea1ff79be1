"""A finished run: what it gave, and how it looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tickstep import _native

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Run"]


class Run:
    """A finished run: statistics, trades, equity and every decision."""

    def __init__(self, native: _native.Run) -> None:
        self._native = native

    @cached_property
    def stats(self) -> Mapping[str, Any]:
        """The statistics."""
        stats: dict[str, Any] = json.loads(self._native.stats_json())
        return stats

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row a closed trade, in the order they closed."""
        import polars as pl

        return pl.DataFrame(self._native.trades())

    def __repr__(self) -> str:
        return self._native.words()
