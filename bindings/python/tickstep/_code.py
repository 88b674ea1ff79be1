"""What strategies that Python brings are made of, as a fingerprint: a sweep that is gone on
with after a class was edited would mix results of two strategies."""

from __future__ import annotations

import functools
import hashlib
import sys
import sysconfig
import types
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from tickstep import _native
from tickstep._features import Feature
from tickstep._slots import Own, Slot

__all__ = ["fingerprints"]

_PLAIN = (type(None), bool, int, float, complex, str, bytes, Decimal, date, time, timedelta)
_HAS_DOCSTRING = 0x4000000


def fingerprints(own: list[tuple[str, Own]]) -> list[tuple[str, str]]:
    """The code of each strategy by its kind, as SHA-256; that of signals are their columns,
    which the configuration has.

    Counted are the class with its bases, their methods, functions and constants of their
    modules that methods name, and what those name in turn, as far as they are no part of the
    standard library or an installed package. Not seen are the versions of packages, files
    that are read, what is looked up by a name made at run time, and what objects hold that
    are neither plain values nor NumPy arrays, such as a fitted model.
    """
    classes = [(kind, maker) for kind, maker in own if not isinstance(maker, _native.Signals)]
    return [(kind, _Code().of(getattr(maker, "__self__", maker))) for kind, maker in classes]


class _Code:
    """Walks through what an object is made of, each thing once."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._seen: dict[int, int] = {}
        # What is looked at is held, so that no other takes its place in memory.
        self._held: list[Any] = []

    def of(self, strategy: Any) -> str:
        self._class(type(strategy))
        known = {*(strategy._names() if hasattr(strategy, "_names") else ()), "_place"}
        held = {k: v for k, v in vars(strategy).items() if k not in known}
        self._mapping(held)
        return self._hash.hexdigest()

    def _add(self, *words: object) -> None:
        for word in words:
            text = str(word).encode("utf-8", "surrogatepass")
            self._hash.update(b"%d:" % len(text) + text)

    def _is_new(self, thing: Any) -> bool:
        number = self._seen.get(id(thing))
        if number is not None:
            self._add("again", number)
            return False
        self._seen[id(thing)] = len(self._seen)
        self._held.append(thing)
        return True

    def _value(self, value: Any) -> None:
        if isinstance(value, _PLAIN):
            self._add(type(value).__name__, repr(value))
        elif isinstance(value, Feature | Slot | types.GenericAlias):
            self._add(type(value).__name__, repr(value))
        elif isinstance(value, types.CodeType):
            self._code(value, None)
        elif isinstance(value, types.ModuleType):
            self._add("module", value.__name__)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, set | frozenset):
            self._add("set", len(value), *sorted(map(repr, value)))
        elif isinstance(value, Mapping):
            if self._is_new(value):
                self._mapping(value)
        elif isinstance(value, list | tuple):
            if self._is_new(value):
                self._add(type(value).__name__, len(value))
                for one in value:
                    self._value(one)
        elif type(value).__module__ == "numpy" and hasattr(value, "tobytes"):
            self._add("array", value.dtype, value.shape)
            self._add(hashlib.sha256(value.tobytes()).hexdigest())
        else:
            self._behind(value)

    def _mapping(self, of: Mapping[Any, Any]) -> None:
        self._add("mapping", len(of))
        for key in sorted(of, key=repr):
            self._add(repr(key))
            self._value(of[key])

    def _behind(self, value: Any) -> None:
        """A function, or whatever wraps one; else the class of the object alone."""
        if isinstance(value, staticmethod | classmethod | types.MethodType):
            self._add(type(value).__name__)
            self._value(value.__func__)
        elif isinstance(value, property):
            self._add("property")
            for part in (value.fget, value.fset, value.fdel):
                self._value(part)
        elif isinstance(value, functools.partial):
            self._add("partial")
            for bound in (value.func, value.args, value.keywords):
                self._value(bound)
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif hasattr(value, "py_func"):  # what numba compiles
            self._value(value.py_func)
        elif hasattr(value, "__wrapped__"):
            self._value(value.__wrapped__)
        else:
            self._add("object", type(value).__module__, type(value).__qualname__)
            self._add(getattr(value, "__module__", ""), getattr(value, "__qualname__", ""))

    def _class(self, of: type) -> None:
        if not _is_own(of.__module__):
            self._add("class", of.__module__, of.__qualname__)
        elif self._is_new(of):
            self._add("class", of.__qualname__)
            for base in of.__bases__:
                self._class(base)
            self._mapping({k: v for k, v in vars(of).items() if _is_said(k, v)})

    def _function(self, of: types.FunctionType) -> None:
        if not _is_own(of.__module__):
            self._add("function", of.__module__, of.__qualname__)
        elif self._is_new(of):
            self._code(of.__code__, of.__doc__)
            self._value(of.__defaults__)
            self._value(of.__kwdefaults__)
            cells = zip(of.__code__.co_freevars, of.__closure__ or (), strict=True)
            for name, cell in cells:
                self._add("cell", name)
                # `super()` closes over its own class.
                self._value(_content(cell))
            self._names(of)

    def _code(self, code: types.CodeType, doc: str | None) -> None:
        self._add("code", code.co_code.hex(), code.co_flags & ~_HAS_DOCSTRING)
        self._add(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
        self._add(code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        self._add(getattr(code, "co_exceptiontable", b"").hex())
        for at, constant in enumerate(code.co_consts):
            # What it says of itself is not what it does.
            self._value(None if at == 0 and constant == doc else constant)

    def _names(self, of: types.FunctionType) -> None:
        """What the function calls by names of its module, and of modules of its own."""
        names = sorted(set(_all_names(of.__code__)))
        for name in names:
            if name not in of.__globals__:
                continue
            value = of.__globals__[name]
            self._add("global", name)
            self._value(value)
            if isinstance(value, types.ModuleType) and _is_own(value.__name__):
                for inner in names:
                    if inner in vars(value):
                        self._add("of", name, inner)
                        self._value(vars(value)[inner])


def _is_said(name: str, value: Any) -> bool:
    """Whether an attribute of a class was written there; Python keeps its own beside."""
    methods = (types.FunctionType, staticmethod, classmethod, property)
    kept = name.startswith("__") and name.endswith("__") or name == "_abc_impl"
    return not kept or isinstance(value, methods) and not name.startswith("__annotate")


def _all_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _all_names(constant)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


_PATHS = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


@functools.cache
def _is_own(module: str | None) -> bool:
    """Whether a module is of the user: no part of the standard library, of tickstep, or of
    an installed package."""
    top = (module or "").partition(".")[0]
    if top in ("tickstep", "builtins") or top in sys.stdlib_module_names:
        return top == "__main__"
    file = getattr(sys.modules.get(module or ""), "__file__", None)
    return file is None or not str(file).startswith(_PATHS)
