"""What calls have in common: which arguments they know, and what these may be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tickstep import _native
from tickstep.errors import ConfigError

__all__ = ["allow", "spelled_out", "whole"]

Function = TypeVar("Function", bound=Callable[..., Any])


def spelled_out(of: type) -> Callable[[Function], Function]:
    """Lists the keys of a ``TypedDict`` in the signature of a function that takes them as
    keywords, so that a notebook completes them."""

    def listed(function: Function) -> Function:
        own = inspect.signature(function)
        named = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
        keys = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
            )
            for name, annotation in of.__annotations__.items()
        ]
        function.__signature__ = own.replace(parameters=named + keys)  # type: ignore[attr-defined]
        return function

    return listed


def allow(given: Iterable[str], function: Callable[..., Any]) -> None:
    """Refuses keywords that a function's signature does not have, with the nearest it has."""
    known = [name for name in inspect.signature(function).parameters if name != "self"]
    for name in given:
        if name not in known:
            raise TypeError(_native.unknown_name(name, known))


def whole(argument: str, value: Any, least: int | None = None, most: int | None = None) -> int:
    """A whole number within bounds; the error names the argument, the value and the bounds."""
    index = getattr(value, "__index__", None)
    number = None if index is None or isinstance(value, bool) else int(index())
    below = number is not None and least is not None and number < least
    above = number is not None and most is not None and number > most
    if number is None or below or above:
        bounds = "" if least is None else f", {least} or more"
        if most is not None:
            bounds = f", {least} to {most}"
        raise ConfigError(
            f"{argument}: {value!r} is not allowed; it must be a whole number{bounds}",
            argument=argument,
        )
    return number
