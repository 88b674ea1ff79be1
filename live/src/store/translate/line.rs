//! Lines of the log: the words that the program's own log has, of what matters.

use serde_json::{Map, Value, json};
use tickstep_core::session::AccountId;
use tracing::Level;

use super::place::RowPlace;
use crate::logs::{LogLine, lines};
use crate::runner::Happening;
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};
use crate::store::word::LogLevel;

/// The line of a happening; none where nobody would read it.
pub(super) fn log(happening: &Happening, roster: &Roster, place: RowPlace) -> Option<Statement> {
    match happening {
        // They have tables of their own, and there are many of them.
        Happening::Money { .. } | Happening::Worth(_) | Happening::Bar { .. } => return None,
        _ => {}
    }
    let named = |account: AccountId| roster.accounts.get(account.index()).map(|a| a.name.as_str());
    // What became of a signal on each account is in a table of its own.
    let line = lines(happening, &named).into_iter().next()?;
    let level = match line.level {
        Level::ERROR => LogLevel::Critical,
        Level::WARN => LogLevel::Warning,
        Level::INFO => LogLevel::Info,
        Level::DEBUG | Level::TRACE => return None,
    };
    Some(statement!(
        sql::LOG,
        place.id,
        level.word(),
        line.event,
        line.words.as_str(),
        metadata(&line).to_string(),
        line.account.clone(),
        line.symbol.clone(),
        place.at,
        place.record,
    ))
}

/// What a line concerns, but for what has a column of its own.
fn metadata(line: &LogLine) -> Value {
    let LogLine { intent, signal, strategy, side, volume, price, position, .. } = line;
    let fields = [
        ("intent", json!(intent)),
        ("signal", json!(signal)),
        ("strategy", json!(strategy)),
        ("side", json!(side)),
        ("volume", json!(volume)),
        ("price", json!(price)),
        ("position", json!(position)),
    ];
    let known = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}
