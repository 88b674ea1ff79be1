//! The words that columns hold, and what they mean: each reads back as what it was.

use tickstep_core::decision::Action;
use tickstep_core::units::Side;

/// A word that is none of its column's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is no {what}")]
pub struct UnknownWord {
    /// What it should be.
    pub what: &'static str,
    /// What it is.
    pub word: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal {
        $($(#[$line:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$line])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word of the database, of interfaces and of screens.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                let found = Self::ALL.iter().find(|one| one.word() == word);
                found.copied().ok_or_else(|| UnknownWord { what: $what, word: word.to_owned() })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// Which way a position goes. Brokers say BUY and SELL.
    Direction, "direction" {
        /// It gains when the price rises.
        Long = "LONG",
        /// It gains when the price falls.
        Short = "SHORT",
    }
}

words! {
    /// Where an order stands.
    OrderState, "state of an order" {
        /// It was sent, or taken; what it did is not known yet.
        Pending = "PENDING",
        /// It was carried out, and what it opened is open.
        Open = "OPEN",
        /// It was carried out, and nothing of it is open.
        Closed = "CLOSED",
        /// It was withdrawn, or was found not to have been placed.
        Cancelled = "CANCELLED",
        /// Its answer was lost, and it is being found by reading back.
        Unknown = "UNKNOWN",
        /// It was refused: by the broker, or here before it was sent, where `sent_at` is empty.
        Rejected = "REJECTED",
    }
}

words! {
    /// What an order is for.
    OrderPurpose, "purpose of an order" {
        /// It opens a position.
        Entry = "ENTRY",
        /// It closes a position, or part of it.
        Exit = "EXIT",
        /// It changes stop and target of a position.
        Edit = "EDIT",
        /// It closes a position that opened after its order had been given up.
        Orphan = "ORPHAN",
        /// It withdraws an order that waits.
        Cancel = "CANCEL",
        /// It gives an order that waits another price, stop and target.
        Reprice = "REPRICE",
    }
}

words! {
    /// How an order waits.
    OrderType, "type of an order" {
        /// It is executed at once.
        Market = "MARKET",
        /// It waits for a price, or a better one.
        Limit = "LIMIT",
        /// It waits for the market to reach a price, and is executed then.
        Stop = "STOP",
    }
}

words! {
    /// Whether a position is open.
    PositionState, "state of a position" {
        /// It is open.
        Open = "OPEN",
        /// It is not open any more.
        Closed = "CLOSED",
    }
}

words! {
    /// What a signal says.
    SignalType, "type of a signal" {
        /// Enter a long position.
        Long = "LONG",
        /// Enter a short position.
        Short = "SHORT",
        /// Leave.
        Close = "CLOSE",
        /// Stay as it is.
        Hold = "HOLD",
    }
}

words! {
    /// What became of a signal on an account.
    ResultState, "result of a signal" {
        /// It was executed.
        Executed = "EXECUTED",
        /// It waits for its price at the broker.
        Resting = "RESTING",
        /// The broker refused it.
        Rejected = "REJECTED",
        /// Its answer was lost, and it was found not to be there.
        NotPlaced = "NOT_PLACED",
        /// It was not sent.
        Skipped = "SKIPPED",
        /// It is not known yet.
        Waiting = "WAITING",
    }
}

words! {
    /// How much a line of the log matters.
    LogLevel, "level of a log" {
        /// What goes on.
        Info = "INFO",
        /// Somebody should look.
        Warning = "WARNING",
        /// Money is at risk.
        Critical = "CRITICAL",
    }
}

words! {
    /// Where an account's orders go.
    AccountKind, "kind of account" {
        /// To a broker.
        Broker = "BROKER",
        /// To the simulated exchange.
        Paper = "PAPER",
    }
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Long,
            Side::Sell => Self::Short,
        }
    }
}

impl From<Direction> for Side {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Long => Self::Buy,
            Direction::Short => Self::Sell,
        }
    }
}

impl From<Action> for SignalType {
    fn from(action: Action) -> Self {
        match action {
            Action::OpenLong => Self::Long,
            Action::OpenShort => Self::Short,
            Action::Close => Self::Close,
            Action::Hold => Self::Hold,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    macro_rules! each_reads_back {
        ($($name:ident),+) => {
            $(
                let words: BTreeSet<&str> = $name::ALL.iter().map(|one| one.word()).collect();
                assert_eq!(words.len(), $name::ALL.len(), "{words:?}");
                for one in $name::ALL {
                    assert_eq!(one.word().parse::<$name>().as_ref(), Ok(one));
                    assert_eq!(one.to_string(), one.word());
                }
                assert!("".parse::<$name>().is_err());
                let lower = $name::ALL[0].word().to_lowercase();
                let refused = lower.parse::<$name>().unwrap_err();
                assert_eq!(refused.word, lower);
            )+
        };
    }

    #[test]
    fn t51_every_word_reads_back_as_what_it_was() {
        each_reads_back!(
            Direction,
            OrderState,
            OrderPurpose,
            OrderType,
            PositionState,
            SignalType,
            ResultState,
            LogLevel,
            AccountKind
        );
    }

    #[test]
    fn q7_long_is_what_brokers_call_buy() {
        for (side, word) in [(Side::Buy, "LONG"), (Side::Sell, "SHORT")] {
            let direction = Direction::from(side);
            assert_eq!((direction.word(), Side::from(direction)), (word, side));
        }
    }

    #[test]
    fn q10_a_lost_answer_and_a_refusal_have_words() {
        assert_eq!("UNKNOWN".parse(), Ok(OrderState::Unknown));
        assert_eq!("REJECTED".parse(), Ok(OrderState::Rejected));
    }
}
