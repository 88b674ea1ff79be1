"""How far a long call is, shown where somebody looks."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

__all__ = ["Progress", "shown"]

Progress: TypeAlias = "bool | Callable[[int, int, str], object] | None"
"""Whether progress is shown: a bar where a person looks (a terminal or a notebook) when
``None``, always when true, never when false; or a function that is called several times a
second with what is done, the total, and a note. What it raises ends the call."""


@contextmanager
def shown(
    progress: Progress, what: str, unit: str
) -> Iterator[Callable[[int, int, str], object] | None]:
    """What the native half calls, while the call goes on."""
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not _somebody_looks()):
        yield None
        return
    bar = _bar(what, unit)
    if bar is None:
        yield None
        return
    try:
        yield _to(bar)
    finally:
        bar.close()


def _to(bar: Any) -> Callable[[int, int, str], object]:
    def at(done: int, total: int, note: str) -> None:
        if total and bar.total != total:
            bar.reset(total=total)
        bar.n = done
        bar.set_postfix_str(note, refresh=False)
        bar.refresh()

    return at


def _bar(what: str, unit: str) -> Any:
    try:
        with warnings.catch_warnings():
            # Without ipywidgets it falls back to text, and says so each time.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError:
        return None
    form = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
    return tqdm(total=0, desc=what, unit=unit, bar_format=form)


def _somebody_looks() -> bool:
    return "ipykernel" in sys.modules or bool(sys.stderr and sys.stderr.isatty())
