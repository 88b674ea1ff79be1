//! Calendars with a name.

/// Names, other names of the same, and what each is written as. Where several fit what
/// data shows, the first is taken.
pub(super) const BUNDLED: [(&str, &[&str], &str); 10] = [
    ("nyse", &["nasdaq", "us-equities"], include_str!("bundled/nyse.toml")),
    ("krx", &[], include_str!("bundled/krx.toml")),
    ("tse", &[], include_str!("bundled/tse.toml")),
    ("hkex", &[], include_str!("bundled/hkex.toml")),
    ("sse", &[], include_str!("bundled/sse.toml")),
    ("lse", &[], include_str!("bundled/lse.toml")),
    ("xetra", &[], include_str!("bundled/xetra.toml")),
    ("cme", &[], include_str!("bundled/cme.toml")),
    ("forex", &[], FOREX),
    ("weekdays", &[], WEEKDAYS),
];

/// A market that never closes.
pub(super) const ALWAYS: &str = "always";

/// The week of currencies; a day ends at 17:00 in New York.
const FOREX: &str = "zone = \"America/New_York\"\ndays = \"mon-fri\"\nhours = [\"17:00-17:00\"]";

/// Monday to Friday, UTC, all hours: what is known of a market whose files have no
/// weekends.
const WEEKDAYS: &str = "zone = \"UTC\"\ndays = \"mon-fri\"\nhours = [\"00:00-24:00\"]";
