//! What is dangerous is done after it was said twice.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

use super::ask::{Aim, ChatDeed};

/// How long a code may be given.
const LASTS: Nanos = Nanos::MINUTE;

/// Something that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pending {
    deed: ChatDeed,
    aim: Aim,
    code: String,
    until: Nanos,
}

/// What waits to be confirmed: one thing for each person in each chat.
#[derive(Debug, Default)]
pub(super) struct Confirmations(BTreeMap<(i64, i64), Pending>);

/// What came of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// It is to be done.
    Yes(ChatDeed, Aim),
    /// Nothing waits for a code.
    Nothing,
    /// It came too late.
    Late,
    /// It is another one; what waited is forgotten.
    Wrong,
}

impl Confirmations {
    /// Something is to be confirmed by somebody, in the place of what waited before.
    pub(super) fn ask(
        &mut self,
        whose: (i64, i64),
        now: Nanos,
        what: (ChatDeed, Aim),
        code: String,
    ) {
        let (deed, aim) = what;
        self.0.retain(|_, pending| pending.until > now);
        self.0.insert(whose, Pending { deed, aim, code, until: now + LASTS });
    }

    /// Somebody gives a code, once.
    pub(super) fn give(&mut self, whose: (i64, i64), now: Nanos, code: &str) -> Confirmed {
        let Some(pending) = self.0.remove(&whose) else { return Confirmed::Nothing };
        if pending.until <= now {
            return Confirmed::Late;
        }
        if pending.code != code {
            return Confirmed::Wrong;
        }
        Confirmed::Yes(pending.deed, pending.aim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_askers_for_a_minute_and_once() {
        let mut all = Confirmations::default();
        let kill = || (ChatDeed::Kill, Aim::default());
        let (me, other) = ((1, 2), (1, 3));
        let ask = |all: &mut Confirmations| all.ask(me, Nanos(0), kill(), "0815".to_owned());
        assert_eq!(all.give(me, Nanos(0), "0815"), Confirmed::Nothing);
        ask(&mut all);
        assert_eq!(all.give(other, Nanos(1), "0815"), Confirmed::Nothing);
        assert_eq!(all.give(me, Nanos(1), "0815"), Confirmed::Yes(ChatDeed::Kill, Aim::default()));
        assert_eq!(all.give(me, Nanos(1), "0815"), Confirmed::Nothing);
        ask(&mut all);
        assert_eq!(all.give(me, Nanos(1), "0816"), Confirmed::Wrong);
        assert_eq!(all.give(me, Nanos(1), "0815"), Confirmed::Nothing, "no second guess");
        ask(&mut all);
        assert_eq!(all.give(me, LASTS, "0815"), Confirmed::Late);
    }
}
