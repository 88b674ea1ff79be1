//! Acts of people, alerts, and changes of the configuration.

use super::place::{ENGINE, RowPlace, name};
use crate::runner::{Alert, Happening};
use crate::store::entry::Roster;
use crate::store::sql::{self, Statement, statement};

pub(super) fn alert(alert: &Alert, roster: &Roster, place: RowPlace, out: &mut Vec<Statement>) {
    out.push(statement!(
        sql::ALERT,
        place.id,
        name(&alert.severity),
        name(&alert.kind),
        alert.account.map(|account| roster.name(account)),
        alert.words.as_str(),
        place.at,
        place.record,
    ));
}

pub(super) fn operated(happening: &Happening, place: RowPlace, out: &mut Vec<Statement>) {
    let Happening::Operated { who, why, what, old, new, lines, again, .. } = happening else {
        return;
    };
    let mut what = if *again { format!("again: {what}") } else { what.clone() };
    for refused in lines.iter().filter_map(|line| line.refused.as_ref()) {
        what.push_str("; refused: ");
        what.push_str(refused);
    }
    out.push(statement!(
        sql::AUDIT,
        place.id,
        who.as_str(),
        what.as_str(),
        why.as_str(),
        old.clone(),
        new.clone(),
        place.at,
        place.record,
    ));
}

pub(super) fn configured(happening: &Happening, place: RowPlace, out: &mut Vec<Statement>) {
    let Happening::Configured { who, why, text, values } = happening else { return };
    let (who, why) = (who.as_str(), why.as_str());
    let (at, record) = (place.at, place.record);
    out.push(statement!(sql::CONFIGURATION, place.id, ENGINE, text.as_str(), who, why, at, record));
    for (number, value) in values.iter().enumerate() {
        let id = place.id + (number as i64).min(0xFFFF);
        let setting = value.setting.as_str();
        let (old, new) = (value.old.clone(), value.new.clone());
        let what = format!("set {setting}");
        let (before, after) = (old.clone(), new.clone());
        out.push(statement!(sql::AUDIT, id, who, what, why, before, after, at, record));
        out.push(statement!(sql::SETTING, setting, new.clone(), place.id, who, at, record));
        // `strategy.NAME.KEY` is of that strategy.
        let mut parts = setting.split('.');
        if let (Some("strategy" | "strategies"), Some(strategy), Some(_)) =
            (parts.next(), parts.next(), parts.next())
        {
            out.push(statement!(
                sql::STRATEGY_VERSION,
                id,
                strategy,
                place.id,
                setting,
                old,
                new,
                at,
                record
            ));
        }
    }
}
