"""How values look in a notebook: HTML that is read without scripts and without style sheets.

A notebook on GitHub loses every style, one that JupyterLab does not trust yet loses some, and
neither says whether what is around is light or dark. So tables are plain tables, emphasis is a
tag before it is a colour, all colours are seen on both, pictures are images in the page, and
what is bad stands first. Every number is printed by the native half; what comes from outside
passes :func:`~tickstep._html._parts.text`.

Values name their views when they are shown, views name values in their types alone, so that
nothing is imported in a circle.
"""

from tickstep._html._data import bars, check
from tickstep._html._first import first_lines
from tickstep._html._results import bounds, lookahead, run, stats, strategy, terms
from tickstep._html._search import figures, found, surface, validation, verdict, walk_forward

__all__ = [
    "bars",
    "bounds",
    "check",
    "figures",
    "first_lines",
    "found",
    "lookahead",
    "run",
    "stats",
    "strategy",
    "surface",
    "terms",
    "validation",
    "verdict",
    "walk_forward",
]
