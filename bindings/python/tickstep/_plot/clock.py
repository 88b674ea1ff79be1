"""Times as a figure shows them: by the clock of the account's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tickstep._plot import look

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
                self.zone, self.why = "UTC", f", as clocks of {zone} went back in this span"

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
        return [str(time).replace("T", " ") for time in self(times)]

    def axis(self, anchor: str, **more: Any) -> dict[str, Any]:
        """An axis of times, with a line through all panels at the pointer."""
        return {
            "type": "date",
            "title": {"text": f"Time, {self.zone}{self.why}"},
            "anchor": anchor,
            "rangeslider": {"visible": False},
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "solid",
            "spikecolor": look.FAINT,
            "hoverformat": "%Y-%m-%d %H:%M",
            **more,
        }

    def breaks(self, closed: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        """What an axis leaves out: spans of nanoseconds since 1970, UTC."""
        import numpy as np
        import polars as pl

        if not closed:
            return []
        edges = [
            self(pl.Series([span[side] for span in closed]).cast(pl.Datetime("ns", "UTC")))
            for side in (0, 1)
        ]
        # What happens at the close itself is shown.
        second = np.timedelta64(1, "s")
        return [{"bounds": [str(a + second), str(b)]} for a, b in zip(*edges, strict=True)]
