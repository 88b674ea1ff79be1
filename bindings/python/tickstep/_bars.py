"""Bars of one instrument: from files and frames, and as a frame."""

from __future__ import annotations

from collections.abc import Iterable
from glob import glob
from os import PathLike, fspath
from typing import TYPE_CHECKING

from tickstep import _native

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Bars", "read_bars"]


class Bars:
    """The bars of one instrument, checked: sorted, on one grid, without duplicates."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Bars) -> None:
        self._native = native

    @property
    def symbol(self) -> str:
        """Name of the instrument."""
        return self._native.symbol

    def __len__(self) -> int:
        return len(self._native)

    def to_polars(self) -> pl.DataFrame:
        """The bars as a polars frame; times are opens, UTC."""
        import polars as pl

        return pl.DataFrame(self._native.table())


def read_bars(
    files: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    symbol: str | None = None,
    tick_size: str | None = None,
    lot_step: str | None = None,
) -> Bars:
    """Reads the bars of one instrument from files, in any layout that ``check`` knows."""
    given = [files] if isinstance(files, str | PathLike) else list(files)
    paths = [path for pattern in given for path in sorted(glob(fspath(pattern)))]
    return Bars(_native.read_bars(paths, symbol=symbol, tick_size=tick_size, lot_step=lot_step))
