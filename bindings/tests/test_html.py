"""How values look in a notebook: sound markup, escaped, readable light and dark, short."""

from __future__ import annotations

import base64
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tickstep as ts
from tickstep._html import _parts

HOSTILE = "<script>alert('x')</script>&\"\x07"
PAPERS = {"light": "#ffffff", "JupyterLab dark": "#111111", "GitHub dark": "#0d1117"}
"""What is behind the views."""

Make = Callable[[], Any]


@pytest.fixture(scope="module")
def run(august: ts.Bars, costs: dict[str, Any]) -> ts.Run:
    return ts.backtest(august, ts.Scalper(pressure_rule="buy_share"), **costs)


@pytest.fixture(scope="module")
def found(august: ts.Bars, costs: dict[str, Any]) -> ts.SweepResult:
    return ts.sweep(
        august,
        ts.Scalper(pressure_rule="buy_share"),
        space={"spike_multiple": [2, 3, 5], "stop_loss": [0.002, 0.004, 0.006]},
        where="stop_loss < 0.006",
        random_entries=20,
        walk_forward={"train_days": 10, "test_days": 5},
        progress=False,
        **costs,
    )


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> ts.Check:
    file = tmp_path_factory.mktemp("broken") / "TUSDT-1m.csv"
    file.write_text(
        "open_time,open,high,low,close,volume\n"
        "1690848000000,4.25,4.26,4.25,4.25,10\n"
        "1690848120000,4.25,4.25,4.25,4.25,1\n"
        "1690848060000,4.25,4.25,4.25,4.25,0\n"
        "1690848240000,4.25,4.24,4.25,4.25,3\n"
    )
    return ts.check(file)


def leaky(frame: Any) -> dict[str, Any]:
    return {"long": (frame["close"].shift(-1) > frame["close"]).fill_null(False)}


@pytest.fixture(scope="module")
def views(
    august: ts.Bars, run: ts.Run, found: ts.SweepResult, broken: ts.Check
) -> dict[str, tuple[Any, str]]:
    judged = found.validation
    assert judged is not None
    values = {
        "bars": august,
        "two bars": august[:2],
        "a bar": august[:1],
        "check": ts.check(august),
        "check of broken files": broken,
        "run": run,
        "stats": run.stats,
        "bounds": run.bounds,
        "terms": run.terms,
        "sweep": found,
        "validation": judged,
        "verdict": judged.verdict,
        "walk forward": judged.walk_forward,
        "figures": judged.monte_carlo,
        "surface": found.surface("spike_multiple", "stop_loss"),
        "strategy": ts.Scalper(pressure_rule="buy_share"),
        "leaks": ts.check_lookahead(leaky, august[:200], all=True),
        "no leaks": ts.check_lookahead(lambda frame: {"long": frame["close"] > 4.2}, august[:200]),
    }
    return {name: (value, value._repr_html_()) for name, value in values.items()}


def svgs(html: str) -> Iterator[str]:
    for image in ET.fromstring(html).iter("img"):
        kind, _, content = image.attrib["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        yield base64.b64decode(content).decode()


def words(html: str) -> str:
    return " ".join("".join(ET.fromstring(html).itertext()).split())


def test_every_view_is_well_formed_and_runs_and_loads_nothing(
    views: dict[str, tuple[Any, str]],
) -> None:
    allowed = {"div", "span", "b", "small", "br", "code", "img", "details", "summary"}
    allowed |= {"table", "thead", "tbody", "tr", "th", "td"}
    pictured = set()
    for name, (_, html) in views.items():
        tree = ET.fromstring(html)
        assert {element.tag for element in tree.iter()} <= allowed, name
        for element in tree.iter():
            assert set(element.attrib) <= {"style", "align", "colspan", "alt", "src"}, name
        for svg in svgs(html):
            pictured.add(name)
            tags = {element.tag.split("}")[1] for element in ET.fromstring(svg).iter()}
            assert tags <= {"svg", "title", "path", "polygon", "polyline", "circle", "rect", "text"}
            assert "href" not in svg and "url(" not in svg
    assert pictured == {"bars", "two bars", "run", "sweep"}


def test_all_colours_are_seen_on_light_and_on_dark(views: dict[str, tuple[Any, str]]) -> None:
    seen = set()
    for _, html in views.values():
        styles = [element.get("style", "") for element in ET.fromstring(html).iter()]
        assert "background" not in "".join(styles)
        seen |= set(re.findall(r"color:(#\w{6})", "".join(styles)))
        for svg in svgs(html):
            if "<rect" in svg:
                tiles_are_read(svg)
            else:
                seen |= set(re.findall(r'(?:fill|stroke)="(#\w{6})"', svg))
    assert {_parts.RED, _parts.AMBER} <= seen
    for colour in {*seen, _parts.GREEN}:
        for paper in PAPERS.values():
            assert contrast(colour, paper) >= 4.0, (colour, paper)


def tiles_are_read(svg: str) -> None:
    """Each letter on a tile stands out from it; the others from any paper."""
    tile = None
    for element in ET.fromstring(svg).iter():
        tag, fill = element.tag.split("}")[1], element.get("fill", "")
        if tag == "rect" and fill != "none":
            tile = fill
        elif tag == "text":
            if fill in ("#16202c", "#ffffff"):
                assert tile is not None and contrast(fill, tile) >= 3.5, (fill, tile)
            else:
                assert all(contrast(fill, paper) >= 4.0 for paper in PAPERS.values())


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 has it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # The example of the standard's notes on contrast: this grey is just enough for text.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_views_are_about_a_screen_high(views: dict[str, tuple[Any, str]]) -> None:
    for name, (_, html) in views.items():
        tree = ET.fromstring(html)
        for closed in tree.findall(".//details"):
            for child in [*closed][1:]:
                closed.remove(child)
        lines = len(tree.findall("div")) + sum(1 for _ in tree.iter("tr"))
        assert 1 <= lines <= 34, (name, lines)


def test_what_comes_from_outside_is_no_markup(
    august: ts.Bars, costs: dict[str, Any], tmp_path: Path
) -> None:
    frame = august[:3000].to_polars()
    hostile = ts.Bars.from_frame(frame, symbol=HOSTILE, tick_size="0.001", lot_step="0.1")
    long = np.arange(len(hostile)) % 300 == 3
    signals = ts.Signals(long=long, max_hold="5m", name="<b>bold</b>")
    run = ts.backtest(hostile, signals, **costs)
    file = tmp_path / "<img src=x onerror=alert(1)>.csv"
    file.write_text("open_time,open,high,low,close,volume\n1690848000000,1,2,1,1,1\n")
    values = [hostile, ts.check(hostile), run, run.stats, run.terms, ts.check(file)]
    for value in values:
        html = value._repr_html_()
        tree = ET.fromstring(html)
        assert not {"script", "i"} & {element.tag for element in tree.iter()}
        assert "<script" not in html and "\x07" not in html and "<b>bold" not in html
        assert all("<script" not in svg for svg in svgs(html))
        for svg in svgs(html):
            ET.fromstring(svg)
    assert "<script>alert('x')</script>" in words(hostile._repr_html_())
    assert "onerror=alert(1)" in words(ts.check(file)._repr_html_())


def test_a_text_is_never_markup() -> None:
    for value in (HOSTILE, "</div>", "&amp;", "\ufffe\ud800", None, 3.5):
        tree = ET.fromstring(f'<i a="{_parts.text(value)}">{_parts.text(value)}</i>')
        assert len(list(tree.iter())) == 1
    assert ET.fromstring(f"<i>{_parts.text('a < b & c')}</i>").text == "a < b & c"


def test_a_run_shows_what_the_command_prints(run: ts.Run) -> None:
    html = run._repr_html_()
    said = words(html)
    # The claims of the command come first, and every figure of its table is there.
    assert said.startswith(" ".join(run.opening.splitlines()[0].split()))
    for line in run.opening.splitlines():
        assert all(part in said for part in re.split(r"\s{2,}", line.strip())), line
    blocks = [block for line in run.words.splitlines() for block in re.split("[│┆]", line)]
    rows = [re.split(r"\s{2,}", block.strip()) for block in blocks]
    rows = [row for row in rows if len(row) == 2 and not row[0].startswith("Size of ")]
    assert len(rows) > 60
    for label, value in rows:
        assert f"{label}{value}" in said, (label, value)
    assert run.repairs == [] and "Repaired" not in html
    for warning in run.warnings:
        assert f"Doubtful: {warning}" in said
    (svg,) = svgs(html)
    assert f"Equity, {run.currency}" in svg
    last = f"{run.equity['equity'][-1]:,.2f}"
    assert f">{last}<" in svg and last in said


def test_a_check_shows_errors_first_with_their_remedy(broken: ts.Check) -> None:
    html = broken._repr_html_()
    said = words(html)
    assert said.startswith("TUSDT: refused, ")
    assert 'loads with repair=["sort", "drop-invalid"]' in said and "--" not in said
    order = [said.index(word) for word in ("errorout-of-order", "warninggap", "notezero-volume")]
    assert order == sorted(order)
    assert 'mended by repair="sort"' in said
    for place in broken.cases["place"]:
        assert place in said


def test_a_sweep_shows_the_verdict_and_what_fails_first(found: ts.SweepResult) -> None:
    said = words(found._repr_html_())
    judged = found.validation
    assert judged is not None
    assert said.startswith(f"Verdict: {judged.verdict.words}")
    fails = [line[4:] for line in judged.lines if line.startswith("  - ")]
    holds = [line[4:] for line in judged.lines if line.startswith("  + ")]
    assert fails and holds
    places = [said.index(line) for line in [*fails, *holds]]
    assert max(places[: len(fails)]) < min(places[len(fails) :])
    best = found.best(1).row(0, named=True)
    assert f"{best['sharpe']:.4f}" in said and f"{best['trades']}" in said
    (svg,) = svgs(found._repr_html_())
    surface = found.surface("spike_multiple", "stop_loss")
    values = [value for value in surface.median.ravel() if value == value]
    assert len(values) == 6
    for value in values:
        assert f">{value:.2f}<" in svg
    # Three tiles of a row are excluded, and are hollow.
    assert svg.count("stroke-dasharray") == 3


def test_bars_are_shown_to_the_last_digit(august: ts.Bars) -> None:
    said = words(august._repr_html_())
    assert f"{len(august):,} bars of 1m" in said
    for bars in (august[:3], august[-3:]):
        for row in bars.to_polars().iter_rows(named=True):
            assert f"{row['open_time']:%Y-%m-%d %H:%M:%S}" in said
            assert f"{row['close']:.3f}" in said and f"{row['volume']:.1f}" in said
    assert f"{august[3:4].start:%Y-%m-%d %H:%M:%S}" not in said


def test_texts_are_short(run: ts.Run, found: ts.SweepResult, august: ts.Bars) -> None:
    assert len(repr(run).splitlines()) <= 14 and str(run) == run.words
    assert repr(run).splitlines()[0] == run.opening.splitlines()[0]
    assert re.search(rf"# Trades +{run.trades.height} ", repr(run))
    one_line = [august, found, run.bounds, found.surface("spike_multiple", "stop_loss")]
    for value in one_line:
        assert len(repr(value).splitlines()) == 1 and len(repr(value)) < 250
    terms = dict(line.split(None, 1) for line in repr(run.terms).splitlines())
    assert terms["instrument.FILUSDT.taker_fee"] == "0.0005"
    assert terms["simulation.max_gap"] == "3 (default)"


@pytest.mark.slow
def test_a_browser_shows_every_picture(views: dict[str, tuple[Any, str]], tmp_path: Path) -> None:
    """Chromium lays every view out with its pictures drawn, without scripts."""
    page = "".join(html for _, html in views.values())
    (tmp_path / "views.html").write_text(f"<meta charset='utf-8'><body>{page}</body>")
    shot = tmp_path / "views.png"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,8000"]
    address = (tmp_path / "views.html").as_uri()
    subprocess.run(["chromium", *flags, f"--screenshot={shot}", address], check=True, timeout=120)
    assert shot.stat().st_size > 100_000
