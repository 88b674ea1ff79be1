//! A fingerprint of trades, so that runs can be told apart, or shown to be the
//! same, without keeping their trades.

use alloc::string::String;
use alloc::vec::Vec;

use rust_decimal::Decimal;
use xxhash_rust::xxh3::Xxh3Default;

use crate::instrument::InstrumentId;
use crate::ledger::Trade;
use crate::order::{ExitReason, SlotId};
use crate::units::{Lots, Nanos, Side};

/// Bytes gathered before they are hashed: many short updates cost more than one.
const GATHERED: usize = 4096;

/// A hash as files and other programs have it: 16 hex digits.
///
/// ```
/// assert_eq!(tickstep_core::trade_hash::text(255), "00000000000000ff");
/// ```
#[must_use]
pub fn text(hash: u64) -> String {
    alloc::format!("{hash:016x}")
}

/// XXH3 over the trades in the order they closed: slot, instrument, side, lots,
/// times, prices, exit reason, money. Excursions are no part of it. Equal runs
/// give equal hashes on every machine; it does not guard against forgery.
#[derive(Clone, Default)]
pub struct TradeHash {
    hash: Xxh3Default,
    gathered: Vec<u8>,
}

/// What of a trade is hashed, for those who keep no [`Trade`].
#[derive(Clone, Copy, Debug)]
pub struct HashedTrade {
    /// The slot it was taken in.
    pub slot: SlotId,
    /// The instrument traded.
    pub instrument: InstrumentId,
    /// `Buy` for a long position, `Sell` for a short one.
    pub side: Side,
    /// Quantity of all entry fills, in lots.
    pub lots: Lots,
    /// Reason of the last exit fill.
    pub exit: ExitReason,
    /// Times of the first entry fill and the last exit fill, nanoseconds since the Unix
    /// epoch.
    pub times: [Nanos; 2],
    /// Entry and exit price, gross, fees, funding and net, each as its digits and how
    /// many of them are decimals.
    pub numbers: [(i128, u32); 6],
}

impl TradeHash {
    /// The hash of `trades`, which are in the order they closed.
    #[must_use]
    pub fn of(trades: &[Trade]) -> u64 {
        let mut hash = Self::default();
        for trade in trades {
            hash.push(trade);
        }
        hash.finish()
    }

    /// Takes the next trade.
    pub fn push(&mut self, t: &Trade) {
        let digits = |d: Decimal| (d.mantissa(), d.scale());
        self.push_hashed(&HashedTrade {
            slot: t.slot,
            instrument: t.instrument,
            side: t.side,
            lots: t.lots,
            exit: t.exit,
            times: [t.entry_ts, t.exit_ts],
            numbers: [t.entry_price, t.exit_price, t.gross, t.fees, t.funding, t.net].map(digits),
        });
    }

    /// Takes what is hashed of the next trade.
    #[inline]
    pub fn push_hashed(&mut self, p: &HashedTrade) {
        let what = u64::from(p.slot.0) << 48
            | u64::from(p.instrument.0) << 32
            | (p.exit as u64) << 8
            | u64::from(p.side.sign() > 0);
        let [entry, exit] = p.times.map(|ts| ts.0.cast_unsigned());
        let mut bytes = [0; 8 * 4 + 16 * 6];
        let (head, numbers) = bytes.split_at_mut(32);
        for (to, word) in
            head.chunks_exact_mut(8).zip([what, p.lots.get().cast_unsigned(), entry, exit])
        {
            to.copy_from_slice(&word.to_le_bytes());
        }
        for (to, (digits, decimals)) in numbers.chunks_exact_mut(16).zip(p.numbers) {
            // A decimal has 96 bits of digits, so its decimals fit above them.
            let number = digits ^ (i128::from(decimals) << 120);
            to.copy_from_slice(&number.to_le_bytes());
        }
        if self.gathered.len() + bytes.len() > GATHERED {
            self.hash.update(&self.gathered);
            self.gathered.clear();
        }
        self.gathered.extend_from_slice(&bytes);
    }

    /// The hash of what was taken so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        let mut hash = self.hash.clone();
        hash.update(&self.gathered);
        hash.digest()
    }
}
