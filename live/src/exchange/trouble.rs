//! Faults of a venue and of the way to it: which there are, when one was ordered, and how
//! often they come by themselves.
//!
//! Those that lose a reply come in pairs that look the same from outside: what was asked was
//! done, or was not.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

/// Everything that can be asked of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueCall {
    /// Which broker it is.
    Details,
    /// Opening a session.
    LogIn,
    /// Prolonging a session.
    Refresh,
    /// Money.
    Balance,
    /// Instruments.
    Instruments,
    /// Prices.
    Quotes,
    /// Bars.
    Candles,
    /// Open positions.
    Positions,
    /// Orders that wait.
    Orders,
    /// Closed rows.
    Closed,
    /// Opening a position.
    Open,
    /// Changing a position's levels.
    EditPosition,
    /// Closing a position.
    Close,
    /// Closing part of a position.
    ClosePart,
    /// Closing several positions.
    CloseMany,
    /// Creating an order that waits.
    CreateOrder,
    /// Changing an order that waits.
    EditOrder,
    /// Withdrawing an order that waits.
    CancelOrder,
}

impl VenueCall {
    /// Whether it changes an account.
    #[must_use]
    pub const fn is_write(self) -> bool {
        match self {
            Self::Open
            | Self::EditPosition
            | Self::Close
            | Self::ClosePart
            | Self::CloseMany
            | Self::CreateOrder
            | Self::EditOrder
            | Self::CancelOrder => true,
            Self::Details
            | Self::LogIn
            | Self::Refresh
            | Self::Balance
            | Self::Instruments
            | Self::Quotes
            | Self::Candles
            | Self::Positions
            | Self::Orders
            | Self::Closed => false,
        }
    }
}

/// What becomes of a reply that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostReply {
    /// It comes after nobody waits any more.
    Late,
    /// 502 from something in between.
    BadGateway,
    /// The connection is reset.
    Reset,
    /// 200 without a body.
    Empty,
    /// 200 with `{}`.
    Blank,
    /// 200 with something that is no JSON.
    Unreadable,
    /// 200, and the connection ends in the middle of the body.
    Torn,
}

impl LostReply {
    const ALL: [Self; 7] = [
        Self::Late,
        Self::BadGateway,
        Self::Reset,
        Self::Empty,
        Self::Blank,
        Self::Unreadable,
        Self::Torn,
    ];
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trouble {
    /// The reply is lost.
    Lost {
        /// Whether what was asked was done.
        executed: bool,
        /// How the reply is lost.
        reply: LostReply,
    },
    /// It is done some time after it was answered, or after its reply was lost.
    DoneLater {
        /// How much later.
        after: Nanos,
        /// How the reply is lost; it is `OK` where it is not.
        reply: Option<LostReply>,
    },
    /// It is refused, though nothing is wrong with it.
    Rejected {
        /// The code.
        code: Option<String>,
        /// The words.
        message: String,
    },
    /// It is done, and the reply is `OK` with an error's code in it.
    OddCode,
    /// Only part of the volume is done.
    Part {
        /// How much of it, in thousandths, rounded down to a step.
        permille: u16,
    },
    /// It is done at a worse price.
    Slipped {
        /// How many ticks worse.
        ticks: u32,
    },
    /// The session ends, and the answer is 401.
    Unauthorised,
    /// 403 with a page in HTML.
    Forbidden,
    /// A redirect to the same place.
    Redirect {
        /// Whether what was asked was done before.
        executed: bool,
        /// The status: 302, 307 or 308.
        status: u16,
    },
    /// 429.
    TooMany {
        /// What `Retry-After` says, where it is there.
        retry_after_s: Option<u32>,
    },
    /// 410.
    Gone,
    /// Bars come twice.
    DoubledCandles,
    /// Bars come out of order.
    ShuffledCandles,
}

impl Trouble {
    /// Whether it can happen to this call.
    #[must_use]
    pub const fn befalls(&self, call: VenueCall) -> bool {
        match self {
            Self::Lost { .. }
            | Self::Forbidden
            | Self::Redirect { .. }
            | Self::TooMany { .. }
            | Self::Gone => true,
            Self::DoneLater { .. } | Self::Rejected { .. } | Self::OddCode => call.is_write(),
            Self::Part { .. } => matches!(call, VenueCall::Open),
            Self::Slipped { .. } => {
                matches!(call, VenueCall::Open | VenueCall::Close | VenueCall::ClosePart)
            }
            Self::Unauthorised => {
                !matches!(call, VenueCall::Details | VenueCall::LogIn | VenueCall::Refresh)
            }
            Self::DoubledCandles | Self::ShuffledCandles => matches!(call, VenueCall::Candles),
        }
    }

    /// Makes of bars what this fault makes of them: each third comes twice, or each two
    /// change places.
    pub fn disturb<T: Clone>(&self, candles: &mut Vec<T>) {
        match self {
            Self::DoubledCandles => {
                for at in (0..candles.len()).step_by(3).rev() {
                    candles.insert(at, candles[at].clone());
                }
            }
            Self::ShuffledCandles => candles.chunks_exact_mut(2).for_each(<[T]>::reverse),
            Self::Lost { .. }
            | Self::DoneLater { .. }
            | Self::Rejected { .. }
            | Self::OddCode
            | Self::Part { .. }
            | Self::Slipped { .. }
            | Self::Unauthorised
            | Self::Forbidden
            | Self::Redirect { .. }
            | Self::TooMany { .. }
            | Self::Gone => {}
        }
    }
}

/// How often each fault comes by itself, in a million calls that it can happen to. Half of
/// those that lose a reply were carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TroubleRates {
    /// Replies that are lost.
    pub lost: u32,
    /// Writes that are done after they were answered, half of them with a lost reply.
    pub done_later: u32,
    /// Writes that are refused for no reason.
    pub rejected: u32,
    /// Writes that are `OK` with an error's code.
    pub odd_code: u32,
    /// Entries of which only part is done.
    pub part: u32,
    /// Sessions that end.
    pub unauthorised: u32,
    /// 403.
    pub forbidden: u32,
    /// Redirects.
    pub redirect: u32,
    /// 429.
    pub too_many: u32,
    /// 410.
    pub gone: u32,
    /// Bars that come twice.
    pub doubled_candles: u32,
    /// Bars out of order.
    pub shuffled_candles: u32,
    /// Calls at which the feed of an instrument begins to stand still, for 5 to 60 seconds.
    pub frozen: u32,
    /// Calls at which the session of an instrument closes, for as long.
    pub closed: u32,
    /// Calls at which a login begins to list another account before its own, for as long.
    pub strangers: u32,
}

impl TroubleRates {
    /// Every fault that a runner has to survive, each in `per_million` calls; those that
    /// last, in a twentieth of that.
    #[must_use]
    pub const fn all(per_million: u32) -> Self {
        let r = per_million;
        Self {
            lost: r,
            done_later: r,
            rejected: r,
            odd_code: r,
            part: r,
            unauthorised: r,
            forbidden: r,
            redirect: r,
            too_many: r,
            gone: r,
            doubled_candles: r,
            shuffled_candles: r,
            frozen: r / 20,
            closed: r / 20,
            strangers: r / 20,
        }
    }

    /// Draws what happens to a call.
    pub fn draw(&self, call: VenueCall, rng: &mut impl Rng) -> Option<Trouble> {
        let mut at: u32 = rng.random_range(0..1_000_000);
        let (first, second): (bool, bool) = (rng.random(), rng.random());
        let reply = LostReply::ALL[rng.random_range(0..LostReply::ALL.len())];
        let seconds: u32 = rng.random_range(1..=8);
        let after = Nanos(i64::from(seconds) * Nanos::SECOND.0);
        let message = "Rejected by liquidity provider".to_owned();
        let status = if first { 307 } else { 302 };
        let retry_after_s = first.then_some(seconds);
        let offers = [
            (self.lost, Trouble::Lost { executed: first, reply }),
            (self.done_later, Trouble::DoneLater { after, reply: first.then_some(reply) }),
            (self.rejected, Trouble::Rejected { code: None, message }),
            (self.odd_code, Trouble::OddCode),
            (self.part, Trouble::Part { permille: 500 }),
            (self.unauthorised, Trouble::Unauthorised),
            (self.forbidden, Trouble::Forbidden),
            (self.redirect, Trouble::Redirect { executed: second, status }),
            (self.too_many, Trouble::TooMany { retry_after_s }),
            (self.gone, Trouble::Gone),
            (self.doubled_candles, Trouble::DoubledCandles),
            (self.shuffled_candles, Trouble::ShuffledCandles),
        ];
        for (rate, trouble) in offers {
            if !trouble.befalls(call) {
                continue;
            }
            if at < rate {
                return Some(trouble);
            }
            at -= rate;
        }
        None
    }
}

/// A fault that was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedTrouble {
    /// Which calls; all that it can happen to, where none is named.
    #[serde(default)]
    pub call: Option<VenueCall>,
    /// Which account; all, where none is named. What opens or prolongs a session has no
    /// account yet and goes by its e-mail.
    #[serde(default)]
    pub account: Option<String>,
    /// How many of them go well first.
    #[serde(default)]
    pub skip: u32,
    /// How many do not then.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub trouble: Trouble,
}

const fn once() -> u32 {
    1
}

impl OrderedTrouble {
    /// The next call of this kind, on whichever account.
    #[must_use]
    pub const fn next(call: VenueCall, trouble: Trouble) -> Self {
        Self { call: Some(call), account: None, skip: 0, times: 1, trouble }
    }
}

/// What was ordered, and how often the rest comes.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    ordered: Vec<OrderedTrouble>,
    /// How often faults come by themselves.
    pub rates: TroubleRates,
}

impl Troubles {
    /// Orders a fault. What was ordered first comes first.
    pub fn order(&mut self, order: OrderedTrouble) {
        self.ordered.push(order);
    }

    /// Forgets what was ordered, and lets nothing come by itself.
    pub fn clear(&mut self) {
        self.ordered.clear();
        self.rates = TroubleRates::default();
    }

    /// What happens to a call.
    pub fn next(
        &mut self,
        call: VenueCall,
        account: Option<&str>,
        rng: &mut impl Rng,
    ) -> Option<Trouble> {
        for at in 0..self.ordered.len() {
            let order = &mut self.ordered[at];
            let meant = order.call.is_none_or(|c| c == call)
                && (order.account.is_none() || order.account.as_deref() == account)
                && order.trouble.befalls(call)
                && order.times > 0;
            if !meant {
                continue;
            }
            if order.skip > 0 {
                order.skip -= 1;
                continue;
            }
            order.times -= 1;
            let trouble = order.trouble.clone();
            self.ordered.retain(|order| order.times > 0);
            return Some(trouble);
        }
        self.rates.draw(call, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_pcg::Pcg64;

    #[test]
    fn an_order_waits_for_its_call_and_is_used_up() {
        let mut rng = Pcg64::seed_from_u64(1);
        let mut troubles = Troubles::default();
        let account = Some("2".to_owned());
        let order = OrderedTrouble {
            call: Some(VenueCall::Open),
            account,
            skip: 1,
            times: 2,
            trouble: Trouble::Gone,
        };
        troubles.order(order);
        let mut next = |call, account| troubles.next(call, Some(account), &mut rng);
        assert_eq!(next(VenueCall::Close, "2"), None);
        assert_eq!(next(VenueCall::Open, "1"), None);
        assert_eq!(next(VenueCall::Open, "2"), None);
        assert_eq!(next(VenueCall::Open, "2"), Some(Trouble::Gone));
        assert_eq!(next(VenueCall::Open, "2"), Some(Trouble::Gone));
        assert_eq!(next(VenueCall::Open, "2"), None);
    }

    #[test]
    fn rates_are_kept_and_only_what_can_happen_is_drawn() {
        let mut rng = Pcg64::seed_from_u64(2);
        let rates = TroubleRates::all(50_000);
        for (call, kinds) in [(VenueCall::Open, 10), (VenueCall::Candles, 8), (VenueCall::LogIn, 5)]
        {
            let drawn: Vec<_> = (0..20_000).filter_map(|_| rates.draw(call, &mut rng)).collect();
            assert!(drawn.iter().all(|trouble| trouble.befalls(call)));
            let wanted = kinds * 1_000;
            assert!(drawn.len().abs_diff(wanted) < wanted / 10, "{call:?}: {}", drawn.len());
            let lost = |wanted: bool| {
                let of = |t: &&Trouble| matches!(t, Trouble::Lost { executed, .. } if *executed == wanted);
                drawn.iter().filter(of).count()
            };
            assert!(lost(true).abs_diff(lost(false)) < 150, "{} {}", lost(true), lost(false));
        }
    }

    #[test]
    fn bars_are_doubled_and_shuffled() {
        let disturbed = |trouble: Trouble| {
            let mut bars = vec![1, 2, 3, 4, 5];
            trouble.disturb(&mut bars);
            bars
        };
        assert_eq!(disturbed(Trouble::DoubledCandles), [1, 1, 2, 3, 4, 4, 5]);
        assert_eq!(disturbed(Trouble::ShuffledCandles), [2, 1, 4, 3, 5]);
        assert_eq!(disturbed(Trouble::Gone), [1, 2, 3, 4, 5]);
    }
}
