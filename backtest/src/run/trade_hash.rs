//! A fingerprint of trades, so that runs can be told apart, or shown to be the
//! same, without keeping their trades.

use rust_decimal::Decimal;
use tickstep_core::ledger::Trade;
use xxhash_rust::xxh3::Xxh3Default;

/// XXH3 over the trades in the order they closed: slot, instrument, side, lots,
/// times, prices, exit reason, money. Excursions are no part of it. Equal runs
/// give equal hashes on every machine; it does not guard against forgery.
#[derive(Clone, Default)]
pub struct TradeHash(Xxh3Default);

impl TradeHash {
    /// Of trades in the order they closed.
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
        let mut bytes = [0_u8; 8 * 5 + 16 * 6];
        let (head, money) = bytes.split_at_mut(40);
        let what = u64::from(t.slot.0) << 48
            | u64::from(t.instrument.0) << 32
            | (t.exit as u64) << 8
            | u64::from(t.side.sign() > 0);
        let words = [what, t.lots.get().cast_unsigned(), t.entry.0];
        let times = [t.entry_ts.0.cast_unsigned(), t.exit_ts.0.cast_unsigned()];
        for (to, word) in head.chunks_exact_mut(8).zip(words.into_iter().chain(times)) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        let amounts = [t.entry_price, t.exit_price, t.gross, t.fees, t.funding, t.net];
        for (to, amount) in money.chunks_exact_mut(16).zip(amounts) {
            to.copy_from_slice(&amount.serialize());
        }
        self.0.update(&bytes);
    }

    /// The hash of what was taken so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        self.0.digest()
    }
}

/// So that nobody has to remember how many bytes a decimal has.
const _: () = assert!(size_of::<Decimal>() == 16);
