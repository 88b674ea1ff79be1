"""A search over bars, as it is sent to where it runs."""

from __future__ import annotations

from os import fspath
from typing import Any

from tickstep import _native
from tickstep._bars import Bars

__all__ = ["Plan"]


class Plan:
    """A search over bars, ready to run here or elsewhere; it pickles with its bars, or with
    the paths of its files."""

    def __init__(self, native: _native.Search) -> None:
        self._native = native

    def __reduce__(self) -> tuple[Any, ...]:
        config, bars, names, base = self._native.state()
        data = None
        if bars is not None:
            series, finer = bars
            wrapped = [None if one is None else Bars(one) for one in finer]
            data = ([Bars(one) for one in series], wrapped)
        return _restored, (config, data, names, fspath(base))


def _restored(config: str, data: Any, names: list[tuple[str, str]], base: str) -> Plan:
    if data is not None:
        series, finer = data
        plain = [None if one is None else one._native for one in finer]
        data = ([one._native for one in series], plain)
    return Plan(_native.Search.restored(config, data, names, base))
