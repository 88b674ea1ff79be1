//! What is not verified of the Trader API, in one place: where each call goes, how times are
//! written, and how fields are called.

use std::collections::BTreeMap;

use reqwest::Method;
use tickstep_config::hint;

/// Where a call goes: a method and a path, in which `{id}` is the broker's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// Path, from the host on.
    pub path: String,
}

/// What the candles' and the history's `from` and `to` count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds since the Unix epoch.
    Seconds,
    /// Milliseconds since the Unix epoch.
    Milliseconds,
}

/// Why terms cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct TermsError {
    /// The key.
    pub key: String,
    /// What is wrong.
    pub why: String,
}

/// Where calls go and what fields are called. None of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraderTerms {
    /// Tells which account a token is for.
    pub account: Route,
    /// Money of the account.
    pub balance: Route,
    /// What can be traded.
    pub instruments: Route,
    /// Best bid and ask of the symbols in `symbols`, parted by commas.
    pub quotes: Route,
    /// Bars.
    pub candles: Route,
    /// Positions that are open.
    pub positions: Route,
    /// Orders that wait.
    pub orders: Route,
    /// What was closed between `from` and `to`.
    pub closed: Route,
    /// Opens a position.
    pub open: Route,
    /// Changes stop and target of a position.
    pub edit: Route,
    /// Closes a position, or part of it.
    pub close: Route,
    /// Creates an order that waits.
    pub create_order: Route,
    /// Changes an order that waits.
    pub edit_order: Route,
    /// Withdraws an order that waits.
    pub cancel_order: Route,
    /// What times count.
    pub time_unit: TimeUnit,
    /// Names of fields: theirs, and the one that the Platform API has for it.
    pub names: BTreeMap<String, String>,
}

/// Names that the documented bodies have for what the Platform API calls otherwise. That
/// what is read is called so too is inferred.
const NAMES: [(&str, &str); 5] = [
    ("positionId", "id"),
    ("pendingOrderId", "id"),
    ("slPrice", "stopLoss"),
    ("tpPrice", "takeProfit"),
    ("accountId", "tradingAccountId"),
];

/// Calls, and whether each has the broker's number in its path, and changes something.
const CALLS: [(&str, bool, bool); 14] = [
    ("account", false, false),
    ("balance", false, false),
    ("instruments", false, false),
    ("quotes", false, false),
    ("candles", false, false),
    ("positions", false, false),
    ("orders", false, false),
    ("closed", false, false),
    ("open", false, true),
    ("edit", true, true),
    ("close", true, true),
    ("create_order", false, true),
    ("edit_order", true, true),
    ("cancel_order", true, true),
];
const UNIT: &str = "time_unit";
const NAME: &str = "names.";

fn wrong(key: &str, why: impl Into<String>) -> TermsError {
    TermsError { key: key.to_owned(), why: why.into() }
}

impl Route {
    fn read(key: &str, text: &str, numbered: bool, writes: bool) -> Result<Self, TermsError> {
        let wrong = |why: &str| wrong(key, format!("\"{text}\": {why}"));
        let form = "write a method and a path, such as POST /v1/positions";
        let (method, path) = text.split_once(' ').ok_or_else(|| wrong(form))?;
        let method = match (method, writes) {
            ("GET", false) => Method::GET,
            ("POST", _) => Method::POST,
            ("PUT", true) => Method::PUT,
            ("PATCH", true) => Method::PATCH,
            ("DELETE", true) => Method::DELETE,
            (_, false) => return Err(wrong("what is read is asked for by GET or POST")),
            (_, true) => return Err(wrong("what changes something is POST, PUT, PATCH or DELETE")),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.{}".contains(c);
        if !path.starts_with('/') || !path.chars().all(plain) {
            return Err(wrong("a path begins with / and has letters, digits and -_. in it"));
        }
        let bare = path.replacen("{id}", "", 1);
        if bare.contains(['{', '}']) || (bare != path) != numbered {
            return Err(wrong(if numbered { "{id} stands in it once" } else { "it has no {id}" }));
        }
        Ok(Self { method, path: path.to_owned() })
    }
}

impl TraderTerms {
    /// Reads terms from keys and values: for each call `POST /path`, `time_unit` as
    /// `seconds` or `milliseconds`, and `names.theirs = ours` for fields that are called
    /// otherwise than in the Platform API. Every call has to be there.
    pub fn of(values: &BTreeMap<String, String>) -> Result<Self, TermsError> {
        let calls = || CALLS.map(|(name, ..)| name).join(", ");
        let known = |key: &str| {
            key == UNIT || key.starts_with(NAME) || CALLS.iter().any(|(name, ..)| *name == key)
        };
        if let Some(key) = values.keys().find(|key| !known(key)) {
            let near = hint(key, CALLS.iter().map(|(name, ..)| *name).chain([UNIT]));
            let why =
                format!("there is no such key; there are {}, {UNIT} and {NAME}*{near}", calls());
            return Err(wrong(key, why));
        }
        let missing: Vec<_> = CALLS
            .map(|(name, ..)| name)
            .into_iter()
            .chain([UNIT])
            .filter(|key| !values.contains_key(*key))
            .collect();
        if !missing.is_empty() {
            let why = "has to be there: it is not documented where it could be read, so it has no \
                       default";
            return Err(wrong(&missing.join(", "), why));
        }
        let route = |call: usize| {
            let (name, numbered, writes) = CALLS[call];
            Route::read(name, &values[name], numbered, writes)
        };
        let time_unit = match &*values[UNIT] {
            "seconds" => TimeUnit::Seconds,
            "milliseconds" => TimeUnit::Milliseconds,
            _ => return Err(wrong(UNIT, "seconds or milliseconds")),
        };
        let mut names: BTreeMap<_, _> =
            NAMES.map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned())).into();
        let told = |(key, ours): (&String, &String)| {
            key.strip_prefix(NAME).map(|theirs| (theirs.to_owned(), ours.clone()))
        };
        names.extend(values.iter().filter_map(told));
        Ok(Self {
            account: route(0)?,
            balance: route(1)?,
            instruments: route(2)?,
            quotes: route(3)?,
            candles: route(4)?,
            positions: route(5)?,
            orders: route(6)?,
            closed: route(7)?,
            open: route(8)?,
            edit: route(9)?,
            close: route(10)?,
            create_order: route(11)?,
            edit_order: route(12)?,
            cancel_order: route(13)?,
            time_unit,
            names,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Paths that tests make up; nobody knows the real ones.
    pub fn made_up() -> BTreeMap<String, String> {
        let text = include_str!("../../tests/data/trader_api_paths.toml");
        toml::from_str(text).expect("keys with a value each")
    }

    #[test]
    fn without_every_path_it_stays_off() {
        assert!(TraderTerms::of(&made_up()).is_ok());
        for key in made_up().keys() {
            let mut fewer = made_up();
            fewer.remove(key);
            let error = TraderTerms::of(&fewer).unwrap_err();
            assert_eq!(&error.key, key);
            assert!(error.why.contains("has no default"), "{error}");
        }
        let none = TraderTerms::of(&BTreeMap::new()).unwrap_err();
        assert!(none.key.starts_with("account, balance") && none.key.ends_with("time_unit"));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (key, value, words) in [
            ("open", "/v9/positions", "open: \"/v9/positions\": write a method and a path"),
            ("open", "GET /v9/positions", "POST, PUT, PATCH or DELETE"),
            ("balance", "DELETE /v9/account", "by GET or POST"),
            ("open", "POST v9", "a path begins with /"),
            ("open", "POST /v9?x=1", "a path begins with /"),
            ("open", "POST /v9/{id}", "it has no {id}"),
            ("close", "POST /v9/close", "{id} stands in it once"),
            ("close", "POST /v9/{id}/{id}", "{id} stands in it once"),
            ("close", "POST /v9/{id}/{uuid}", "{id} stands in it once"),
            ("time_unit", "hours", "time_unit: seconds or milliseconds"),
            ("opn", "POST /v9", "opn: there is no such key; there are account, balance"),
            ("opn", "POST /v9", "did you mean `open`?"),
        ] {
            let mut values = made_up();
            values.insert(key.to_owned(), value.to_owned());
            let error = TraderTerms::of(&values).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn fields_get_other_names() {
        let mut values = made_up();
        values.insert("names.lots".to_owned(), "volume".to_owned());
        values.insert("names.positionId".to_owned(), "number".to_owned());
        let names = TraderTerms::of(&values).unwrap().names;
        assert_eq!(
            (&*names["lots"], &*names["positionId"], &*names["slPrice"]),
            ("volume", "number", "stopLoss")
        );
    }
}
