"""Whatever holds bars in memory, as a table that crosses by Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tickstep import _native
from tickstep.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["table_of"]


def table_of(
    data: Any, columns: Mapping[str, Any] | None
) -> tuple[Any, Mapping[str, Any] | None]:
    """The columns of ``data`` that bars need, as something with ``__arrow_c_stream__``, and
    what they are called."""
    kind = type(data).__module__.partition(".")[0]
    if kind == "polars":
        return _of_polars(data, columns), columns
    if kind == "pandas":
        return _of_pandas(data, columns)
    if isinstance(data, Mapping):
        return _of_columns(data, columns), columns
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return data, columns
    fields = getattr(getattr(data, "dtype", None), "names", None)
    if fields:
        return _of_columns({name: data[name] for name in fields}, columns), columns
    if isinstance(data, Iterable) and not isinstance(data, str | bytes):
        rows = list(data)
        if all(isinstance(row, Mapping) for row in rows):
            return _of_rows(rows, columns), columns
    raise _not_a_table(data)


def _not_a_table(data: Any) -> DataError:
    return DataError(
        f"a {type(data).__name__} is no table of bars; give a polars or pandas frame, a table of "
        "Arrow, a dict of arrays or a list of dicts",
        argument="df",
    )


def _needed(found: Sequence[str], columns: Mapping[str, Any] | None) -> list[int]:
    """Positions of the columns that are read, and of those that may tell instruments apart."""
    places = [at for at in _native.column_places(found, columns) if at is not None]
    symbols = [at for at, name in enumerate(found) if _native.is_symbol_column(name)]
    return sorted({*places, *symbols})


def _of_polars(data: Any, columns: Mapping[str, Any] | None) -> Any:
    if hasattr(data, "collect"):
        data = data.collect()
    if not hasattr(data, "columns"):
        raise _not_a_table(data)
    names = data.columns
    places = _native.column_places(names, columns)
    # What is missing is said by the one who reads, who then has to see all columns there are.
    if None in places[:5]:
        return _typed(data.select(_plain(data)))
    return _typed(data.select(names[at] for at in _needed(names, columns)))


def _typed(data: pl.DataFrame) -> pl.DataFrame:
    """Columns of nothing but nulls as text: such have no type that crosses."""
    import polars as pl

    return data.with_columns(pl.col(pl.Null).cast(pl.String)) if pl.Null in data.dtypes else data


def _plain(data: pl.DataFrame) -> list[str]:
    import polars as pl

    return [name for name, kind in data.schema.items() if kind != pl.Object]


def _of_pandas(
    data: Any, columns: Mapping[str, Any] | None
) -> tuple[pl.DataFrame, Mapping[str, Any] | None]:
    if getattr(data, "ndim", 0) != 2:
        raise _not_a_table(data)
    names = [str(name) for name in data.columns]
    series = [data.iloc[:, at] for at in range(len(names))]
    index = data.index
    label = "index" if index.name is None else str(index.name)
    stated = (columns or {}).get("time", (columns or {}).get("open_time"))
    time = _native.column_places(names, columns)[0]
    # The index is the time where it is one, or is named as one, and no column is.
    if time is None and (stated is None or stated == label) and index.nlevels == 1:
        is_range = type(index).__name__ == "RangeIndex"
        if not is_range or index.name is not None:
            names.append(label)
            series.append(index.to_series())
            columns = {**(columns or {}), "time": label}
    places = _native.column_places(names, columns)
    wanted = range(len(names)) if None in places[:5] else _needed(names, columns)
    return _frame([(names[at], series[at]) for at in wanted]), columns


def _of_columns(data: Mapping[Any, Any], columns: Mapping[str, Any] | None) -> Any:
    names = [str(name) for name in data]
    values = list(data.values())
    places = _native.column_places(names, columns)
    wanted = range(len(names)) if None in places[:5] else _needed(names, columns)
    return _frame([(names[at], values[at]) for at in wanted])


def _of_rows(rows: list[Mapping[Any, Any]], columns: Mapping[str, Any] | None) -> Any:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _of_columns({name: [row.get(name) for row in rows] for name in names}, columns)


def _frame(parts: list[tuple[str, Any]]) -> pl.DataFrame:
    import polars as pl

    made: list[pl.Series] = []
    for name, values in parts:
        try:
            made.append(_series(name, values))
        except DataError:
            raise
        except Exception as error:
            raise DataError(
                f"the column {name!r} cannot be read: {_short(error)}; give it one type of values: "
                "numbers, times or text",
                column=name,
            ) from error
        if made[-1].len() != made[0].len():
            raise DataError(
                f"the column {name!r} has {made[-1].len()} values, {parts[0][0]!r} has "
                f"{made[0].len()}; give one for every bar",
                column=name,
            )
    seen: set[str] = set()
    for one in made:
        if one.name in seen:
            raise DataError(
                f"there are two columns {one.name!r}; rename the one not meant", column=one.name
            )
        seen.add(one.name)
    return _typed(pl.DataFrame(made))


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _series(name: str, values: Any) -> pl.Series:
    import polars as pl

    kind = type(values).__module__.partition(".")[0]
    if isinstance(values, pl.Series):
        return values.alias(name)
    if kind == "pandas":
        return _of_pandas_series(name, values)
    if kind == "numpy":
        return _of_numpy(name, values)
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        if not hasattr(values, "__arrow_c_stream__") and not hasattr(values, "__arrow_c_array__"):
            raise DataError(
                f"the column {name!r} is {values!r}, not a column of values", column=name
            )
        return pl.Series(name, values)
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        return pl.Series(name, values)
    return _of_list(name, list(values))


def _of_list(name: str, values: list[Any]) -> pl.Series:
    import polars as pl

    kinds = {type(value) for value in values if value is not None}
    if bool in kinds:
        raise DataError(f"the column {name!r} holds True or False, no numbers", column=name)
    if kinds == {int, float}:
        # A whole number beyond 2^53 has no float; its column is text, which is exact.
        values = [value if value is None else repr(value) for value in values]
    return pl.Series(name, values, strict=True)


def _of_numpy(name: str, values: Any) -> pl.Series:
    import numpy as np
    import polars as pl

    array = np.asanyarray(values)
    if array.ndim != 1:
        raise DataError(
            f"the column {name!r} has {array.ndim} dimensions; give one value for every bar",
            column=name,
        )
    if isinstance(array, np.ma.MaskedArray):
        # What is masked is not there, whatever lies beneath.
        return _of_list(name, array.tolist())
    if array.dtype.kind not in "iufMOUS" or array.dtype.itemsize > 8 and array.dtype.kind in "iuf":
        raise DataError(
            f"the column {name!r} is of type {array.dtype}; give numbers of at most 64 bits, times "
            "or text",
            column=name,
        )
    if array.dtype.kind == "O":
        return _of_list(name, array.tolist())
    if array.dtype.kind == "S":
        return pl.Series(name, [value.decode("utf-8") for value in array.tolist()])
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind == "M":
        unit = np.datetime_data(array.dtype)[0]
        if unit not in ("D", "ms", "us", "ns"):
            array = array.astype("datetime64[us]")
    return pl.Series(name, np.ascontiguousarray(array))


def _of_pandas_series(name: str, values: Any) -> pl.Series:
    import polars as pl

    dtype = values.dtype
    zone = getattr(dtype, "tz", None)
    if zone is not None:
        instants = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return _of_numpy(name, instants).dt.replace_time_zone("UTC")
    if type(dtype).__module__.startswith("numpy"):
        return _of_numpy(name, values.to_numpy())
    if type(dtype).__name__ == "PeriodDtype":
        raise DataError(
            f"the column {name!r} holds periods; give their starts: .to_timestamp()", column=name
        )
    if hasattr(values, "__arrow_c_stream__"):
        try:
            return pl.Series(name, values).alias(name)
        except ImportError:
            pass
    return _of_list(name, [None if missing else value for value, missing in
                           zip(values.tolist(), values.isna().tolist(), strict=True)])
