"""A search over bars, as it is sent to where it runs."""

from __future__ import annotations

import pickle
import sys
from os import fspath
from typing import Any

from tickstep import _native
from tickstep._bars import Bars

__all__ = ["Plan"]

Own = list[tuple[str, Any]]


class Plan:
    """A search over bars, ready to run here or elsewhere; it pickles with its bars, or with
    the paths of its files."""

    def __init__(self, native: _native.Search, own: Own | None = None) -> None:
        self._native = native
        self.own: Own = [] if own is None else own

    @property
    def asks_python(self) -> bool:
        """Whether a strategy is asked in Python at every bar."""
        return any(not isinstance(maker, _native.Signals) for _, maker in self.own)

    @property
    def is_of_main(self) -> bool:
        """Whether a strategy is of a class that only this session knows, such as one of a
        notebook."""
        own = [getattr(maker, "__self__", maker) for _, maker in self.own]
        return any(type(one).__module__ == "__main__" for one in own) and not hasattr(
            sys.modules["__main__"], "__file__"
        )

    def dumped(self) -> bytes | None:
        """The plan as bytes that another process reads; ``None`` where a strategy is of a
        class that only this session knows, and ``cloudpickle`` is not installed."""
        if not self.is_of_main:
            return pickle.dumps(self)
        try:
            from cloudpickle import dumps  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            return None
        return bytes(dumps(self))

    def __reduce__(self) -> tuple[Any, ...]:
        config, bars, names, base = self._native.state()
        data = None
        if bars is not None:
            series, finer = bars
            wrapped = [None if one is None else Bars(one) for one in finer]
            data = ([Bars(one) for one in series], wrapped)
        return _restored, (config, data, names, fspath(base), self.own)


def _restored(config: str, data: Any, names: list[tuple[str, str]], base: str, own: Own) -> Plan:
    if data is not None:
        series, finer = data
        plain = [None if one is None else one._native for one in finer]
        data = ([one._native for one in series], plain)
    return Plan(_native.Search.restored(config, data, names, base, own), own)
