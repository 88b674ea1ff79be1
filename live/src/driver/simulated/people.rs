//! What people do: at the broker beside the program, and to the program as its operators.

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::faults::{Draw, FaultRates};
use super::market;
use super::venue::Venue;
use super::verdict::Violation;
use super::world::World;
use crate::broker::{BracketPrices, PendingKind};
use crate::exchange::{Exchange, Instruction, Levels, Note, Said, WaitKind};
use crate::runner::{
    Act, Happening, Input, OrderReport, OutsideSignal, Reach, SignalKind, WaitsFor,
};

impl Venue {
    /// What people and the broker do beside the program.
    pub(super) fn mischief(&mut self, now: Nanos, rates: FaultRates, draw: &mut Draw) {
        if draw.happens(rates.outage) {
            self.down_until = now + draw.time(1_000, 90_000);
            if draw.one_in(2) {
                // It starts again: sessions are gone, and perhaps its counter.
                self.sessions.clear();
                if draw.one_in(2) {
                    self.exchange.reuse_ids();
                }
            }
        }
        let accounts: Vec<String> = self.exchange.account_ids().map(str::to_owned).collect();
        let name = &accounts[draw.below(accounts.len() as u64) as usize];
        let ids = |exchange: &mut Exchange| -> Vec<String> {
            let holdings = exchange.view_true(now, name).map_or(&[][..], |view| view.holdings);
            holdings.iter().filter(|h| h.intent.is_some()).map(|h| h.id.clone()).collect()
        };
        if draw.happens(rates.bracket_lost) {
            let ours = ids(&mut self.exchange);
            if let Some(id) = ours.get(draw.below(ours.len() as u64) as usize) {
                let _ = self.exchange.set_levels(now, name, id, Levels::default());
            }
        }
        if draw.happens(rates.paid) {
            let amount = Decimal::from(draw.below(4_000)) - Decimal::from(2_000);
            let _ = self.exchange.pay(now, name, amount);
        }
        if draw.happens(rates.by_hand) {
            let ours = ids(&mut self.exchange);
            match (ours.get(draw.below(ours.len() as u64) as usize), draw.below(3)) {
                (Some(id), 0) => {
                    let _ = self.exchange.close_by_dealer(now, name, id);
                }
                (Some(id), 1) => self.close_part_by_hand(now, name, id, draw),
                (None, 0) => self.order_by_hand(now, name, draw),
                (None, 1) => self.cancel_by_hand(now, name),
                (Some(_) | None, _) => self.open_by_hand(now, name, draw),
            }
        }
    }

    fn close_part_by_hand(&mut self, now: Nanos, name: &str, id: &str, draw: &mut Draw) {
        let part = Decimal::new(1 + draw.below(40) as i64, 1);
        let said = Said::default();
        let close = Instruction::Close { position: id.to_owned(), said, part: Some(part) };
        let _ = self.exchange.submit(now, name, close, &Note::default());
    }

    /// Somebody has an order of their own wait.
    fn order_by_hand(&mut self, now: Nanos, name: &str, draw: &mut Draw) {
        let Some(bid) = self.exchange.quote(now, market::SYMBOL).map(|quote| quote.bid) else {
            return;
        };
        let create = Instruction::Create {
            symbol: market::SYMBOL.to_owned(),
            side: Side::Buy,
            volume: Decimal::new(3_000 + draw.below(500) as i64, 1),
            kind: WaitKind::Limit,
            px: bid - Decimal::new(20 + draw.below(50) as i64, 3),
            levels: Levels::default(),
        };
        let _ = self.exchange.submit(now, name, create, &Note::default());
    }

    /// Somebody withdraws an order of the program's.
    fn cancel_by_hand(&mut self, now: Nanos, name: &str) {
        let waiting = self.exchange.view_true(now, name).map_or(&[][..], |view| view.waiting);
        let Some(order) = waiting.iter().find(|w| w.intent.is_some()).map(|w| w.id.clone()) else {
            return;
        };
        let cancel = Instruction::Cancel { order, said: Said::default() };
        let _ = self.exchange.submit(now, name, cancel, &Note::default());
    }

    fn open_by_hand(&mut self, now: Nanos, name: &str, draw: &mut Draw) {
        let instruction = Instruction::Open {
            symbol: market::SYMBOL.to_owned(),
            side: if draw.one_in(2) { Side::Buy } else { Side::Sell },
            // More than any order of the program's, or it could not be told from one.
            volume: Decimal::new(3_000 + draw.below(500) as i64, 1),
            levels: Levels::default(),
        };
        let _ = self.exchange.submit(now, name, instruction, &Note::default());
    }

    /// Whether an account holds a position that the program opened, or an order of its waits.
    pub(super) fn holds_ours(&mut self, now: Nanos, account: AccountId) -> bool {
        let name = market::account_number(account);
        let view = self.exchange.view_true(now, &name);
        view.is_some_and(|view| {
            view.holdings.iter().any(|h| h.intent.is_some())
                || view.waiting.iter().any(|w| w.intent.is_some())
        })
    }
}

impl World {
    /// What operators and other programs want of the program, at a bar.
    pub(super) fn people(&mut self) {
        if self.draw.happens(self.rates.operator) {
            let act = self.act();
            self.operate(act, "it was drawn");
        }
        if self.draw.happens(self.rates.outside) {
            self.signal();
        }
        let acts = self.acts.len() as u64;
        if acts > 0 && self.draw.one_in(6) {
            let again = self.acts[self.draw.below(acts) as usize].clone();
            self.give_again(again);
        }
    }

    /// An act that was answered is given once more: it must do nothing more.
    fn give_again(&mut self, input: Input) {
        let Some(happenings) = self.give(input) else { return };
        let taken = happenings.iter().find_map(|h| match h {
            Happening::Operated { id, again: false, .. } => Some(id.clone()),
            _ => None,
        });
        self.report.violations.extend(taken.map(Violation::TakenTwice));
    }

    fn act(&mut self) -> Act {
        let account = AccountId(self.draw.below(u64::from(self.options.accounts)) as u16);
        let all = self.draw.one_in(2);
        let reach = if all { Reach::All } else { Reach::Account(account) };
        let holds = self.kept.as_ref().map(|kept| kept.runner().holds(account));
        let held = holds.and_then(|holds| holds.into_iter().next());
        let orders = self.kept.as_ref().map(|kept| kept.runner().resting_orders(account));
        if let Some(order) = orders.and_then(|orders| orders.into_iter().next())
            && self.draw.one_in(3)
        {
            return self.act_on_order(account, reach, order);
        }
        match self.draw.below(12) {
            0 => Act::Pause(reach),
            1 => Act::Kill(reach),
            2..=4 => Act::Resume(reach),
            5 => Act::Close { reach, symbol: None },
            6 => Act::Close { reach, symbol: Some(market::SYMBOL.to_owned()) },
            7 => Act::Session { account, wanted: false },
            8 => Act::Session { account, wanted: true },
            n => match held {
                None => Act::Resume(Reach::All),
                Some(held) if n == 9 => {
                    let volume = Decimal::new(1 + self.draw.below(60) as i64, 1);
                    Act::ClosePosition { account, position: held.position, volume: Some(volume) }
                }
                Some(held) if n == 10 => {
                    Act::ClosePosition { account, position: held.position, volume: None }
                }
                Some(held) => {
                    // Farther away by some ticks.
                    let by = Decimal::new(1 + self.draw.below(5) as i64, 3);
                    let sign = Decimal::from(held.side.sign());
                    let BracketPrices { stop, target } = held.bracket;
                    let bracket = BracketPrices {
                        stop: stop.map(|px| (px - by * sign).normalize()),
                        target: target.map(|px| (px + by * sign).normalize()),
                    };
                    let (position, change) = (held.position, bracket.into());
                    Act::EditPosition { account, position, change }
                }
            },
        }
    }

    /// Something done to an order that waits, or to all of them.
    fn act_on_order(&mut self, account: AccountId, reach: Reach, order: OrderReport) -> Act {
        let OrderReport { number, price, bracket, .. } = order;
        match self.draw.below(4) {
            0 => Act::CancelOrders { reach, symbol: None },
            1 => Act::CancelOrder { account, order: number },
            _ => {
                // Farther away by some ticks, its levels with it.
                let below = self.venue.exchange.quote(self.now, market::SYMBOL);
                let below = below.is_some_and(|quote| price < quote.bid);
                let by = Decimal::new(1 + self.draw.below(5) as i64, 3);
                let by = if below { -by } else { by };
                let moved = |level: Option<Decimal>| level.map(|px| (px + by).normalize());
                let bracket =
                    BracketPrices { stop: moved(bracket.stop), target: moved(bracket.target) };
                let price = (price + by).normalize();
                Act::EditOrder { account, order: number, price, change: bracket.into() }
            }
        }
    }

    /// Gives an act under a new number.
    fn operate(&mut self, act: Act, why: &str) {
        let id = format!("act {}", self.report.acts);
        let (who, why) = ("someone".to_owned(), why.to_owned());
        self.give_surely(Input::Operator { id, who, why, act });
    }

    /// Gives an act, which is given again where the program ended before it answered.
    fn give_surely(&mut self, input: Input) {
        let Input::Operator { act, .. } = &input else { return };
        let (act, again) = (act.clone(), input.clone());
        let accounts = (0..self.options.accounts).map(AccountId);
        if let (Act::Resume(reach), true) = (&act, self.kept.is_some()) {
            // It may have been taken although nobody was told so.
            let reach = *reach;
            self.watch.stop(accounts.clone().filter(|a| reach.covers(*a)), None);
        }
        self.report.acts += 1;
        match self.give_act(input, &act) {
            Some(_) => self.acts.push(again),
            None => self.unanswered.push(again),
        }
    }

    /// Gives an act, and stops what it stops before anything is sent.
    fn give_act(&mut self, input: Input, act: &Act) -> Option<Vec<Happening>> {
        let accounts = (0..self.options.accounts).map(AccountId);
        let (reach, kill) = match act {
            Act::Pause(reach) => (*reach, false),
            Act::Kill(reach) => (*reach, true),
            _ => return self.give(input),
        };
        let covered: Vec<AccountId> = accounts.filter(|a| reach.covers(*a)).collect();
        let happened = self.give(input)?;
        self.watch.stop(covered.into_iter(), Some(kill));
        Some(happened)
    }

    /// What was asked before the program ended is asked again.
    pub(super) fn ask_again(&mut self) {
        for input in core::mem::take(&mut self.unanswered) {
            match input {
                Input::Operator { .. } => self.give_surely(input),
                other => drop(self.give(other)),
            }
        }
    }

    /// At the quiet end no account is left out.
    pub(super) fn all_in(&mut self) {
        for account in (0..self.options.accounts).map(AccountId) {
            self.operate(Act::Session { account, wanted: true }, "it is quiet");
        }
    }

    /// Another program gives a signal, new or once more.
    fn signal(&mut self) {
        let again = self.given.len() as u64;
        let signal = if again > 0 && self.draw.one_in(3) {
            self.given[self.draw.below(again) as usize].clone()
        } else {
            let kind = match self.draw.below(4) {
                0 => SignalKind::Leave,
                1 => SignalKind::Enter(Side::Buy),
                _ => SignalKind::Enter(Side::Sell),
            };
            let waits = self.waits(kind);
            let strategy = market::STRATEGIES[self.draw.below(2) as usize].to_owned();
            let signal = OutsideSignal {
                source: "another program".to_owned(),
                key: format!("key {}", self.given.len()),
                strategy,
                symbol: market::SYMBOL.to_owned(),
                kind,
                price: None,
                bracket: self.around(kind, waits),
                hold: Some(Nanos::MINUTE.times(2)),
                waits,
                given: self.stamp(),
            };
            self.given.push(signal.clone());
            signal
        };
        let key = signal.key.clone();
        self.report.acts += 1;
        let Some(happenings) = self.give(Input::Signal(signal)) else { return };
        let refused = |h: &Happening| matches!(h, Happening::SignalRefused { .. });
        if !happenings.iter().any(refused) {
            self.report.violations.extend(self.watch.takes(&key));
        }
    }

    /// A price some way from the last one, which an entry waits for; half of them do.
    fn waits(&mut self, kind: SignalKind) -> Option<WaitsFor> {
        let SignalKind::Enter(side) = kind else { return None };
        let bid = self.venue.exchange.quote(self.now, market::SYMBOL)?.bid;
        if self.draw.one_in(2) {
            return None;
        }
        let limit = self.draw.one_in(2);
        let kind = if limit { PendingKind::Limit } else { PendingKind::Stop };
        let below = limit == (side == Side::Buy);
        let away = Decimal::new(2 + self.draw.below(12) as i64, 3);
        let price = if below { bid - away } else { bid + away };
        Some(WaitsFor { kind, price })
    }

    /// A stop and a target some way from the price that an entry is made at.
    fn around(&mut self, kind: SignalKind, waits: Option<WaitsFor>) -> BracketPrices {
        let quote = self.venue.exchange.quote(self.now, market::SYMBOL).map(|quote| quote.bid);
        let px = waits.map(|waits| waits.price).or(quote);
        let (Some(px), SignalKind::Enter(side)) = (px, kind) else {
            return BracketPrices::default();
        };
        let away = Decimal::new(15 + self.draw.below(30) as i64, 3) * Decimal::from(side.sign());
        let target = self.draw.one_in(2).then(|| px + away);
        BracketPrices { stop: Some(px - away), target }
    }
}
