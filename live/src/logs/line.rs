//! What happened, as lines of a log: a level, a word for machines, a sentence for people,
//! and what it concerns in fields of its own.

use core::fmt::Write as _;

use rust_decimal::Decimal;
use tickstep_core::ledger::Trade;
use tickstep_core::session::AccountId;
use tickstep_core::units::Side;
use tracing::Level;

use crate::intent::{End, IntentId};
use crate::runner::{
    AccountResult, ActLine, Alert, Fate, Happening, OrderAim, OrderNews, OrderStatus,
    PositionChange, PositionNews, SettingChange, Severity, SignalResult, StrayClose,
};

/// A line of a log. Fields that do not apply are `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// What happened, one word.
    pub event: &'static str,
    /// What happened, in words.
    pub words: String,
    /// The account's name.
    pub account: Option<String>,
    /// The instrument, or the broker's symbol where there is none.
    pub symbol: Option<String>,
    /// Number of the order.
    pub intent: Option<u64>,
    /// Number of the signal.
    pub signal: Option<u64>,
    /// The strategy.
    pub strategy: Option<String>,
    /// `buy` for a long position, `sell` for a short one.
    pub side: Option<&'static str>,
    /// Volume, in the broker's lots.
    pub volume: Option<String>,
    /// Price.
    pub price: Option<String>,
    /// The broker's number of the position.
    pub position: Option<String>,
}

fn line(level: Level, event: &'static str, words: impl Into<String>) -> LogLine {
    LogLine::new(level, event, words)
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

impl LogLine {
    fn new(level: Level, event: &'static str, words: impl Into<String>) -> Self {
        Self {
            level,
            event,
            words: words.into(),
            account: None,
            symbol: None,
            intent: None,
            signal: None,
            strategy: None,
            side: None,
            volume: None,
            price: None,
            position: None,
        }
    }

    fn on(self, symbol: &str, strategy: Option<&str>) -> Self {
        let strategy = strategy.map(str::to_owned);
        Self { symbol: Some(symbol.to_owned()), strategy, ..self }
    }

    fn intent(self, intent: Option<IntentId>) -> Self {
        Self { intent: intent.map(|i| i.0), ..self }
    }

    fn of(self, side_: Side, volume: Decimal, price: Option<Decimal>) -> Self {
        let (side, volume) = (Some(side(side_)), Some(volume.normalize().to_string()));
        Self { side, volume, price: price.map(|p| p.normalize().to_string()), ..self }
    }

    /// Without what would end a line or move a terminal's cursor: words of a broker's may
    /// have it in them.
    fn clean(mut self) -> Self {
        let texts = [&mut self.account, &mut self.symbol, &mut self.strategy, &mut self.position];
        for text in texts.into_iter().flatten().chain([&mut self.words]) {
            if text.contains(char::is_control) {
                *text = text.replace(char::is_control, " ");
            }
        }
        self
    }

    /// Writes it.
    pub fn write(&self) {
        let Self { event, words, .. } = self;
        let [account, symbol, strategy] =
            [&self.account, &self.symbol, &self.strategy].map(Option::as_deref);
        let [volume, price, position] =
            [&self.volume, &self.price, &self.position].map(Option::as_deref);
        let (intent, signal, side) = (self.intent, self.signal, self.side);
        macro_rules! at {
            ($level:ident) => {
                tracing::$level!(
                    event, account, symbol, intent, signal, strategy, side, volume, price,
                    position, "{words}"
                )
            };
        }
        match self.level {
            Level::ERROR => at!(error),
            Level::WARN => at!(warn),
            Level::INFO => at!(info),
            Level::DEBUG => at!(debug),
            Level::TRACE => at!(trace),
        }
    }
}

/// Writes what happened. `names` tells what an account is called.
pub fn tell<'n>(happening: &Happening, names: &dyn Fn(AccountId) -> Option<&'n str>) {
    lines(happening, names).iter().for_each(LogLine::write);
}

/// What happened, as lines. `names` tells what an account is called.
#[must_use]
pub fn lines<'n>(
    happening: &Happening,
    names: &dyn Fn(AccountId) -> Option<&'n str>,
) -> Vec<LogLine> {
    let name = |account: AccountId| {
        names(account).map_or_else(|| format!("#{}", account.0), str::to_owned)
    };
    let on = |account: AccountId, line: LogLine| LogLine { account: Some(name(account)), ..line };
    let lines = match happening {
        Happening::Signal(made) => {
            let mut words = format!("{} at {}", made.action.name(), made.price.normalize());
            for (name, value) in &made.reason {
                // Writing to a text cannot fail.
                let _written = write!(words, ", {name}={value:.4}");
            }
            let line = line(Level::INFO, "signal_generated", words);
            let line = line.on(&made.symbol, Some(&made.strategy));
            vec![LogLine { signal: Some(made.id.0), price: Some(made.price.to_string()), ..line }]
        }
        Happening::SignalRefused { source, key, why } => {
            vec![line(Level::WARN, "signal_refused", format!("{key} of {source}: {why}"))]
        }
        Happening::Result(result) => result_lines(result, &on),
        Happening::Order(news) => vec![on(news.account, order(news))],
        Happening::Position(news) => vec![on(news.account, position(news))],
        Happening::Traded { account, strategy, symbol, trade, stated } => {
            let net = stated.map_or(trade.net, |stated| stated.net());
            vec![on(*account, traded(trade, net).on(symbol, Some(strategy)))]
        }
        Happening::Stray(close) => vec![on(close.account, stray(close))],
        Happening::Worth(all) => all
            .iter()
            .map(|worth| {
                let words = format!("balance {}, equity {}", worth.balance, worth.equity);
                on(worth.account, line(Level::DEBUG, "worth", words))
            })
            .collect(),
        Happening::Bar { instrument, bar, .. } => {
            let words = format!("instrument {}: {bar:?}", instrument.0);
            vec![line(Level::TRACE, "bar", words)]
        }
        Happening::Money { account, balance, equity, .. } => {
            let equity = equity.map_or_else(String::new, |e| format!(", equity {e}"));
            vec![on(*account, line(Level::DEBUG, "balance", format!("balance {balance}{equity}")))]
        }
        Happening::Paid { account, amount, balance } => {
            vec![on(*account, paid(*amount, *balance))]
        }
        Happening::Session { account, up, why, .. } => {
            vec![on(*account, session(*up, why.as_deref()))]
        }
        Happening::Alert(alert) => {
            vec![LogLine { account: alert.account.map(name), ..alerted(alert) }]
        }
        Happening::Restarted => {
            vec![line(Level::INFO, "restarted", "goes on from its journal")]
        }
        Happening::Configured { who, why, values, .. } => vec![configured(who, why, values)],
        Happening::Acted(result) => {
            let orders = result.results.iter().map(|r| r.accounts.len()).sum::<usize>();
            let words = format!("act {}: {orders} orders, {} ms", result.id, result.took.millis());
            vec![line(Level::INFO, "act_result", words)]
        }
        Happening::Operated { .. } => {
            let lines = operated(happening).into_iter();
            lines.map(|(of, line)| LogLine { account: of.map(name), ..line }).collect()
        }
    };
    lines.into_iter().map(LogLine::clean).collect()
}

fn paid(amount: Decimal, balance: Decimal) -> LogLine {
    let word = if amount.is_sign_negative() { "taken out" } else { "paid in" };
    line(Level::INFO, "paid", format!("{} {word}, which makes {balance}", amount.abs()))
}

/// An act, and what of it was refused on which account.
fn operated(happening: &Happening) -> Vec<(Option<AccountId>, LogLine)> {
    let Happening::Operated { id, who, why, what, old, new, lines, again } = happening else {
        return Vec::new();
    };
    let again = if *again { ", again" } else { "" };
    let mut words = format!("{who}: {what} ({why}), number {id}{again}");
    if let (Some(old), Some(new)) = (old, new) {
        // Writing to a text cannot fail.
        let _written = write!(words, ", {old} -> {new}");
    }
    let refused = |one: &ActLine| {
        let words = format!("{}: {}", one.what, one.refused.as_ref()?);
        Some((one.account, line(Level::WARN, "act_refused", words)))
    };
    let all = [(None, line(Level::INFO, "operated", words))].into_iter();
    all.chain(lines.iter().filter_map(refused)).collect()
}

fn traded(trade: &Trade, net: Decimal) -> LogLine {
    let words = format!("net {}, closed by {}", net.normalize(), trade.exit.name());
    let price = Some(trade.exit_price.normalize().to_string());
    LogLine { side: Some(side(trade.side)), price, ..line(Level::INFO, "trade", words) }
}

fn configured(who: &str, why: &str, values: &[SettingChange]) -> LogLine {
    let mut words = format!("{who} ({why})");
    for SettingChange { setting, old, new } in values {
        let [old, new] = [old, new].map(|v| v.as_deref().unwrap_or("nothing"));
        // Writing to a text cannot fail.
        let _written = write!(words, ", {setting}: {old} -> {new}");
    }
    line(Level::INFO, "configured", words)
}

fn stray(StrayClose { intent, row, .. }: &StrayClose) -> LogLine {
    let line = line(Level::WARN, "stray_close", "a position of no strategy was closed")
        .on(&row.symbol, None)
        .intent(*intent)
        .of(row.side, row.volume, Some(row.close_price));
    LogLine { position: Some(row.position.clone()), ..line }
}

fn session(up: bool, why: Option<&str>) -> LogLine {
    match (up, why) {
        (true, _) => line(Level::INFO, "session_open", "logged in"),
        (false, None) => line(Level::INFO, "session_closed", "logged out"),
        (false, Some(why)) => line(Level::WARN, "session_closed", why),
    }
}

fn alerted(Alert { severity, kind, words, .. }: &Alert) -> LogLine {
    let level = match severity {
        Severity::Notice => Level::INFO,
        Severity::Warning => Level::WARN,
        Severity::Critical => Level::ERROR,
    };
    line(level, "alert", format!("{kind:?}: {words}"))
}

fn result_lines(result: &SignalResult, on: &dyn Fn(AccountId, LogLine) -> LogLine) -> Vec<LogLine> {
    let SignalResult { id, symbol, executed, failed, skipped, resting, volume, took, accounts } =
        result;
    let words = format!(
        "{executed} executed, {resting} waiting, {failed} failed, {skipped} skipped, volume {}, \
         {} ms",
        volume.normalize(),
        took.0 / 1_000_000,
    );
    let level = if *failed > 0 { Level::WARN } else { Level::INFO };
    let about = |line: LogLine| LogLine { signal: Some(id.0), ..line.on(symbol, None) };
    let all = about(LogLine::new(level, "signal_result", words));
    let each = |AccountResult { account, intent, fate }: &AccountResult| {
        let level = match fate {
            Fate::Waiting | Fate::Skipped(_) => Level::DEBUG,
            Fate::Executed { .. } | Fate::Resting { .. } => Level::INFO,
            Fate::Rejected { .. } | Fate::NotPlaced => Level::WARN,
        };
        let words = fate.to_string();
        on(*account, about(LogLine::new(level, "signal_account", words)).intent(*intent))
    };
    [all].into_iter().chain(accounts.iter().map(each)).collect()
}

fn order(news: &OrderNews) -> LogLine {
    let aim = match &news.aim {
        OrderAim::Entry => "entry".to_owned(),
        OrderAim::Exit { reason, .. } => format!("exit by {}", reason.name()),
        OrderAim::Edit { .. } => "bracket".to_owned(),
        OrderAim::Orphan { .. } => "close of a late execution".to_owned(),
        OrderAim::Cancel { order } => format!("withdrawal of order {order}"),
        OrderAim::Reprice { order } => format!("change of order {order}"),
    };
    let position = match &news.aim {
        OrderAim::Entry | OrderAim::Cancel { .. } | OrderAim::Reprice { .. } => None,
        OrderAim::Exit { position, .. } => position.clone(),
        OrderAim::Edit { position } | OrderAim::Orphan { position } => Some(position.clone()),
    };
    let (level, event, words) = match &news.status {
        OrderStatus::Sent => (Level::INFO, "order_sent", aim),
        OrderStatus::Accepted => (Level::INFO, "order_accepted", aim),
        OrderStatus::Unknown => {
            (Level::WARN, "order_unknown", format!("{aim}: outcome unknown, reading back"))
        }
        OrderStatus::Resting => (Level::INFO, "order_resting", aim),
        OrderStatus::Ended(End::Withdrawn) => (Level::INFO, "order_withdrawn", aim),
        OrderStatus::Ended(End::Executed) => (Level::INFO, "order_executed", aim),
        OrderStatus::Ended(End::Rejected { code, message }) => {
            let code = code.as_deref().map_or_else(String::new, |c| format!(" ({c})"));
            (Level::WARN, "order_rejected", format!("{aim}: {message}{code}"))
        }
        OrderStatus::Ended(End::NotPlaced) => {
            (Level::WARN, "order_not_placed", format!("{aim}: no read-back showed it"))
        }
        OrderStatus::Ended(End::NotSent) => (Level::INFO, "order_not_sent", aim),
        OrderStatus::Unsent(why) => (Level::INFO, "order_not_sent", format!("{aim}: {why}")),
    };
    let line = LogLine::new(level, event, words)
        .on(&news.symbol, news.strategy.as_deref())
        .intent(Some(news.intent))
        .of(news.side, news.volume, news.price);
    LogLine { signal: news.signal.map(|s| s.0), position, ..line }
}

fn position(news: &PositionNews) -> LogLine {
    let (event, words, price) = match &news.change {
        PositionChange::Opened => ("position_opened", "opened".to_owned(), news.price),
        PositionChange::Bracket => ("position_updated", "new bracket".to_owned(), news.price),
        PositionChange::Reduced { price } => {
            ("position_updated", format!("reduced to {}", news.left.normalize()), *price)
        }
        PositionChange::Gone => ("position_closed", "gone, not ours".to_owned(), news.price),
        PositionChange::Closed { price, reason } => {
            ("position_closed", format!("closed by {}", reason.name()), *price)
        }
    };
    let line = LogLine::new(Level::INFO, event, words)
        .on(&news.symbol, news.strategy.as_deref())
        .intent(news.intent)
        .of(news.side, news.volume, Some(price));
    LogLine { position: Some(news.position.clone()), ..line }
}
