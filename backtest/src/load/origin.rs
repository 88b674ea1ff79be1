//! Where the rows of a file, or of arrays in memory, come from.

use super::columns::Columns;
use super::one_symbol::OneSymbol;
use crate::series::candle::{BarField, RowOrigin};
use crate::series::place::RowPlace;

/// Where rows come from and what their columns are called.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// File as the user named it; `None` for data in memory.
    pub path: Option<Box<str>>,
    /// Whether rows are lines of text.
    pub lines: bool,
    pub columns: Columns,
    /// Files inside an archive, each with the number of its first row.
    pub entries: Vec<(u64, Box<str>)>,
    /// Which rows are taken where the file tells instruments apart.
    pub symbols: OneSymbol,
    /// What was taken of how it is written, where not the same in every file; for people.
    pub taken: Vec<String>,
}

impl Origin {
    pub(crate) fn new(path: &str, lines: bool, columns: Columns) -> Self {
        let symbols = OneSymbol::of(&columns.found);
        Self {
            path: Some(path.into()),
            lines,
            columns,
            entries: Vec::new(),
            symbols,
            taken: Vec::new(),
        }
    }

    pub(crate) fn in_memory(taker: bool) -> Self {
        let columns = Columns::in_memory(taker);
        let symbols = OneSymbol::default();
        Self { path: None, lines: false, columns, entries: Vec::new(), symbols, taken: Vec::new() }
    }
}

impl RowOrigin for Origin {
    fn place(&self, number: u64) -> RowPlace {
        let entry = self.entries.partition_point(|(first, _)| *first <= number);
        if let (Some(path), Some((first, name))) =
            (&self.path, entry.checked_sub(1).and_then(|i| self.entries.get(i)))
        {
            let path = format!("{path}/{name}").into();
            return RowPlace::FileRow { path, row: number - first + 1 };
        }
        match &self.path {
            Some(path) if self.lines => RowPlace::Line { path: path.clone(), line: number },
            Some(path) => RowPlace::FileRow { path: path.clone(), row: number },
            None => RowPlace::Row(number),
        }
    }

    fn name(&self, field: BarField) -> String {
        self.columns.name(field)
    }
}
