//! The broker of a simulation: the exchange, and what happens to requests on their way.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::faults::{Draw, FaultRates};
use super::market;
use super::options::Options;
use super::translate::{instruction, order, position, row};
use crate::broker::{Balance, Call, Fault, LoggedIn, Read, Reply, VenueInstrument};
use crate::exchange::{
    AccountTerms, Deed, Exchange, ExchangeRules, IdStyle, Listing, Note, PriceTape, Seen, TapeBar,
    Trouble,
};
use crate::intent::{Doubt, IntentId, Outcome};
use crate::runner::Send;

/// How long a session lives.
const LIFE: Nanos = Nanos(15 * 60_000_000_000);

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is carried out and answered.
    Plain,
    /// It is carried out, and answered twice.
    Twice,
    /// It is carried out, and answered after the answer is awaited.
    Slow,
    /// It is carried out, and the answer is lost without a word.
    Silent,
    /// It is carried out, and the answer is a fault of the server.
    Garbled,
    /// It never arrives, and nobody says so.
    Gone,
    /// It never arrives, and the connection breaks.
    Broken,
    /// The answer is lost, and it is carried out later.
    Late(Nanos),
    /// It is refused for no reason of ours.
    Refused,
    /// So many thousandths of an entry are filled.
    Part(u16),
    /// It is carried out so many ticks worse.
    Slips(u32),
    /// The broker says that it had too many.
    TooMany,
    /// The session is over.
    SignedOut,
}

impl Arrival {
    /// Whether it makes the outcome of a write unknown.
    pub(super) fn loses_write(self, send: &Send) -> bool {
        let lost = match self {
            Self::Silent
            | Self::Garbled
            | Self::Gone
            | Self::Broken
            | Self::Slow
            | Self::Late(_) => true,
            Self::Plain
            | Self::Twice
            | Self::Refused
            | Self::Part(_)
            | Self::Slips(_)
            | Self::TooMany
            | Self::SignedOut => false,
        };
        lost && matches!(send.call, Call::Write(..))
    }
}

pub(super) struct Venue {
    pub(super) exchange: Exchange,
    /// Until when each account's session lives.
    pub(super) sessions: BTreeMap<AccountId, Nanos>,
    pub(super) down_until: Nanos,
}

impl Venue {
    pub(super) fn new(options: Options, bars: &[Bar]) -> Self {
        let mut draw = Draw::new(options.seed ^ 0x0E8C_4A4E);
        let rules = ExchangeRules {
            ids: if draw.one_in(2) { IdStyle::Same } else { IdStyle::Apart },
            lag: if draw.one_in(2) { Nanos(0) } else { draw.time(0, 1500) },
            ..ExchangeRules::plain()
        };
        let mut exchange = Exchange::new(rules).expect("the rules are sound");
        let listing = Listing {
            volume_min: Decimal::new(1, 1),
            volume_max: Decimal::from(100_000),
            volume_step: Decimal::new(1, 1),
            slippage_ticks: draw.below(3) as u32,
            commission_per_lot: Decimal::new(draw.below(3) as i64, 3),
            ..Listing::plain(market::SYMBOL, Decimal::new(1, 3), Decimal::ONE)
        };
        let price = |ticks: tickstep_core::units::Ticks| Decimal::new(ticks.0, 3);
        let tape = bars.iter().map(|b| TapeBar {
            ts_open: b.ts_open,
            open: price(b.open),
            high: price(b.high),
            low: price(b.low),
            close: price(b.close),
            volume: Decimal::from(b.volume.get()),
            spread: Decimal::new(1, 3),
        });
        let tape = PriceTape::new(Nanos::MINUTE, tape.collect()).expect("real bars are a tape");
        exchange.list(listing, tape).expect("the listing is sound");
        for account in (0..options.accounts).map(AccountId) {
            let terms =
                AccountTerms::plain(&market::account_number(account), Decimal::from(100_000));
            exchange.open_account(terms).expect("the account is new");
        }
        Self { exchange, sessions: BTreeMap::new(), down_until: Nanos(0) }
    }

    /// Of an exchange that is set up already.
    pub(super) const fn at(exchange: Exchange) -> Self {
        Self { exchange, sessions: BTreeMap::new(), down_until: Nanos(0) }
    }

    /// Faults are over.
    pub(super) fn calm(&mut self) {
        self.down_until = Nanos(0);
    }

    /// What will happen to a request.
    pub(super) fn fate(
        &mut self,
        now: Nanos,
        send: &Send,
        rates: FaultRates,
        draw: &mut Draw,
    ) -> Arrival {
        if now < self.down_until {
            return if draw.one_in(2) { Arrival::Broken } else { Arrival::Gone };
        }
        if draw.happens(rates.too_many) {
            return Arrival::TooMany;
        }
        if draw.happens(rates.session_lost) && !matches!(send.call, Call::LogIn) {
            return Arrival::SignedOut;
        }
        if draw.happens(rates.twice) {
            return Arrival::Twice;
        }
        let write = matches!(send.call, Call::Write(..));
        if !write {
            return match draw.happens(rates.read_failed) {
                true if draw.one_in(2) => Arrival::Broken,
                true => Arrival::Garbled,
                false => Arrival::Plain,
            };
        }
        if draw.happens(rates.lost_reply) {
            return if draw.one_in(2) { Arrival::Silent } else { Arrival::Garbled };
        }
        if draw.happens(rates.lost_request) {
            return if draw.one_in(2) { Arrival::Gone } else { Arrival::Broken };
        }
        if draw.happens(rates.late) {
            return Arrival::Late(draw.time(500, 60_000));
        }
        if draw.happens(rates.slow_reply) {
            return Arrival::Slow;
        }
        if draw.happens(rates.partial) {
            return Arrival::Part(draw.below(1000) as u16);
        }
        if draw.happens(rates.refused) { Arrival::Refused } else { Arrival::Plain }
    }

    /// A request reaches the broker: replies, and how long each takes.
    pub(super) fn arrive(
        &mut self,
        now: Nanos,
        send: &Send,
        arrival: Arrival,
        draw: &mut Draw,
    ) -> Vec<(Nanos, Reply)> {
        let soon = draw.time(5, 150);
        let doubt = |why: Doubt, fault: Fault| match send.call {
            Call::Write(..) => Reply::Write(Outcome::Unknown(why)),
            Call::LogIn | Call::Refresh | Call::LogOut | Call::Read(_) => Reply::Failed(fault),
        };
        match arrival {
            Arrival::Gone => return Vec::new(),
            Arrival::Broken => {
                let words = "connection reset".to_owned();
                let reply = doubt(Doubt::Disconnected(words.clone()), Fault::Network(words));
                return vec![(soon, reply)];
            }
            Arrival::TooMany => {
                return vec![(soon, Reply::Failed(Fault::TooMany { retry_after: None }))];
            }
            Arrival::SignedOut => {
                self.sessions.remove(&send.account);
            }
            Arrival::Late(after) => {
                if let Call::Write(ticket, write) = &send.call {
                    let (instruction, note) = (instruction(write), noted(ticket.intent()));
                    let name = market::account_number(send.account);
                    let at = now + after;
                    self.exchange.submit_late(now, at, &name, instruction, &note);
                }
                return Vec::new();
            }
            Arrival::Plain
            | Arrival::Twice
            | Arrival::Slow
            | Arrival::Silent
            | Arrival::Garbled
            | Arrival::Part(_)
            | Arrival::Slips(_)
            | Arrival::Refused => {}
        }
        let reply = self.answer(now, send, arrival);
        match arrival {
            Arrival::Silent => Vec::new(),
            Arrival::Garbled => vec![(soon, doubt(Doubt::Server(502), Fault::Server(502)))],
            Arrival::Slow => vec![(draw.time(10_500, 25_000), reply)],
            Arrival::Twice => vec![(soon, reply.clone()), (draw.time(200, 4_000), reply)],
            _ => vec![(soon, reply)],
        }
    }

    pub(super) fn answer(&mut self, now: Nanos, send: &Send, arrival: Arrival) -> Reply {
        let name = market::account_number(send.account);
        let signed_in = self.sessions.get(&send.account).is_some_and(|until| now < *until);
        match &send.call {
            Call::LogIn => {
                self.sessions.insert(send.account, now + LIFE);
                Reply::LoggedIn(LoggedIn {
                    account: name,
                    expires: Some(now + LIFE),
                    leverage: Some(Decimal::ONE_HUNDRED),
                })
            }
            Call::LogOut => {
                self.sessions.remove(&send.account);
                Reply::LoggedOut
            }
            _ if !signed_in => Reply::Failed(Fault::Unauthorised),
            Call::Refresh => {
                self.sessions.insert(send.account, now + LIFE);
                Reply::LoggedIn(LoggedIn {
                    account: name,
                    expires: Some(now + LIFE),
                    leverage: Some(Decimal::ONE_HUNDRED),
                })
            }
            Call::Read(read) => self.read(now, &name, read),
            Call::Write(_, _) if arrival == Arrival::Refused => Reply::Write(Outcome::Rejected {
                code: Some("REJECTED".to_owned()),
                message: "off quotes".to_owned(),
            }),
            Call::Write(ticket, write) => {
                let note = noted(ticket.intent());
                let part = match arrival {
                    Arrival::Part(permille) => Some(Trouble::Part { permille }),
                    Arrival::Slips(ticks) => Some(Trouble::Slipped { ticks }),
                    _ => None,
                };
                let wanted = instruction(write);
                let seen = self.exchange.submit_under(now, &name, wanted, &note, part.as_ref());
                let Seen::Answered(answer) = seen else {
                    unreachable!("a part, and a worse price, is answered as the whole is")
                };
                Reply::Write(match answer {
                    Ok(receipt) => Outcome::Accepted { id: Some(receipt.order) },
                    Err(objection) => {
                        Outcome::Rejected { code: objection.code(), message: objection.to_string() }
                    }
                })
            }
        }
    }

    fn read(&mut self, now: Nanos, name: &str, read: &Read) -> Reply {
        if *read == Read::Instruments {
            let terms = self.exchange.listings(now).map(|(listing, open)| VenueInstrument {
                symbol: listing.symbol.clone(),
                session_open: Some(open),
                volume_min: Some(listing.volume_min),
                volume_max: Some(listing.volume_max),
                volume_step: Some(listing.volume_step),
                contract_size: Some(listing.contract_size),
                tick_size: Some(listing.tick_size),
                stops_level: Some(listing.stops_level),
                leverage: Some(listing.leverage),
                quote_currency: Some(listing.quote_currency.clone()),
            });
            return Reply::Instruments(terms.collect());
        }
        let Some(view) = self.exchange.view(now, name) else {
            return Reply::Failed(Fault::Refused("no such account".to_owned()));
        };
        match read {
            Read::Positions => Reply::Positions(view.holdings.iter().map(position).collect()),
            Read::Closed { from, to } => {
                let within = view.closed.iter().filter(|c| *from <= c.closed && c.closed < *to);
                Reply::Closed(within.map(row).collect())
            }
            Read::Balance => Reply::Balance(Balance {
                balance: view.funds.balance,
                equity: Some(view.funds.equity),
                margin: Some(view.funds.margin),
                free_margin: Some(view.funds.free_margin),
                currency: Some(view.funds.currency.clone()),
            }),
            Read::Orders => Reply::Orders(view.waiting.iter().map(order).collect()),
            Read::Instruments | Read::Quotes(_) | Read::Candles { .. } => {
                Reply::Failed(Fault::Refused("not asked for here".to_owned()))
            }
        }
    }

    /// Lets everything happen that is due.
    pub(super) fn settle(&mut self, now: Nanos) {
        self.exchange.advance(now);
    }

    /// When the market, or the broker, last did something that nobody asked for.
    pub(super) fn moved(&self) -> Option<Nanos> {
        let done = self.exchange.truth().executions().iter().rev();
        done.filter(|e| !e.deed.is_requested()).map(|e| e.ts).next()
    }

    /// Positions that were opened for the program.
    pub(super) fn opened(&self) -> u64 {
        let opened = |e: &&crate::exchange::VenueExecution| {
            matches!(e.deed, Deed::Opened | Deed::Filled) && e.intent.is_some()
        };
        self.exchange.truth().executions().iter().filter(opened).count() as u64
    }
}

/// What a write says of its intent, to the exchange's count and to whoever reads comments.
fn noted(intent: IntentId) -> Note {
    Note { comment: intent.comment(), ..Note::of(intent.0) }
}
