//! What can be asked: typed rows, filtered and a page at a time, newest first.

mod accounts;
mod cell;
mod export;
mod history;
mod orders;
mod page;
mod performance;
mod reads;
mod samples;
mod select;
mod signals;

pub use accounts::{AccountRow, HeartbeatRow, SessionRow, UserRow, WorthPoint, WorthSum};
pub use history::{AlertRow, AuditRow, CandleRow, ConfigurationRow, LogRow, SettingRow};
pub use orders::{OrderRow, PositionRow, TradeRow};
pub use page::{Filter, Listed, PageWanted};
pub use performance::{Performance, ProfitPoint, Standing};
pub use reads::Reads;
pub use samples::SampleRow;
pub use signals::{SignalLine, SignalRow};

/// The words of every question, asked with all that can be asked.
#[cfg(test)]
pub(super) fn questions() -> Vec<String> {
    use crate::store::word::{LogLevel, OrderState, PositionState};
    use tickstep_core::units::Nanos;

    let text = || Some("x".to_owned());
    let (from, to) = (Some(Nanos(1)), Some(Nanos(2)));
    let filter =
        Filter { from, to, user: text(), account: text(), symbol: text(), strategy: text() };
    let filter = &filter;
    let pages = [
        orders::orders(filter, Some(OrderState::Open)),
        orders::positions(filter, Some(PositionState::Open)),
        orders::trades(filter),
        signals::signals(filter),
        accounts::sessions(filter, true),
        accounts::heartbeats(filter),
        history::logs(filter, Some(LogLevel::Info), Some("x")),
        history::alerts(filter, Some("x")),
        history::audit(filter, Some("x")),
        history::configurations(filter),
    ];
    let whole = [
        signals::lines(1),
        accounts::users(),
        accounts::accounts(Some("x")),
        accounts::worth(filter),
        accounts::worth_sum(filter),
        history::settings(),
        samples::samples(Nanos(1), Nanos(2)),
        history::candles("x", Nanos(1), Nanos(1), Nanos(2)),
        history::first_candles("x", Nanos(1), Nanos(1), Nanos(2)),
        performance::of_all(filter),
        performance::of_each_user(filter),
        performance::of_each_symbol(filter),
        performance::profits(filter),
    ];
    let pages = pages.into_iter().map(|select| select.page(Some(7), 10));
    pages.chain(whole).map(|select| select.text().to_owned()).collect()
}
