"""What can go wrong, and where it went wrong.

Every exception of the package is an :class:`Error`; its attributes tell the place, as far
as it is known, so that a program need not read it out of the message.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ConfigError",
    "DataError",
    "Error",
    "InternalError",
    "InterruptedError",
    "OutputError",
    "ParamError",
    "StrategyError",
]

_PLACE = ("file", "line", "column", "row", "timestamp", "argument")


class Error(Exception):
    """Anything that tickstep refuses or fails at.

    Attributes are ``None`` where they mean nothing.
    """

    file: str | None
    """Path of the file at fault, as it was given."""
    line: int | None
    """Line of a text file, counted from 1, the header included."""
    column: str | None
    """Name of the column at fault; in a configuration file its number on the line."""
    row: int | None
    """Row of a frame or an array, counted from 1."""
    timestamp: int | None
    """Time of the bar at fault, nanoseconds since 1970, UTC."""
    argument: str | None
    """Name of the argument or parameter at fault."""

    def __init__(self, message: str = "", **place: Any) -> None:
        super().__init__(message)
        for name in _PLACE:
            setattr(self, name, place.pop(name, None))
        if place:
            raise TypeError(f"unknown attributes {sorted(place)}")

    def __reduce__(self) -> tuple[Any, ...]:
        place = {name: getattr(self, name) for name in _PLACE}
        return _restored, (type(self), str(self), place)


def _restored(kind: type[Error], message: str, place: dict[str, Any]) -> Error:
    return kind(message, **place)


class DataError(Error):
    """Bars or files that are not what they must be, with the row and the remedy."""


class ConfigError(Error):
    """A configuration, or an argument that stands for a part of one, cannot be used."""


class ParamError(ConfigError):
    """A parameter of a strategy is unknown or out of its range."""


class StrategyError(Error):
    """A strategy written in Python proposed what cannot be."""


class OutputError(Error):
    """Results cannot be written."""


class InterruptedError(Error):
    """A call was asked to stop before its end."""


class InternalError(Error):
    """A defect of tickstep: something happened that must not, whatever the input."""
