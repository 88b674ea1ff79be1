//! Files that hold several instruments tell them apart by a column.
//!
//! Of such a file the rows of the symbol that is asked for are taken. Where it does not
//! hold that symbol, but one other only, the name that the user gives the instrument says
//! nothing of it and all rows are taken; where it holds several others it is refused.
//! Symbols are compared without case and punctuation: `BTC/USDT` is `BTCUSDT`.
//!
//! Known limit: Parquet files and frames are taken to hold one instrument.

use std::collections::BTreeSet;

use super::error::{FileFault, LoadError};

/// What such a column is called, without case and punctuation.
const NAMES: &[&str] =
    &["symbol", "ticker", "tic", "instrument", "instrumentname", "instid", "pair", "name"];

/// Most symbols that are kept for a message or a split.
const MOST: usize = 100_000;

/// What is to be done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolRow {
    /// It is of the symbol.
    Take,
    /// It is of another.
    Skip,
    /// It is of the symbol that is asked for, and those before were not.
    TakeFirst,
}

/// Which rows of a file are taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneSymbol {
    /// The column, where there is one.
    pub at: Option<usize>,
    column: String,
    wanted: Option<String>,
    /// The symbol as the last row had it that was taken.
    taken: Option<Box<[u8]>>,
    /// The first row of the file is of the symbol that is asked for, or it came later.
    found: bool,
    seen: BTreeSet<Box<[u8]>>,
    /// The symbol of the row before, where that was left out.
    skipped: Option<Box<[u8]>>,
    /// Rows of other symbols.
    pub others: u64,
    rows: u64,
}

impl OneSymbol {
    /// Of the columns of a file.
    pub fn of(columns: &[String]) -> Self {
        let at =
            columns.iter().position(|name| NAMES.contains(&bare(name).to_lowercase().as_str()));
        let column = at.and_then(|at| columns.get(at)).cloned().unwrap_or_default();
        Self { at, column, ..Self::default() }
    }

    /// The same, for the symbol that is asked for.
    pub fn wanting(mut self, symbol: Option<&str>) -> Self {
        self.wanted = symbol.map(bare).filter(|symbol| !symbol.is_empty());
        self
    }

    /// What is done with the row of a symbol.
    #[inline]
    pub fn row(&mut self, symbol: &[u8]) -> SymbolRow {
        if self.taken.as_deref() == Some(symbol) {
            self.rows += 1;
            return SymbolRow::Take;
        }
        if self.skipped.as_deref() == Some(symbol) {
            self.others += 1;
            return SymbolRow::Skip;
        }
        self.other(symbol)
    }

    fn other(&mut self, symbol: &[u8]) -> SymbolRow {
        if self.seen.len() < MOST && !self.seen.contains(symbol) {
            self.seen.insert(symbol.into());
        }
        let is_wanted = self.wanted.as_deref() == Some(&*bare(&String::from_utf8_lossy(symbol)));
        if self.taken.is_none() || (is_wanted && !self.found) {
            let first = self.taken.is_none();
            self.others += std::mem::take(&mut self.rows);
            self.taken = Some(symbol.into());
            self.found = is_wanted;
            self.rows = 1;
            return if first { SymbolRow::Take } else { SymbolRow::TakeFirst };
        }
        let same = self.taken.as_deref().map(|taken| bare(&String::from_utf8_lossy(taken)));
        if same.as_deref() == Some(&*bare(&String::from_utf8_lossy(symbol))) {
            self.rows += 1;
            return SymbolRow::Take;
        }
        self.others += 1;
        self.skipped = Some(symbol.into());
        SymbolRow::Skip
    }

    /// The symbols of the file, by name.
    pub fn symbols(&self) -> Vec<String> {
        self.seen.iter().map(|symbol| String::from_utf8_lossy(symbol).into_owned()).collect()
    }

    /// The symbol whose rows were taken.
    pub fn symbol(&self) -> Option<String> {
        self.taken.as_deref().map(|symbol| String::from_utf8_lossy(symbol).into_owned())
    }

    /// Once all rows are read: refuses a file of several symbols, none of them asked for.
    pub fn end(&self, path: &str) -> Result<(), LoadError> {
        if self.others == 0 || self.found {
            return Ok(());
        }
        let (column, symbols) = (self.column.clone(), self.symbols());
        Err(FileFault::SeveralSymbols { column, symbols }.of(path))
    }
}

/// A symbol, or a column's name, without case and punctuation.
pub(crate) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(wanted: Option<&str>, symbols: &[&str]) -> (Vec<SymbolRow>, u64, bool) {
        let columns = ["date".to_owned(), "Symbol".to_owned()];
        let mut one = OneSymbol::of(&columns).wanting(wanted);
        assert_eq!(one.at, Some(1));
        let rows = symbols.iter().map(|symbol| one.row(symbol.as_bytes())).collect();
        (rows, one.others, one.end("f.csv").is_ok())
    }

    #[test]
    fn the_rows_of_the_wanted_symbol_are_taken() {
        use SymbolRow::{Skip, Take, TakeFirst};
        assert_eq!(rows(Some("A"), &["A", "B", "A"]), (vec![Take, Skip, Take], 1, true));
        assert_eq!(
            rows(Some("B"), &["A", "A", "B", "A"]),
            (vec![Take, Take, TakeFirst, Skip], 3, true)
        );
        assert_eq!(rows(Some("BTCUSDT"), &["BTC/USDT", "btc-usdt"]), (vec![Take, Take], 0, true));
        // One other symbol is the instrument, whatever the user calls it; two are none.
        assert_eq!(rows(Some("GOLD"), &["XAUUSD", "XAUUSD"]), (vec![Take, Take], 0, true));
        assert_eq!(rows(Some("C"), &["A", "B"]), (vec![Take, Skip], 1, false));
        assert_eq!(rows(None, &["A", "B"]), (vec![Take, Skip], 1, false));
    }
}
