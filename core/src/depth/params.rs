//! What the depth analysis goes by.

use serde::{Deserialize, Serialize};

use crate::params::{OutOfRange, in_range};
use crate::units::{Fraction, Nanos};

/// Parameters of the depth analysis. A field left out of a file takes the
/// value of [`DepthParams::spec`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "DepthParams::spec")]
pub struct DepthParams {
    /// Levels of each side that are looked at, 1 to 200.
    pub depth: usize,
    /// A level of this many times the median level quantity is large, 1 to 1,000.
    pub large_multiple: Fraction,
    /// Distance to the level before it at which a level joins its cluster, bps, 0 to 1,000.
    pub cluster_bps: Fraction,
    /// Distance from mid within which notional counts as liquidity, bps, 0.000001 to 1,000.
    pub band_bps: Fraction,
    /// Span of the exponential mean of that notional, updates, 2 to 10,000.
    pub liquidity_span: u32,
    /// How far back a shift looks, ns, 1 ms to 1 h.
    pub shift_window: Nanos,
    /// Age beyond which a book counts as absent, ns, 1 ms to 1 h.
    pub max_book_age: Nanos,
}

impl DepthParams {
    /// The specification's defaults: 10 levels, 5 medians, 5 bps, 10 bps, 100 updates, 1 s, 5 s.
    #[must_use]
    pub const fn spec() -> Self {
        Self {
            depth: 10,
            large_multiple: Fraction::lit(5, 0),
            cluster_bps: Fraction::lit(5, 0),
            band_bps: Fraction::lit(10, 0),
            liquidity_span: 100,
            shift_window: Nanos::SECOND,
            max_book_age: Nanos::SECOND.times(5),
        }
    }

    /// Checks that every parameter is in its range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        let (one, most) = (Fraction::lit(1, 0), Fraction::lit(1_000, 0));
        let span = |field, t: Nanos| {
            in_range(field, t.0, 1_000_000, Nanos::HOUR.0, "1000000 (1 ms) to 3600000000000 (1 h)")
        };
        in_range("depth", self.depth, 1, 200, "1 to 200")?;
        in_range("large_multiple", self.large_multiple, one, most, "1 to 1000")?;
        in_range("cluster_bps", self.cluster_bps, Fraction::ZERO, most, "0 to 1000")?;
        in_range("band_bps", self.band_bps, Fraction::lit(1, 6), most, "0.000001 to 1000")?;
        in_range("liquidity_span", self.liquidity_span, 2, 10_000, "2 to 10000")?;
        span("shift_window", self.shift_window)?;
        span("max_book_age", self.max_book_age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_travel() {
        let spec = DepthParams::spec();
        assert_eq!(spec.validate(), Ok(()));
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<DepthParams>(&text).unwrap(), spec);
        let ten = serde_json::from_str::<DepthParams>(r#"{"depth": 20}"#).unwrap();
        assert_eq!(ten, DepthParams { depth: 20, ..spec });
        assert!(serde_json::from_str::<DepthParams>(r#"{"depht": 20}"#).is_err());
    }

    #[test]
    fn out_of_range_names_field_value_and_range() {
        let spec = DepthParams::spec;
        let lit = Fraction::lit;
        let cases = [
            (DepthParams { depth: 0, ..spec() }, "depth = 0 "),
            (DepthParams { depth: 201, ..spec() }, "depth = 201 "),
            (DepthParams { large_multiple: lit(99, 2), ..spec() }, "large_multiple = 0.99 "),
            (DepthParams { cluster_bps: lit(-1, 0), ..spec() }, "cluster_bps = -1 "),
            (DepthParams { band_bps: Fraction::ZERO, ..spec() }, "band_bps = 0 "),
            (DepthParams { liquidity_span: 1, ..spec() }, "liquidity_span = 1 "),
            (DepthParams { shift_window: Nanos(0), ..spec() }, "shift_window = 0 "),
            (DepthParams { max_book_age: Nanos::DAY, ..spec() }, "max_book_age = 86400000000000 "),
        ];
        for (params, start) in cases {
            let text = params.validate().unwrap_err().to_string();
            assert!(text.starts_with(start), "{text}");
        }
        let text = DepthParams { depth: 0, ..spec() }.validate().unwrap_err().to_string();
        assert_eq!(text, "depth = 0 is out of range; it must be 1 to 200");
    }
}
