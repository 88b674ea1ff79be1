"""Times as a figure shows them: by the clock of the account's time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

__all__ = ["Clock"]


class Clock:
    """The clock that an axis of times goes by.

    Plotly knows no time zones, so times reach it as that clock shows them. Where it is put back
    inside the span that is drawn, an hour would be there twice; such a figure goes by UTC.
    """

    def __init__(self, zone: str, axis: pl.Series) -> None:
        self.zone, self.why = zone, ""
        if zone != "UTC":
            wall = axis.dt.convert_time_zone(zone).dt.replace_time_zone(None)
            if not (wall.is_sorted() and wall.n_unique() == len(wall)):
                self.zone, self.why = "UTC", f"; clocks of {zone} went back in this span"

    @property
    def title(self) -> str:
        """What the axis says below it."""
        return f"Time, {self.zone}{self.why}"

    def __call__(self, times: pl.Series) -> np.ndarray[Any, Any]:
        """The times by this clock, without a zone, no finer than they are."""
        wall = times.dt.convert_time_zone(self.zone).dt.replace_time_zone(None).to_numpy()
        for unit in ("m", "s"):
            coarse: np.ndarray[Any, Any] = wall.astype(f"datetime64[{unit}]")
            if bool((coarse == wall).all()):
                return coarse
        return wall.astype("datetime64[ms]")

    def words(self, times: pl.Series) -> list[str]:
        """The times in words, such as ``2023-08-01 09:30``."""
        wall = self(times)
        return [str(time).replace("T", " ") for time in wall]
