//! What operators want: each act is done once, and each is answered.
//!
//! An act has a number of its operator's. One that comes again with its number, because an
//! answer was lost or a program started again, is answered as before and does no more;
//! another number is another act. What cannot be done is refused with the reason.

use std::collections::BTreeSet;

use tickstep_core::session::AccountId;

use super::act_answer::{ActAnswer, TakenAct};
use super::happening::{ActLine, ActResult, Happening};
use super::input::{Act, Reach, Stop};
use super::{Effects, Runner};

impl Runner {
    pub(super) fn operate(
        &mut self,
        (id, who, why): (String, String, String),
        act: Act,
        out: &mut Effects,
    ) {
        let (now, what) = (self.now, format!("{act:?}"));
        self.known.acts.forget(now);
        if let Some(known) = self.known.acts.taken.get(&id) {
            let lines = if known.act.as_ref() == Some(&act) {
                known.lines.clone()
            } else {
                let words = format!("number {id} was given to another act before: {}", known.what);
                let what = "the act".to_owned();
                vec![ActLine { account: None, what, refused: Some(words) }]
            };
            let (old, new, again) = (None, None, true);
            out.happenings.push(Happening::Operated { id, who, why, what, old, new, lines, again });
            return;
        }
        let (old, new) = self.before_and_after(&act);
        let (mut answer, is_batch) = (ActAnswer::default(), matches!(act, Act::Batch(_)));
        let before = out.happenings.len();
        self.act(act.clone(), &mut answer, out);
        // What engines decided by it belongs to it.
        self.take_caught(out);
        let made = out.happenings[before..].iter().filter_map(|happening| match happening {
            Happening::Signal(made) => Some(made.id),
            _ => None,
        });
        let signals: BTreeSet<_> = made.collect();
        let lines = answer.0;
        let taken = TakenAct {
            at: now,
            act: Some(act),
            what: what.clone(),
            lines: lines.clone(),
            result: None,
        };
        self.known.acts.taken.insert(id.clone(), taken);
        if is_batch || !signals.is_empty() {
            self.known.acts.led_to(now, &id, signals);
        }
        let again = false;
        out.happenings.push(Happening::Operated { id, who, why, what, old, new, lines, again });
    }

    fn act(&mut self, act: Act, answer: &mut ActAnswer, out: &mut Effects) {
        match act {
            Act::Pause(reach) => self.stand(reach, Some(Stop::Pause), answer),
            Act::Resume(reach) => self.stand(reach, None, answer),
            Act::Kill(reach) => self.stand(reach, Some(Stop::Kill), answer),
            Act::Close { reach, symbol } => {
                self.close_where(reach, symbol.as_deref(), answer);
            }
            Act::ClosePosition { account, position, volume } => {
                let came = self.close_position(account, &position, volume, out);
                answer.note(account, format!("position {position}"), came);
            }
            Act::EditPosition { account, position, change } => {
                let came = self.edit_position(account, &position, change);
                answer.note(account, format!("position {position}"), came);
            }
            Act::ReadBack(reach) => self.read_back(reach, answer),
            Act::Session { account, wanted } => {
                let came = self.want_session(account, wanted, out);
                answer.note(account, "session", came);
            }
            Act::CancelOrder { account, order } => {
                let came = self.cancel_order(account, &order);
                answer.note(account, format!("order {order}"), came);
            }
            Act::CancelOrders { reach, symbol } => {
                self.cancel_where(reach, symbol.as_deref(), answer);
            }
            Act::EditOrder { account, order, price, change } => {
                let came = self.edit_order(account, &order, price, change);
                answer.note(account, format!("order {order}"), came);
            }
            Act::Signal { reach, signal } => self.signal_by_hand(reach, &signal, answer),
            Act::Batch(acts) => acts.into_iter().for_each(|act| self.act(act, answer, out)),
        }
    }

    /// What came of the orders that an act led to, once all are over; `None` before, and of
    /// an act that led to none.
    #[must_use]
    pub fn act_result(&self, id: &str) -> Option<ActResult> {
        self.known.acts.taken.get(id)?.result.clone()
    }

    /// The accounts that are reached; an account that is not there is refused.
    pub(super) fn reached(&self, reach: Reach, answer: &mut ActAnswer) -> Vec<AccountId> {
        if let Reach::Account(one) = reach
            && let Err(why) = self.there(one)
        {
            answer.refuse(Some(one), "the account", why);
        }
        let all = (0..self.rows.len()).map(|index| AccountId(index as u16));
        all.filter(|account| reach.covers(*account)).collect()
    }

    /// Whether there is an account of this number.
    pub(super) fn there(&self, account: AccountId) -> Result<(), String> {
        let found = self.rows.get(account.index());
        found.map(drop).ok_or_else(|| format!("there is no account number {}", account.0))
    }
}
