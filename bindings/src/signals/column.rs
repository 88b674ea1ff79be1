//! Columns of flags and numbers as Python has them: by Arrow (polars, pandas, pyarrow), by
//! the bytes of a NumPy array, or as a list.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat};
use pyo3_arrow::input::AnyArray;

use crate::failure::{Class, Failure};

/// A column of flags or numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// `None` where there is no value.
    Flags(Vec<Option<bool>>),
    /// NaN where there is no value.
    Numbers(Vec<f64>),
}

impl Column {
    pub fn len(&self) -> usize {
        match self {
            Self::Flags(flags) => flags.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Reads what Python has.
    pub fn of(of: &Bound<'_, PyAny>, argument: &str) -> Result<Self, Failure> {
        let wrong = |found: &str| {
            let words = format!(
                "{found} is not allowed; it must be a polars or pandas Series, a NumPy array or a \
                 list, of booleans or numbers, one for each bar"
            );
            Failure::argument(Class::Data, argument, words)
        };
        // pandas has both, and by Arrow it would import pyarrow first.
        let module = of.get_type().module()?.to_string();
        let numpy = module.starts_with("pandas") || module.starts_with("numpy");
        if numpy && let Some(column) = of_numpy(of, &wrong)? {
            return Ok(column);
        }
        if let Some(column) = of_arrow(of).transpose() {
            return column?.map_err(|dtype| wrong(&format!("a column of {dtype}")));
        }
        if !numpy && let Some(column) = of_numpy(of, &wrong)? {
            return Ok(column);
        }
        let kind = of.get_type().name()?.to_string();
        let objects = of.call_method0("tolist").or_else(|_| of.try_iter().map(|i| i.into_any()));
        let objects = objects.map_err(|_| wrong(&format!("a {kind}")))?;
        if kind == "str" || kind == "dict" {
            return Err(wrong(&format!("a {kind}")));
        }
        of_objects(&objects, &wrong)
    }
}

/// What comes by Arrow; `None` where nothing does, the type where it is no column of these.
fn of_arrow(of: &Bound<'_, PyAny>) -> Result<Option<Result<Column, String>>, Failure> {
    if !of.hasattr("__arrow_c_stream__")? && !of.hasattr("__arrow_c_array__")? {
        return Ok(None);
    }
    // A pandas Series of objects (booleans with holes) has no column of Arrow.
    let Ok(any) = of.extract::<AnyArray>() else { return Ok(None) };
    let Ok(chunked) = any.into_chunked_array() else { return Ok(None) };
    let mut out: Option<Column> = None;
    let dtype = chunked.data_type().clone();
    for chunk in chunked.chunks() {
        let Some(column) = chunk_of(chunk) else { return Ok(Some(Err(dtype.to_string()))) };
        match (&mut out, column) {
            (None, column) => out = Some(column),
            (Some(Column::Flags(all)), Column::Flags(more)) => all.extend(more),
            (Some(Column::Numbers(all)), Column::Numbers(more)) => all.extend(more),
            (Some(_), _) => return Ok(Some(Err(dtype.to_string()))),
        }
    }
    let empty = || match dtype {
        DataType::Boolean => Column::Flags(Vec::new()),
        _ => Column::Numbers(Vec::new()),
    };
    Ok(Some(Ok(out.unwrap_or_else(empty))))
}

fn chunk_of(chunk: &ArrayRef) -> Option<Column> {
    Some(match chunk.data_type() {
        DataType::Boolean => {
            let flags = chunk.as_boolean();
            if flags.null_count() == 0 {
                Column::Flags(flags.values().iter().map(Some).collect())
            } else {
                Column::Flags(flags.iter().collect())
            }
        }
        DataType::Float64 => {
            let numbers = chunk.as_primitive::<Float64Type>();
            if numbers.null_count() == 0 {
                Column::Numbers(numbers.values().to_vec())
            } else {
                Column::Numbers(numbers.iter().map(|x| x.unwrap_or(f64::NAN)).collect())
            }
        }
        DataType::Float32 => numbers(chunk.as_primitive::<Float32Type>(), f64::from),
        DataType::Int64 => numbers(chunk.as_primitive::<Int64Type>(), |n| n as f64),
        DataType::Int32 => numbers(chunk.as_primitive::<Int32Type>(), f64::from),
        // All of it is missing.
        DataType::Null => Column::Flags(vec![None; chunk.len()]),
        _ => return None,
    })
}

fn numbers<T: arrow_array::ArrowPrimitiveType>(
    of: &arrow_array::PrimitiveArray<T>,
    float: fn(T::Native) -> f64,
) -> Column {
    Column::Numbers(of.iter().map(|x| x.map_or(f64::NAN, float)).collect())
}

/// The bytes of an array of NumPy; `None` of what is none, or one of objects.
fn of_numpy(
    of: &Bound<'_, PyAny>,
    wrong: &dyn Fn(&str) -> Failure,
) -> Result<Option<Column>, Failure> {
    let Ok(array) = of.call_method0("__array__") else { return Ok(None) };
    let dtype: String = array.getattr("dtype")?.getattr("str")?.extract()?;
    let shape: usize = array.getattr("ndim")?.extract()?;
    if shape != 1 {
        return Err(wrong(&format!("an array of {shape} dimensions")));
    }
    let same = |kind: &str| {
        let array = array.call_method1("astype", (kind,))?;
        Ok::<_, PyErr>(array.call_method0("tobytes")?.cast_into::<PyBytes>()?)
    };
    let signs = dtype.trim_start_matches(['<', '>', '|', '=']);
    match signs.chars().next() {
        Some('b') => {
            let bytes =
                array.call_method0("tobytes")?.cast_into::<PyBytes>().map_err(PyErr::from)?;
            Ok(Some(Column::Flags(bytes.as_bytes().iter().map(|b| Some(*b != 0)).collect())))
        }
        Some('f' | 'i' | 'u') => {
            let bytes = same("f8")?;
            let floats = bytes.as_bytes().as_chunks::<8>().0;
            Ok(Some(Column::Numbers(floats.iter().map(|x| f64::from_ne_bytes(*x)).collect())))
        }
        Some('O') => Ok(None),
        _ => Err(wrong(&format!("an array of {}", array.getattr("dtype")?))),
    }
}

/// Objects one by one: booleans, numbers, and what stands for no value.
fn of_objects(
    objects: &Bound<'_, PyAny>,
    wrong: &dyn Fn(&str) -> Failure,
) -> Result<Column, Failure> {
    let (mut flags, mut numbers) = (Vec::new(), Vec::new());
    let (mut any_flag, mut any_number) = (false, false);
    for object in objects.try_iter()? {
        let object = object?;
        let kind = object.get_type().name()?.to_string();
        let flag = object.is_instance_of::<PyBool>() || kind == "bool" || kind == "bool_";
        if flag {
            any_flag = true;
            flags.push(Some(object.is_truthy()?));
            numbers.push(f64::NAN);
            continue;
        }
        let number = object.extract::<f64>().ok();
        let nothing = object.is_none() || kind == "NAType";
        let Some(number) = number.or_else(|| nothing.then_some(f64::NAN)) else {
            return Err(wrong(&format!("a value such as {}", object.repr()?)));
        };
        any_number |= !number.is_nan() || object.is_instance_of::<PyFloat>() && !number.is_nan();
        flags.push(None);
        numbers.push(number);
    }
    match (any_flag, any_number) {
        (true, true) => Err(wrong("a mixture of booleans and numbers")),
        (true, false) => Ok(Column::Flags(flags)),
        // Nothing but holes is read as flags where flags are asked for.
        (false, _) => Ok(Column::Numbers(numbers)),
    }
}
