//! Rows on their way from a file: values as stored, and who takes them.

use rust_decimal::Decimal;

use super::check::Origin;
use super::error::LoadError;
use super::number::Num;
use super::time::TimeError;

/// One value as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Text(&'a [u8]),
    Float(f64),
    Exact(Num),
}

/// An open time as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stamp<'a> {
    Text(&'a [u8]),
    #[cfg(feature = "polars")]
    Num(Num),
    Nanos(i128),
    /// A text that a description's clock cannot read, and why.
    Fault(&'a [u8], TimeError),
}

/// What rows of a file are read into: [`Rows`] stop at the first fault,
/// [`super::draft::Draft`] goes on.
pub(crate) trait Sink {
    /// Open time; open, high, low, close, volume; taker-buy volume, where there is one.
    fn row(
        &mut self,
        number: u64,
        stamp: Stamp<'_>,
        cells: [Cell<'_>; 5],
        taker: Option<Cell<'_>>,
    ) -> Result<(), LoadError>;

    /// A row that does not come apart into its values.
    fn torn(&mut self, number: u64, error: LoadError) -> Result<(), LoadError>;

    fn origin(&mut self) -> &mut Origin;

    /// About so many rows will come.
    fn expect(&mut self, rows: usize);
}

impl Cell<'_> {
    pub(crate) fn shown(self) -> String {
        match self {
            Self::Text(text) => shown(text),
            Self::Float(value) => value.to_string(),
            Self::Exact(num) => Decimal::try_from_i128_with_scale(num.mantissa, num.scale)
                .map_or_else(|_| format!("{}e-{}", num.mantissa, num.scale), |d| d.to_string()),
        }
    }
}

/// A cell for a message: short, and always text.
pub(super) fn shown(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let text = String::from_utf8_lossy(text);
    if text.chars().count() <= LONGEST {
        return text.into_owned();
    }
    text.chars().take(LONGEST).chain("...".chars()).collect()
}
