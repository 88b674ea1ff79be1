//! Closing what accounts hold, and waiting until nothing is left.
//!
//! What counts is what the brokers' lists show: an answer to a close is not yet a closed
//! position. What the program did not open is left alone and named, so that nobody takes an
//! account for flat that is not.

use std::time::Duration;

use super::handle::{ActBy, Acted, Handle};
use crate::driver::production::Gone;
use crate::runner::{AccountReport, Act, LinkState, Reach};

/// How often it is looked whether everything is closed.
const LOOK: Duration = Duration::from_millis(200);

/// What came of closing.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// What was done at once, and what was refused.
    pub acted: Acted,
    /// What is still open, for people; nothing where all is closed.
    pub left: Vec<String>,
}

impl Closed {
    /// Whether nothing was refused and nothing is open.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.left.is_empty() && self.acted.lines.iter().all(|line| line.refused.is_none())
    }
}

/// Something that is open, or may be.
struct StillOpen {
    /// What, for people.
    words: String,
    /// Whether it may end by waiting.
    goes: bool,
}

impl Handle {
    /// Closes positions, of one instrument alone where that is named, and waits at most
    /// `within` until none is left.
    pub async fn close(
        &self,
        by: &ActBy,
        reach: Reach,
        symbol: Option<String>,
        within: Duration,
    ) -> Result<Closed, Gone> {
        let act = Act::Close { reach, symbol: symbol.clone() };
        self.until_flat(by, act, reach, symbol.as_deref(), within).await
    }

    /// Closes everything, has nothing opened until it is resumed, and waits at most `within`
    /// until nothing is open.
    pub async fn kill(&self, by: &ActBy, reach: Reach, within: Duration) -> Result<Closed, Gone> {
        self.until_flat(by, Act::Kill(reach), reach, None, within).await
    }

    /// Has an act done that closes positions, and waits until none is left.
    async fn until_flat(
        &self,
        by: &ActBy,
        act: Act,
        reach: Reach,
        symbol: Option<&str>,
        within: Duration,
    ) -> Result<Closed, Gone> {
        let acted = self.command(by, act).await?;
        let is_refused = acted.lines.iter().any(|line| line.refused.is_some());
        let wait = async {
            loop {
                let left = self.left_open(reach, symbol).await?;
                if is_refused || !left.iter().any(|left| left.goes) {
                    return Ok(left);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let left = match tokio::time::timeout(within, wait).await {
            Ok(left) => left?,
            Err(_) => self.left_open(reach, symbol).await?,
        };
        Ok(Closed { acted, left: left.into_iter().map(|left| left.words).collect() })
    }

    /// What is open, or may be, in accounts and instruments.
    async fn left_open(&self, reach: Reach, symbol: Option<&str>) -> Result<Vec<StillOpen>, Gone> {
        let status = self.status().await?;
        let reached = status.runner.accounts.iter().filter(|account| reach.covers(account.id));
        Ok(reached.flat_map(|account| left_in(account, symbol)).collect())
    }
}

/// What is open, or may be, in an account.
fn left_in(account: &AccountReport, symbol: Option<&str>) -> Vec<StillOpen> {
    let name = &account.name;
    let wanted = |of: &str| symbol.is_none_or(|symbol| symbol == of);
    let ours = |words: String| StillOpen { words: format!("{name}: {words}"), goes: true };
    let theirs = |words: String| StillOpen {
        words: format!("{name}: {words}, which this program did not open and leaves alone"),
        goes: false,
    };
    let mut left = Vec::new();
    for held in account.positions.iter().filter(|p| wanted(&p.symbol)) {
        let side = held.side.position_word();
        left.push(ours(format!("{side} {} {} of {}", held.quantity, held.symbol, held.strategy)));
    }
    for order in account.orders.iter().filter(|o| wanted(&o.symbol)) {
        let (number, price) = (&order.number, order.price);
        left.push(ours(format!(
            "order {number} of {} {} at {price} waits",
            order.volume, order.symbol
        )));
    }
    left.extend(account.under_way.iter().map(|what| ours(what.clone())));
    for held in account.foreign.iter().filter(|p| wanted(&p.symbol)) {
        let side = held.side.position_word();
        left.push(theirs(format!("position {}, {side} {} {}", held.id, held.volume, held.symbol)));
    }
    for order in account.foreign_orders.iter().filter(|o| wanted(&o.symbol)) {
        let (number, price) = (&order.id, order.price);
        left.push(theirs(format!(
            "order {number} of {} {} at {price}",
            order.volume, order.symbol
        )));
    }
    if !account.known {
        // Nobody logs in for it, so that nothing more will be heard.
        let goes = !matches!(account.session, Some(LinkState::Off(_)));
        let words = format!("{name}: what it holds is not known");
        left.push(StillOpen { words, goes });
    }
    left
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::json;
    use tickstep_core::units::Nanos;

    use super::*;
    use crate::runner::Off;

    /// An account at a broker that is logged in and holds what is given.
    fn account(positions: &str, foreign: &str) -> AccountReport {
        let (none, zero) = (serde_json::Value::Null, Decimal::ZERO);
        let position = |symbol: &str| {
            json!({
                "strategy": "mine", "symbol": symbol, "side": "buy", "quantity": "3",
                "entry": "5", "since": 0, "bracket": { "stop": none, "target": none },
                "now": none, "at_broker": ["W1"],
            })
        };
        let theirs = |symbol: &str| {
            json!({
                "id": "W7", "symbol": symbol, "side": "sell", "volume": "2", "open_price": "5",
                "open_time": 0, "bracket": { "stop": none, "target": none }, "commission": zero,
                "swap": zero, "profit": none, "comment": none,
            })
        };
        let positions: Vec<_> = positions.split_whitespace().map(position).collect();
        let foreign: Vec<_> = foreign.split_whitespace().map(theirs).collect();
        let account = json!({
            "id": 0, "name": "main", "paper": false, "session": LinkState::Off(Off::Operator),
            "stopped": none, "known": true, "halted": none, "cash": zero, "equity": zero,
            "at_broker": none, "positions": positions, "differences": [], "orders": [],
            "foreign": foreign, "foreign_orders": [], "under_way": [], "read_back_every": none,
            "read_back": none, "lists_from": none, "left_alone_until": none,
            "next_question": none, "left_today": none, "strategies": [],
            "limits": { "day_open": none, "peak": none, "reached": [] },
        });
        serde_json::from_value(account).unwrap()
    }

    fn told(account: &AccountReport, symbol: Option<&str>) -> Vec<(String, bool)> {
        left_in(account, symbol).into_iter().map(|left| (left.words, left.goes)).collect()
    }

    #[test]
    fn what_is_not_ours_is_named_and_not_waited_for() {
        let ours = ("main: long 3 GOLD of mine".to_owned(), true);
        let theirs = "main: position W7, short 2 OIL, which this program did not open and leaves \
                      alone";
        let theirs = (theirs.to_owned(), false);
        let both = account("GOLD", "OIL");
        assert_eq!(told(&both, None), [ours.clone(), theirs.clone()]);
        assert_eq!(told(&both, Some("GOLD")), [ours]);
        assert_eq!(told(&both, Some("OIL")), [theirs]);
        assert_eq!(told(&both, Some("TIN")), []);
        assert_eq!(told(&account("", ""), None), []);
    }

    #[test]
    fn what_nobody_logs_in_for_is_unknown_and_not_waited_for() {
        let unknown = "main: what it holds is not known".to_owned();
        let mut off = account("", "");
        off.known = false;
        assert_eq!(told(&off, None), [(unknown.clone(), false)]);
        off.session = Some(LinkState::Down { attempts: 1, at: Nanos(0) });
        assert_eq!(told(&off, None), [(unknown, true)]);
    }
}
