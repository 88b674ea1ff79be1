//! An account at a broker that does as it is told.

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;
use tickstep_live::broker::{ClosedRow, PendingOrder, VenuePosition, Write};

/// What a broker does with writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    Executes,
    /// Does it, and says nothing.
    ExecutesSilently,
    /// Does it, and says that it did not.
    ExecutesAndRefuses,
    /// Refuses it for a reason that does not pass.
    RefusesForGood,
    Rejects,
}

/// An account at its broker.
pub struct Book {
    pub positions: Vec<VenuePosition>,
    pub rows: Vec<ClosedRow>,
    /// Orders that wait.
    pub orders: Vec<PendingOrder>,
    pub balance: Decimal,
    pub habit: Habit,
    /// Whether the password is refused.
    pub stranger: bool,
    /// Whether questions are not answered.
    pub mute: bool,
    /// Commission of an entry, and whether it is taken out of the balance at once.
    pub commission: (Decimal, bool),
    /// Decimals that profits are rounded to, and whether rows state them.
    pub states: (u32, bool),
    pub numbers: u32,
}

impl Book {
    pub fn carry_out(&mut self, now: Nanos, px: Decimal, write: &Write) -> Option<String> {
        match write {
            Write::Open { symbol, side, volume, bracket } => {
                self.numbers += 1;
                let id = format!("W{}", self.numbers);
                self.positions.push(VenuePosition {
                    id: id.clone(),
                    symbol: symbol.clone(),
                    side: *side,
                    volume: *volume,
                    open_price: px,
                    open_time: now,
                    bracket: *bracket,
                    commission: -self.commission.0,
                    swap: Decimal::ZERO,
                    profit: None,
                    comment: None,
                });
                if self.commission.1 {
                    self.balance -= self.commission.0;
                }
                Some(id)
            }
            Write::EditPosition { position, bracket, .. } => {
                let held = self.positions.iter_mut().find(|p| p.id == *position)?;
                held.bracket = *bracket;
                Some(position.clone())
            }
            Write::Close { position, volume, .. } => {
                self.close(now, px, position, *volume);
                Some(position.clone())
            }
            Write::CreateOrder { symbol, side, volume, kind, price, bracket } => {
                self.numbers += 1;
                let id = format!("P{}", self.numbers);
                self.orders.push(PendingOrder {
                    id: id.clone(),
                    symbol: symbol.clone(),
                    side: *side,
                    kind: *kind,
                    volume: *volume,
                    price: *price,
                    created: Some(now),
                    bracket: *bracket,
                    comment: None,
                });
                Some(id)
            }
            Write::EditOrder { order, price, bracket, .. } => {
                let waiting = self.orders.iter_mut().find(|o| o.id == *order)?;
                (waiting.price, waiting.bracket) = (*price, *bracket);
                Some(order.clone())
            }
            Write::CancelOrder { order, .. } => {
                self.orders.retain(|o| o.id != *order);
                Some(order.clone())
            }
        }
    }

    /// An order that waits fills, into a position of this number.
    pub fn fill(&mut self, now: Nanos, order: &str, position: &str) {
        let at = self.orders.iter().position(|o| o.id == order).unwrap();
        let order = self.orders.remove(at);
        self.positions.push(VenuePosition {
            id: position.to_owned(),
            symbol: order.symbol,
            side: order.side,
            volume: order.volume,
            open_price: order.price,
            open_time: now,
            bracket: order.bracket,
            commission: Decimal::ZERO,
            swap: Decimal::ZERO,
            profit: None,
            comment: None,
        });
    }

    /// Closes so much of a position, whoever wants it.
    pub fn close(&mut self, now: Nanos, px: Decimal, position: &str, volume: Decimal) {
        let Some(at) = self.positions.iter().position(|p| p.id == position) else { return };
        let held = &mut self.positions[at];
        let commission = held.commission * volume / held.volume;
        held.volume -= volume;
        held.commission -= commission;
        let profit = (px - held.open_price) * volume * Decimal::from(held.side.sign());
        let profit = profit.round_dp(self.states.0);
        self.balance += profit;
        if !self.commission.1 {
            self.balance += commission;
        }
        self.rows.push(ClosedRow {
            uid: format!("{position}_{}", self.rows.len()),
            position: position.to_owned(),
            symbol: held.symbol.clone(),
            side: held.side,
            volume,
            open_price: held.open_price,
            close_price: px,
            open_time: held.open_time,
            close_time: now,
            commission,
            swap: Decimal::ZERO,
            profit: self.states.1.then_some(profit),
            reason: None,
            comment: held.comment.clone(),
        });
        if held.volume.is_zero() {
            self.positions.remove(at);
        }
    }
}
