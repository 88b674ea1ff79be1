//! Binance's market as a feed: bars with the takers' volume, trades, and order books.
//!
//! What is decided is decided by machines without I/O, each with its own laws: how a book
//! follows a snapshot by the numbers of its changes ([`DepthSync`]), how bars of a stream
//! and of answers become one line ([`KlineLine`]), when a connection is opened, replaced and
//! given up ([`StreamLink`]), what may be asked ([`RestGate`]), which levels are told
//! ([`BookTop`]), and all of them together ([`BinanceMachine`]). [`BinanceFeed`] is the thin
//! task around them that has the connections.
//!
//! What a break in the stream means: bars that were missed are asked for, and features warm up
//! again behind a hole that nobody fills; a book is no book until it was built anew, so that
//! rules which look at it enter nothing; trades that were missed are counted and said, and not
//! asked for, since they are the price between bars and no feature is made of them.
//!
//! No key is needed and nothing is ordered here: a feed supplies the market, a venue takes
//! the orders.

mod address;
mod ask;
mod depth;
mod gate;
mod klines;
mod line;
mod link;
mod live;
mod machine;
mod market;
mod question;
mod rest;
mod socket;
mod sockets;
mod terms;
mod top;
mod wire;

pub(crate) use address::{StreamAddress, StreamsWanted, address_of, addresses};
pub use depth::{DepthLoss, DepthStep, DepthSync, SnapshotStep};
pub use gate::RestGate;
pub use klines::KlineLine;
pub use line::BinanceInstrument;
pub use link::{LinkAct, LinkTerms, LinkWord, StreamLink};
pub use live::{BinanceFeed, BinanceSetupError, check_address};
pub use machine::{BinanceMachine, FeedAct};
pub use market::BinanceMarket;
pub(crate) use market::RestCall;
pub use question::{BinanceAnswer, BinanceQuestion};
pub(crate) use rest::{RestClient, RestReply};
pub(crate) use socket::SocketNews;
pub(crate) use sockets::{News, Sockets};
pub use terms::BinanceTerms;
pub use top::BookTop;
pub use wire::{
    AggTrade, BinanceFault, DepthDiff, DepthSnapshot, StreamKline, StreamMessage, depth_snapshot,
    kline_rows, stream_message,
};
