"""The exceptions: their tree, their places, and that they travel."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

import tickstep as ts
from tickstep import errors

HEADER = "open_time,open,high,low,close,volume\n"


def test_every_exception_is_an_error_of_tickstep_and_is_exported() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, ts.Error), name
        assert getattr(ts, name) is kind
        assert kind.__doc__, name


def test_an_exception_travels_with_its_place() -> None:
    error = ts.DataError("a.csv:3: wrong", file="a.csv", line=3, column="open")
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(again) is ts.DataError
        assert str(again) == str(error)
        assert (again.file, again.line, again.column, again.row) == ("a.csv", 3, "open", None)
    with pytest.raises(TypeError, match="lime"):
        ts.DataError("wrong", lime=3)


def test_a_wrong_line_of_a_file_has_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "AAAUSDT-1m.csv"
    file.write_text(HEADER + "1690848000000,1,2,1,2,5\n1690848060000,1,two,1,2,5\n")
    with pytest.raises(ts.DataError) as caught:
        ts.read_bars(file)
    assert (caught.value.file, caught.value.line) == (str(file), 3)
    assert "two" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ts.DataError) as caught:
        ts.read_bars(tmp_path / "BBBUSDT-1m.csv")
    assert str(tmp_path / "BBBUSDT-1m.csv") in str(caught.value)


def test_a_configuration_has_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[account]\ncurrency = 'USDT'\ncsh = 5\n")
    with pytest.raises(ts.ConfigError) as caught:
        ts.run(file)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(file), 3, "1")
    assert "did you mean `cash`?" in str(caught.value)
    with pytest.raises(ts.ConfigError) as caught:
        ts.run(tmp_path / "none.toml")
    assert caught.value.file == str(tmp_path / "none.toml")
