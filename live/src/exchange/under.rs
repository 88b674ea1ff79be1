//! An instruction with a fault on its way: what is done, and what the client sees of it.

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::instruction::{Instruction, Note, Objection, Receipt};
use super::trouble::{LostReply, Trouble};
use super::venue::Exchange;

/// What a client sees of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// The answer.
    Answered(T),
    /// The answer, with an error's code in it though it was done.
    OddCode(T),
    /// Nothing that says what came of it.
    Lost(LostReply),
    /// The session is over.
    Unauthorised,
    /// A page that says it may not come in.
    Forbidden,
    /// A redirect of this status.
    Redirected(u16),
    /// Too many requests, and what `Retry-After` says where it is there.
    TooMany(Option<u32>),
    /// What was asked for is gone.
    Gone,
}

impl Trouble {
    /// What a client sees of a read, or of a login, under this fault; `None` where it sees
    /// the answer.
    #[must_use]
    pub const fn hides<T>(&self) -> Option<Seen<T>> {
        match self {
            Self::Lost { reply, .. } => Some(Seen::Lost(*reply)),
            Self::Unauthorised => Some(Seen::Unauthorised),
            Self::Forbidden => Some(Seen::Forbidden),
            Self::Redirect { status, .. } => Some(Seen::Redirected(*status)),
            Self::TooMany { retry_after_s } => Some(Seen::TooMany(*retry_after_s)),
            Self::Gone => Some(Seen::Gone),
            Self::DoneLater { .. }
            | Self::Rejected { .. }
            | Self::OddCode
            | Self::Part { .. }
            | Self::Slipped { .. }
            | Self::DoubledCandles
            | Self::ShuffledCandles => None,
        }
    }
}

impl Trouble {
    /// Whether what was asked is done although the reply is lost.
    #[must_use]
    pub const fn executes(&self) -> bool {
        matches!(self, Self::Lost { executed: true, .. } | Self::Redirect { executed: true, .. })
    }
}

impl Exchange {
    /// Tells the exchange to do something, under a fault where there is one.
    pub fn submit_under(
        &mut self,
        now: Nanos,
        account: &str,
        instruction: Instruction,
        note: &Note,
        trouble: Option<&Trouble>,
    ) -> Seen<Result<Receipt, Objection>> {
        let Some(trouble) = trouble else {
            return Seen::Answered(self.submit(now, account, instruction, note));
        };
        if let Some(hidden) = trouble.hides() {
            if trouble.executes() {
                // What came of it is for the truth alone.
                let _unseen = self.submit(now, account, instruction, note);
            }
            return hidden;
        }
        match trouble {
            Trouble::DoneLater { after, reply } => {
                let receipt = self.submit_late(now, now + *after, account, instruction, note);
                reply.map_or(Seen::Answered(Ok(receipt)), Seen::Lost)
            }
            Trouble::Rejected { code, message } => {
                let (code, message) = (code.clone(), message.clone());
                Seen::Answered(Err(Objection::Ordered { code, message }))
            }
            Trouble::OddCode => {
                let done = self.submit(now, account, instruction, note);
                if done.is_ok() { Seen::OddCode(done) } else { Seen::Answered(done) }
            }
            Trouble::Part { permille } => {
                let part = self.part_of(instruction, *permille);
                Seen::Answered(self.submit(now, account, part, note))
            }
            Trouble::Slipped { ticks } => {
                // What is due before it does not slip.
                self.advance(now);
                self.worse = *ticks;
                let done = self.submit(now, account, instruction, note);
                self.worse = 0;
                Seen::Answered(done)
            }
            Trouble::DoubledCandles
            | Trouble::ShuffledCandles
            | Trouble::Lost { .. }
            | Trouble::Redirect { .. }
            | Trouble::Unauthorised
            | Trouble::Forbidden
            | Trouble::TooMany { .. }
            | Trouble::Gone => Seen::Answered(self.submit(now, account, instruction, note)),
        }
    }

    /// An entry of part of the volume, at least the smallest there is.
    fn part_of(&self, instruction: Instruction, permille: u16) -> Instruction {
        let Instruction::Open { symbol, side, volume, levels } = instruction else {
            return instruction;
        };
        let part = self.markets.get(&symbol).map_or(volume, |market| {
            let listing = &market.listing;
            let wanted = volume * Decimal::new(i64::from(permille), 3);
            let steps = (wanted / listing.volume_step).floor();
            (steps * listing.volume_step).max(listing.volume_min).min(volume)
        });
        Instruction::Open { symbol, side, volume: part, levels }
    }
}
