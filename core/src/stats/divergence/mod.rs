//! Where two lists of trades of the same strategies part, and what each parting
//! cost: a live run against the backtest of the same days, two venues, two versions.
//!
//! # The rule
//!
//! A trade of the reference and one of the other list **match** when slot,
//! instrument and side are the same and their entries lie within a tolerance. Both
//! lists are walked in the order of entry; each trade matches once, the earliest
//! possible first. Trades of the reference left over were **missed**, those of the
//! other list are **extra**.
//!
//! The gap is the other list's net P&L less the reference's. Of a matched pair:
//!
//! - **size**: what the surplus quantity of the larger trade earned at its own
//!   prices, gained or forgone. All else is on the quantity that both traded.
//! - **price**: entry and exit at another price at the same instant: fill quality.
//! - **latency**: entry or exit at another price at another instant within the
//!   tolerance. Where the price of both instants is known, latency is only what it
//!   moved between them, and the rest of that side is price.
//! - **exits**: an exit further apart than the tolerance was another decision, not
//!   a delay.
//! - **fees** and **funding**: the differences, those of size included.
//!
//! **missed** is the net P&L of missed trades with its sign turned (a missed loss is
//! a gain), **rejected** that part of it whose orders the venue rejected, where the
//! rejects are told ([`Divergence::with_rejects`]), **extra** that of extra trades. The parts add up to the gap to the last
//! digit: money is exact, and the exit of a pair takes what roundings leave.
//!
//! Swapping the lists turns the sign of every part, missed and extra trading places.
//!
//! # Known limits
//!
//! A tolerance longer than the time between two entries of a slot can match a trade
//! with its neighbour. Where a rate converts into the account currency, a change of
//! the rate between entries and exits counts to the exit.

mod rejects;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::{AddAssign, Neg};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::ledger::Trade;
use crate::order::SlotId;
use crate::units::{Nanos, Side};
pub use rejects::RejectedEntry;

/// Decimals that parts of money are rounded to, at least.
const DECIMALS: u32 = 8;

/// A gap of net P&L in parts, account currency; above zero where the other list
/// earned more than the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapParts {
    /// Part from other prices at the same instants.
    pub price: Decimal,
    /// Part from prices that moved between two instants within the tolerance.
    pub latency: Decimal,
    /// Part from exits further apart than the tolerance.
    pub exits: Decimal,
    /// Part from quantity that only one of the two trades had.
    pub size: Decimal,
    /// Part from other fees.
    pub fees: Decimal,
    /// Part from other funding and swap.
    pub funding: Decimal,
    /// Part from trades of the reference that the other list lacks, rejects left out.
    pub missed: Decimal,
    /// Part from trades of the reference whose orders the other's venue rejected.
    pub rejected: Decimal,
    /// Part from trades of the other list that the reference lacks.
    pub extra: Decimal,
}

impl GapParts {
    /// The gap itself, the sum of all parts.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.price
            + self.latency
            + self.exits
            + self.size
            + self.fees
            + self.funding
            + self.missed
            + self.rejected
            + self.extra
    }
}

impl AddAssign for GapParts {
    fn add_assign(&mut self, more: Self) {
        self.price += more.price;
        self.latency += more.latency;
        self.exits += more.exits;
        self.size += more.size;
        self.fees += more.fees;
        self.funding += more.funding;
        self.missed += more.missed;
        self.rejected += more.rejected;
        self.extra += more.extra;
    }
}

/// The gap seen from the other side: signs turned, missed and extra in each other's place;
/// what was rejected there is extra here.
impl Neg for GapParts {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            price: -self.price,
            latency: -self.latency,
            exits: -self.exits,
            size: -self.size,
            fees: -self.fees,
            funding: -self.funding,
            missed: -self.extra,
            rejected: Decimal::ZERO,
            extra: -(self.missed + self.rejected),
        }
    }
}

/// A trade that both lists have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchedTrade {
    /// Its place in the reference.
    pub reference: usize,
    /// Its place in the other list.
    pub other: usize,
    /// What it adds to the gap.
    pub gap: GapParts,
}

/// Two lists of trades held against each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Trades that both lists have, in the order of the reference.
    pub matched: Vec<MatchedTrade>,
    /// Places of trades that only the reference has, rejects left out.
    pub missed: Vec<usize>,
    /// Places of trades of the reference whose orders the other's venue rejected.
    pub rejected: Vec<usize>,
    /// Places of trades that only the other list has.
    pub extra: Vec<usize>,
    /// The gap of all trades, in its parts.
    pub gap: GapParts,
}

impl Divergence {
    /// Of `other` from `reference`; entries up to `tolerance` apart may match.
    ///
    /// A long of 10 at 100, out at 102, was filled live two seconds late at 100.10,
    /// out at the same instant at 101.95: the entry's ten cents are latency, the
    /// exit's five are price. A second trade, a loss of 3, was not taken.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_core::instrument::InstrumentId;
    /// use tickstep_core::ledger::Trade;
    /// use tickstep_core::order::{ExitReason, OrderId, SlotId};
    /// use tickstep_core::stats::Divergence;
    /// use tickstep_core::units::{Lots, Nanos, Side};
    ///
    /// let trade = |entry: i64, exit: i64, cents: [i64; 2], fees: i64| {
    ///     let [bought, sold] = cents.map(|c| Decimal::new(c, 2));
    ///     let (lots, fees) = (Decimal::TEN, Decimal::new(fees, 2));
    ///     Trade {
    ///         slot: SlotId(0),
    ///         instrument: InstrumentId(0),
    ///         side: Side::Buy,
    ///         lots: Lots::new(10).unwrap(),
    ///         entry: OrderId(1),
    ///         entry_ts: Nanos::SECOND.times(entry),
    ///         exit_ts: Nanos::SECOND.times(exit),
    ///         entry_price: bought,
    ///         exit_price: sold,
    ///         exit: ExitReason::Target,
    ///         gross: (sold - bought) * lots,
    ///         fees,
    ///         funding: Decimal::ZERO,
    ///         slippage: Decimal::ZERO,
    ///         net: (sold - bought) * lots - fees,
    ///         entry_notional: bought * lots,
    ///         exit_notional: sold * lots,
    ///         initial_risk: None,
    ///         mae: 0.0,
    ///         mfe: 0.0,
    ///         ambiguous: false,
    ///     }
    /// };
    /// let backtest = [trade(60, 300, [10_000, 10_200], 100), trade(900, 960, [10_100, 10_080], 100)];
    /// let live = [trade(62, 300, [10_010, 10_195], 120)];
    ///
    /// let found = Divergence::between(&backtest, &live, Nanos::SECOND.times(5));
    /// assert_eq!((found.matched.len(), found.missed.as_slice()), (1, &[1][..]));
    /// let gap = found.gap;
    /// assert_eq!(gap.latency, Decimal::new(-100, 2)); // 10 x 0.10 paid more
    /// assert_eq!(gap.price, Decimal::new(-50, 2)); // 10 x 0.05 received less
    /// assert_eq!(gap.fees, Decimal::new(-20, 2));
    /// assert_eq!(gap.missed, Decimal::new(300, 2)); // a loss not taken
    /// assert_eq!(gap.total(), live[0].net - backtest[0].net - backtest[1].net);
    /// ```
    #[must_use]
    pub fn between(reference: &[Trade], other: &[Trade], tolerance: Nanos) -> Self {
        Self::with_prices(reference, other, tolerance, |_, _| None)
    }

    /// The same with the price of an instrument at an instant, where it is known, so
    /// that of a late fill only what the price moved meanwhile is latency.
    #[must_use]
    pub fn with_prices(
        reference: &[Trade],
        other: &[Trade],
        tolerance: Nanos,
        price_at: impl Fn(InstrumentId, Nanos) -> Option<Decimal>,
    ) -> Self {
        let mut found = Self::default();
        let (references, mut others) = (by_key(reference), by_key(other));
        for (key, references) in references {
            let others = others.remove(&key).unwrap_or_default();
            found.pair(reference, &references, other, &others, tolerance);
        }
        found.extra.extend(others.into_values().flatten());
        found.matched.sort_unstable_by_key(|m| m.reference);
        found.missed.sort_unstable();
        found.extra.sort_unstable();
        for m in &mut found.matched {
            let pair = TradePair::new(&reference[m.reference], &other[m.other], tolerance);
            m.gap = pair.gap(&price_at);
            found.gap += m.gap;
        }
        found.gap.missed = -found.missed.iter().map(|i| reference[*i].net).sum::<Decimal>();
        found.gap.extra = found.extra.iter().map(|i| other[*i].net).sum();
        found
    }

    /// Matches trades of one slot, instrument and side, both in the order of entry.
    fn pair(
        &mut self,
        reference: &[Trade],
        references: &[usize],
        other: &[Trade],
        others: &[usize],
        tolerance: Nanos,
    ) {
        let (mut r, mut o) = (0, 0);
        while let (Some(&ours), Some(&theirs)) = (references.get(r), others.get(o)) {
            let late = other[theirs].entry_ts - reference[ours].entry_ts;
            if apart(late) <= tolerance.0.unsigned_abs() {
                let gap = GapParts::default();
                self.matched.push(MatchedTrade { reference: ours, other: theirs, gap });
                (r, o) = (r + 1, o + 1);
            } else if late > Nanos(0) {
                self.missed.push(ours);
                r += 1;
            } else {
                self.extra.push(theirs);
                o += 1;
            }
        }
        self.missed.extend(&references[r..]);
        self.extra.extend(&others[o..]);
    }
}

/// What trades must share to match; `true` for long.
type MatchKey = (SlotId, InstrumentId, bool);

/// Places of trades in the order of entry, by what they must share.
fn by_key(trades: &[Trade]) -> BTreeMap<MatchKey, Vec<usize>> {
    let mut keys: BTreeMap<MatchKey, Vec<usize>> = BTreeMap::new();
    for (i, t) in trades.iter().enumerate() {
        keys.entry((t.slot, t.instrument, t.side == Side::Buy)).or_default().push(i);
    }
    for places in keys.values_mut() {
        places.sort_by_key(|i| (trades[*i].entry_ts, trades[*i].exit_ts));
    }
    keys
}

fn apart(span: Nanos) -> u64 {
    span.0.unsigned_abs()
}

/// A matched pair, and what its parts of the gap are made of.
struct TradePair<'a> {
    reference: &'a Trade,
    other: &'a Trade,
    tolerance: Nanos,
    /// Quantity that both traded, lots.
    lots: Decimal,
    /// Money of one price unit of all matched lots, with the sign of the side.
    worth: Decimal,
    /// Decimals that parts are rounded to, so that sums of them are exact.
    decimals: u32,
}

impl<'a> TradePair<'a> {
    fn new(reference: &'a Trade, other: &'a Trade, tolerance: Nanos) -> Self {
        let lots = Decimal::from(reference.lots.min(other.lots).get());
        // Of one lot, the mean of what both entries say: a rate may differ between them.
        let worth = |t: &Trade| {
            let priced = t.entry_price * Decimal::from(t.lots.get());
            t.entry_notional.checked_div(priced).unwrap_or_default()
        };
        let worth = (worth(reference) + worth(other)) / Decimal::TWO;
        let money = |t: &Trade| [t.gross, t.fees, t.funding, t.net].map(|m| m.scale());
        let finest = money(reference).into_iter().chain(money(other)).max();
        Self {
            reference,
            other,
            tolerance,
            lots,
            worth: worth * lots * Decimal::from(reference.side.sign()),
            decimals: finest.unwrap_or_default().max(DECIMALS),
        }
    }

    fn gap(&self, price_at: &impl Fn(InstrumentId, Nanos) -> Option<Decimal>) -> GapParts {
        let (r, o) = (self.reference, self.other);
        let mut gap = GapParts {
            size: self.surplus(o) - self.surplus(r),
            fees: r.fees - o.fees,
            funding: r.funding - o.funding,
            ..GapParts::default()
        };
        let matched = o.net - r.net - gap.total();
        let entry = self.money(r.entry_price - o.entry_price);
        let exit = matched - entry;
        // What the price moved from the reference's instant to the other's.
        let moved = |from: Nanos, to: Nanos| {
            Some(price_at(r.instrument, to)? - price_at(r.instrument, from)?)
        };
        let entry_moved = moved(r.entry_ts, o.entry_ts).map(|by| self.money(-by));
        let exit_moved = moved(r.exit_ts, o.exit_ts).map(|by| self.money(by));
        gap.side(entry, o.entry_ts - r.entry_ts, entry_moved);
        if apart(o.exit_ts - r.exit_ts) > self.tolerance.0.unsigned_abs() {
            gap.exits = exit;
        } else {
            gap.side(exit, o.exit_ts - r.exit_ts, exit_moved);
        }
        gap
    }

    /// What the lots of a trade beyond the matched ones earned, before costs.
    fn surplus(&self, t: &Trade) -> Decimal {
        let lots = Decimal::from(t.lots.get());
        let share = (t.gross * (lots - self.lots)).checked_div(lots);
        share.unwrap_or_default().round_dp(self.decimals)
    }

    /// Money of a price difference on the matched lots.
    fn money(&self, price: Decimal) -> Decimal {
        (price * self.worth).round_dp(self.decimals)
    }
}

impl GapParts {
    /// Takes the difference of one side of a pair whose fills were `late` apart.
    fn side(&mut self, difference: Decimal, late: Nanos, moved: Option<Decimal>) {
        let latency = if late == Nanos(0) { Decimal::ZERO } else { moved.unwrap_or(difference) };
        self.latency += latency;
        self.price += difference - latency;
    }
}

#[cfg(test)]
mod tests;
