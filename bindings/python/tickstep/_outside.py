"""What a function reads beside its arguments, cut off for as long as it is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from tickstep import _native
from tickstep._bars import Bars

__all__ = ["cut_off_outside"]

_DEPTH = 4
"""How far functions that are called by functions are followed."""


@contextmanager
def cut_off_outside(subject: Any, count: int, total: int) -> Iterator[list[str]]:
    """Cuts off at ``count`` what is as long as the data, ``total``: frames, columns, arrays,
    lists and bars in global variables, enclosing functions, defaults and attributes. Gives
    their names; afterwards everything is as it was.
    """
    names: list[str] = []
    undo: list[Callable[[], None]] = []
    try:
        if count < total:
            _Cut(count, total, names, undo).subject(subject)
        yield names
    finally:
        for back in reversed(undo):
            back()


class _Cut:
    def __init__(
        self, count: int, total: int, names: list[str], undo: list[Callable[[], None]]
    ) -> None:
        self.count, self.total, self.names, self.undo = count, total, names, undo
        self.seen: set[int] = set()

    def subject(self, of: Any) -> None:
        if isinstance(of, MethodType):
            self.attributes(of.__self__)
            if isinstance(of.__func__, FunctionType):
                self.function(of.__func__, _DEPTH)
        elif isinstance(of, FunctionType):
            self.function(of, _DEPTH)
        else:
            self.attributes(of)
            for base in type(of).__mro__:
                if base.__module__.split(".")[0] in ("tickstep", "builtins"):
                    continue
                for method in vars(base).values():
                    if isinstance(method, FunctionType):
                        self.function(method, _DEPTH)

    def function(self, of: FunctionType, depth: int) -> None:
        if id(of) in self.seen or depth == 0 or of.__module__.startswith("tickstep."):
            return
        self.seen.add(id(of))
        names = set(_names(of.__code__))
        for name in names & set(of.__globals__):
            value = of.__globals__[name]
            if self.shorter(value) is not None:
                self.change(of.__globals__, name, value)
            elif isinstance(value, FunctionType):
                self.function(value, depth - 1)
            elif isinstance(value, type) or not _is_plain(value):
                self.attributes(value)
        for name, cell in zip(of.__code__.co_freevars, of.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            cut = self.shorter(value)
            if cut is not None:
                cell.cell_contents = cut
                self.names.append(name)
                self.undo.append(partial(setattr, cell, "cell_contents", value))
            elif isinstance(value, FunctionType):
                self.function(value, depth - 1)
            elif not _is_plain(value):
                self.attributes(value)
        if of.__defaults__ and any(self.shorter(value) is not None for value in of.__defaults__):
            defaults = of.__defaults__
            of.__defaults__ = tuple(
                value if (cut := self.shorter(value)) is None else cut for value in defaults
            )
            self.names.append(f"a default of {of.__name__}")
            self.undo.append(partial(setattr, of, "__defaults__", defaults))

    def attributes(self, of: Any) -> None:
        """Attributes of an object and of its classes."""
        if id(of) in self.seen or isinstance(of, ModuleType):
            return
        self.seen.add(id(of))
        owners = [of, *(of.__mro__ if isinstance(of, type) else type(of).__mro__)]
        for owner in owners:
            if getattr(owner, "__module__", "").split(".")[0] in _LIBRARIES:
                continue
            for name, value in list(getattr(owner, "__dict__", {}).items()):
                cut = None if name.startswith("__") else self.shorter(value)
                if cut is not None:
                    self.names.append(name)
                    setattr(owner, name, cut)
                    self.undo.append(partial(setattr, owner, name, value))

    def change(self, table: dict[str, Any], name: str, value: Any) -> None:
        table[name] = self.shorter(value)
        self.names.append(name)
        self.undo.append(partial(table.__setitem__, name, value))

    def shorter(self, value: Any) -> Any:
        """The first rows of what is as long as the data; ``None`` of anything else."""
        if isinstance(value, Bars):
            whole = len(value) == self.total
            return Bars(_native.cut_off(value._native, self.count)) if whole else None
        kind = type(value)
        library = kind.__module__.split(".")[0]
        if library not in ("polars", "pandas", "numpy", "pyarrow") and kind not in (list, tuple):
            return None
        try:
            if len(value) != self.total:
                return None
            return value.iloc[: self.count] if hasattr(value, "iloc") else value[: self.count]
        except TypeError:
            return None


_LIBRARIES = ("tickstep", "builtins", "polars", "pandas", "numpy", "pyarrow")


def _is_plain(value: Any) -> bool:
    kind = type(value)
    plain = isinstance(value, ModuleType | BuiltinFunctionType)
    return plain or kind.__module__.split(".")[0] in _LIBRARIES


def _names(code: CodeType) -> Iterator[str]:
    """Names that a function reads, those of functions in it included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
