//! An instrument's table: its terms, and what a program knows of it beside them.
//!
//! A program names its keys once, in the order in which they are written; each is read at
//! most once, and a fault has the path of its key.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};

use crate::terms::{InstrumentTerms, TermsReader};

/// An instrument as one program has it: terms, and keys of its own.
pub trait InstrumentTable: Default {
    /// All keys, those of terms too, in the order in which they are written.
    const KEYS: &'static [&'static str];

    /// Its terms.
    fn terms(&mut self) -> &mut InstrumentTerms;

    /// Reads the value of a key of [`KEYS`](Self::KEYS) that is no term.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// Writes the value of `key`, where it is one of its own or a term, and is stated.
    fn write<S: SerializeMap>(&self, key: &str, to: &mut S) -> Result<(), S::Error>;
}

/// Writes an instrument's table.
pub fn write_table<T: InstrumentTable, S: Serializer>(table: &T, to: S) -> Result<S::Ok, S::Error> {
    let mut out = to.serialize_map(None)?;
    for key in T::KEYS {
        table.write(key, &mut out)?;
    }
    out.end()
}

/// Reads an instrument's table; an unknown key or one that is met twice is refused.
pub fn read_table<'de, T: InstrumentTable, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_struct("instrument", T::KEYS, TableReader(PhantomData))
}

/// One of the keys of `T`.
struct TableKey<T>(&'static str, PhantomData<T>);

impl<'de, T: InstrumentTable> Deserialize<'de> for TableKey<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_identifier(TableKeyReader(PhantomData))
    }
}

struct TableKeyReader<T>(PhantomData<T>);

impl<T: InstrumentTable> Visitor<'_> for TableKeyReader<T> {
    type Value = TableKey<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TableKey<T>, E> {
        let known = T::KEYS.iter().find(|key| **key == text);
        known.map(|key| TableKey(key, PhantomData)).ok_or_else(|| E::unknown_field(text, T::KEYS))
    }
}

struct TableReader<T>(PhantomData<T>);

impl<'de, T: InstrumentTable> Visitor<'de> for TableReader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instrument's table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut table = T::default();
        let mut terms = TermsReader::default();
        let mut met: Vec<&str> = Vec::new();
        while let Some(TableKey(key, _)) = map.next_key::<TableKey<T>>()? {
            if met.contains(&key) {
                return Err(de::Error::duplicate_field(key));
            }
            met.push(key);
            if !terms.key(key, &mut map)? {
                table.read(key, &mut map)?;
            }
        }
        *table.terms() = terms.end()?;
        Ok(table)
    }
}
