"""A search over bars: what arguments describe, and as it is sent to where it runs."""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from os import fspath
from typing import Any

from tickstep import _native
from tickstep._account import Account, Job
from tickstep._bars import Bars
from tickstep._code import fingerprints
from tickstep._signals import Signals
from tickstep._slots import Slot
from tickstep._space import Space, axes_of
from tickstep.errors import ConfigError

__all__ = ["Plan", "judged_by", "planned"]

Own = list[tuple[str, Any]]
Code = Sequence[tuple[str, str]]
"""Fingerprints of the code of strategies, by kind."""


class Plan:
    """A search over bars, ready to run here or elsewhere; it pickles with its bars, or with
    the paths of its files."""

    def __init__(self, native: _native.Search, own: Own | None = None, code: Code = ()) -> None:
        self._native = native
        self.own: Own = [] if own is None else own
        # As it was when the search was planned, also where its classes are sent elsewhere.
        self._code = list(code)

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
        return _restored, (config, data, names, fspath(base), self.own, self._code)


def _restored(
    config: str, data: Any, names: list[tuple[str, str]], base: str, own: Own, code: Code
) -> Plan:
    if data is not None:
        series, finer = data
        plain = [None if one is None else one._native for one in finer]
        data = ([one._native for one in series], plain)
    return Plan(_native.Search.restored(config, data, names, base, own, list(code)), own, code)


def planned(
    bars: Bars | Sequence[Bars] | Mapping[str, Bars],
    strategy: Any,
    account: Account,
    sweep: dict[str, Any],
    walk_forward: Mapping[str, Any] | None,
    space: Space,
    method: str | None,
) -> Plan:
    """The plan that arguments describe."""
    job = Job(bars, strategy, account)
    if walk_forward is not None and not isinstance(walk_forward, Mapping):
        raise ConfigError(
            f"walk_forward: {walk_forward!r} is no dictionary; write "
            '{"train_days": 60, "test_days": 20}',
            argument="walk_forward",
        )
    axes, names, drawn = axes_of(space)
    for key, name in names:
        _check_parameter(job.strategies, key, name)
    where = [_with_values(one, job.strategies, space) for one in sweep["constraints"]]
    if method is None:
        method = "random" if drawn or sweep.get("sets") is not None else "grid"
    config = {
        **job.config,
        "sweep": {"method": method, **sweep, "constraints": where, "axis": axes},
        "walk_forward": None if walk_forward is None else dict(walk_forward),
    }
    series, finer = job.native()
    code = fingerprints(job.own)
    return Plan(_native.Search(config, series, finer, names, job.own, code), job.own, code)


def _with_values(where: str, strategies: Sequence[Slot], space: Space) -> str:
    """A condition with the values of parameters that are not varied in place of their names."""

    def value(found: re.Match[str]) -> str:
        name = found.group()
        if any(name in (key, key.rpartition(".")[2]) for key in space):
            return name
        values = {getattr(one, name) for one in strategies if name in one._names()}
        known = [one for one in values if isinstance(one, int | float | Decimal)]
        exact = len(values) == len(known) == 1 and not isinstance(known[0], bool)
        return format(Decimal(str(known[0])), "f") if exact else name

    return re.sub(r"[A-Za-z_][\w.]*", value, where)


def judged_by(objective: Any, where: Any) -> dict[str, Any]:
    """The figures that sets are judged by, and the conditions that they must meet."""
    for argument, given in (("objective", objective), ("where", where)):
        listed = isinstance(given, list | tuple) and all(isinstance(one, str) for one in given)
        if not listed and not isinstance(given, str):
            raise ConfigError(
                f"{argument}: {given!r} is not allowed; it must be a text or a list of them",
                argument=argument,
            )
    return {
        "objective": objective if isinstance(objective, str) else list(objective),
        "constraints": [where] if isinstance(where, str) else list(where),
    }


def _check_parameter(strategies: Sequence[Slot], key: str, name: str) -> None:
    """Refuses what is no parameter of the strategies that a key is of."""
    table, *path = key.split(".")
    if table != "strategy" or "params" not in path[:2]:
        return
    at = path.index("params")
    param = ".".join(path[at + 1 : at + 2])
    argument = f'space["{name}"]'
    for one in strategies:
        if at and path[0] not in (one._place["name"], one._kind()):
            continue
        known = one._names()
        if param in known:
            continue
        if isinstance(one, Signals):
            words = "signals are columns that are finished, with nothing to vary"
        else:
            hint = _native.hint(param, known)
            words = f"{type(one).__name__} has no such parameter{hint}"
        others = [other for other in strategies if param in other._names()]
        if others and not at:
            place = others[0]._place["name"] or others[0]._kind()
            words += f"; to vary it where it is one, write strategy.{place}.params.{param}"
        raise ConfigError(f"{argument}: {words}", argument=argument)
