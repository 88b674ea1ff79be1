//! What may be asked of a broker, and what it may answer.
//!
//! A [`Call`] and a [`Reply`] are what a runner and any broker have in common; how they
//! go over a wire is each adapter's own. Prices and quantities are decimals on the
//! broker's grid, made from ticks and lots where the instrument is known, so that no
//! adapter rounds. Passwords and tokens are the adapters': no call and no reply has one.
//!
//! Three kinds of broker were looked at for this: one that takes stop and target with
//! the entry and knows no order by the client's number (Match-Trader), one that wants
//! them as orders of their own and takes the client's number (Binance futures), one
//! that has neither (Kiwoom). [`Abilities`] says which one an account is at.
//!
//! What each of them needs is here: a [`Ticket`](crate::intent::Ticket) has the number that
//! becomes the client's own where one is taken; without one a lost reply is found by the
//! lists, which have what an order asked for; a change may answer with another number, and a
//! number may be given again on another day. An account at the second and third kind is
//! refused when a runner is built ([`RunnerError::BracketOrders`]): protective orders of
//! their own have to be withdrawn when one of them fills, which nobody does yet, and would
//! have to be marked as only reducing a position.
//!
//! [`RunnerError::BracketOrders`]: crate::runner::RunnerError::BracketOrders

mod abilities;
mod adapter;
mod call;
mod reply;
mod scale;

pub use abilities::{Abilities, BracketStyle, PositionStyle};
pub use adapter::{Broker, BrokerReply};
pub use call::{BracketPrices, Call, CandleInterval, PendingKind, Read, Write};
pub use reply::{
    Balance, Candle, ClosedRow, Fault, LoggedIn, PendingOrder, Quote, Reply, VenueInstrument,
    VenuePosition,
};
pub use scale::{ScaledBroker, SymbolScale};
