//! What happens on paper accounts, published as it is of those at brokers; and trades of both.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::event::Command;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::ledger::Trade;
use tickstep_core::order::{Bracket, Fill, FillKind, Order, OrderId, Purpose};
use tickstep_core::session::AccountId;
use tickstep_core::strategy::Phase;
use tickstep_core::units::Ticks;
use tickstep_journal::OrderEnd;

use super::caught::Given;
use super::fate::{Fate, Skip};
use super::happening::Happening;
use super::intents::{prices, slippage};
use super::news::{OrderAim, OrderNews, OrderStatus, PositionChange, PositionNews};
use super::tables::Labels;
use super::unsent::Unsent;
use super::worth::margin_of;
use super::{Effects, Runner};
use crate::intent::{End, IntentId};

/// An order on paper that is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PaperOrder {
    pub news: OrderNews,
    /// The price that it was decided at: the last one, or the one that a signal from outside
    /// was given at.
    pub from: Option<Decimal>,
}

/// What a position on paper is called: after the order that opened it.
pub(super) fn position_name(entry: OrderId) -> String {
    format!("paper-{}", entry.0)
}

impl Runner {
    /// An engine's order goes to the simulated exchange. `given` is what a signal from outside
    /// says of itself.
    pub(super) fn sent_on_paper(
        &mut self,
        account: AccountId,
        order: &Order,
        given: Option<Given>,
        out: &mut Effects,
    ) {
        let intent = self.next_intent();
        let signal = self.known.fan_outs.of(account, order.id);
        if let Some(signal) = signal {
            self.known.fan_outs.intended(signal, account, intent);
        }
        let Labels { strategy, symbol, price } = self.about_slot(account, order.slot);
        let instrument = self.instrument(account, order.instrument);
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let (aim, bracket, side) = match order.purpose {
            Purpose::Entry(bracket) => (OrderAim::Entry, bracket, order.side),
            Purpose::Exit(reason) => {
                let position = ledger.position(order.slot).map(|held| position_name(held.entry));
                (OrderAim::Exit { position, reason }, Bracket::default(), order.side.opposite())
            }
        };
        let news = OrderNews {
            account,
            intent,
            order: Some(order.id),
            signal,
            strategy,
            symbol,
            aim,
            side,
            volume: instrument.qty(order.lots).normalize(),
            price,
            bracket: prices(instrument, bracket),
            waits: None,
            decided: given.map_or(self.now, |given| given.at),
            number: None,
            status: OrderStatus::Sent,
        };
        let stated = given.and_then(|given| given.px).map(|px| instrument.price(px));
        let from = stated.or(news.price);
        self.known.on_paper.insert((account, order.id), PaperOrder { news: news.clone(), from });
        out.happenings.push(Happening::Order(news));
    }

    /// A bar opens, at which entries on paper fill: one that its account's rules are against
    /// by now is withdrawn, as it would not be sent to a broker.
    pub(super) fn check_on_paper(
        &mut self,
        instrument: InstrumentId,
        open: Ticks,
        out: &mut Effects,
    ) {
        let known = self.instrument(AccountId(0), instrument);
        let waits = |order: &PaperOrder| {
            order.news.aim == OrderAim::Entry && order.news.symbol == known.symbol()
        };
        let price = known.price(open);
        let against = self.known.on_paper.iter().filter(|(_, order)| waits(order));
        let against = against.filter_map(|(key, order)| {
            let why = self.against_rules(key.0, order, price)?;
            Some((*key, why))
        });
        let against: Vec<_> = against.collect();
        for ((account, order), why) in against {
            if let Some(waiting) = self.known.on_paper.remove(&(account, order)) {
                let end = OrderEnd::NotSent { why: why.to_string() };
                out.outcomes.push(self.paper_outcome(account, (&waiting.news, waiting.from), end));
                let news = waiting.news;
                let status = OrderStatus::Unsent(why.clone());
                out.happenings.push(Happening::Order(OrderNews { status, ..news }));
            }
            let fate = Fate::Skipped(Skip::Check(why));
            out.happenings.extend(self.known.fan_outs.ended(self.now, account, order, fate));
            self.tell_command(account, Command::Cancel(order));
        }
    }

    /// What an account's rules have against an entry that would fill now.
    fn against_rules(
        &self,
        account: AccountId,
        order: &PaperOrder,
        price: Decimal,
    ) -> Option<Unsent> {
        let rules = &self.rows[account.index()].rules;
        let late = rules.too_old(self.now - order.news.decided);
        let moved = || rules.moved(order.from?, price);
        let poor = || {
            let floor = rules.free_margin_floor?;
            let free = self.free_on_paper(account, order.news.intent);
            (free < floor).then_some(Unsent::FreeMargin { free, floor })
        };
        late.or_else(moved).or_else(poor)
    }

    /// Equity less the margin of what an account holds and does not leave now, and of other
    /// entries that wait.
    fn free_on_paper(&self, account: AccountId, own: IntentId) -> Decimal {
        let engine = self.session.accounts()[account.index()].engine();
        let ledger = engine.ledger();
        let stays = |slot| !matches!(engine.phase(slot), Phase::Exiting { .. });
        let open = ledger.open_positions().filter(|(slot, _)| stays(*slot));
        let held = open.map(|(_, held)| margin_of(ledger, held));
        let other = |(of, news): &(AccountId, &OrderNews)| {
            *of == account && news.aim == OrderAim::Entry && news.intent != own
        };
        let waiting = self.known.on_paper.iter().map(|((of, _), order)| (*of, &order.news));
        let waiting = waiting.filter(other).filter_map(|(_, news)| {
            let instrument = self.traded_as(&news.symbol)?;
            let known = self.instrument(account, instrument);
            let px = known.price_exact(news.price?).ok()?;
            let notional = known.notional(px, known.qty_exact(news.volume).ok()?);
            Some(ledger.to_account(instrument, notional / known.leverage()))
        });
        ledger.equity() - held.chain(waiting).sum::<Decimal>()
    }

    /// An order on paper is over.
    pub(super) fn ended_on_paper(
        &mut self,
        account: AccountId,
        order: OrderId,
        end: End,
        told: OrderEnd,
        out: &mut Effects,
    ) {
        let Some(order) = self.known.on_paper.remove(&(account, order)) else { return };
        out.outcomes.push(self.paper_outcome(account, (&order.news, order.from), told));
        let status = OrderStatus::Ended(end);
        out.happenings.push(Happening::Order(OrderNews { status, ..order.news }));
    }

    /// The simulated exchange executed an order. `trades` are those that ended in the step.
    pub(super) fn filled_on_paper(
        &mut self,
        account: AccountId,
        fill: &Fill,
        trades: &[(AccountId, Trade)],
        out: &mut Effects,
    ) {
        let order = self.known.on_paper.get(&(account, fill.order));
        let (intent, decided) = (order.map(|o| o.news.intent), order.and_then(|o| o.from));
        let instrument = self.instrument(account, fill.instrument);
        let fate = Fate::Executed {
            price: instrument.price(fill.px),
            quantity: instrument.qty(fill.lots),
            slippage_ticks: slippage(instrument, fill.side, decided, fill.px),
            latency: self.now - fill.ts,
        };
        out.happenings.extend(self.paper_news(account, fill, trades, instrument));
        if let Some(Happening::Position(news)) = out.happenings.last_mut()
            && news.change == PositionChange::Opened
        {
            news.intent = intent;
        }
        let told = self.paper_fill(account, fill);
        self.ended_on_paper(account, fill.order, End::Executed, told, out);
        out.happenings.extend(self.known.fan_outs.ended(self.now, account, fill.order, fate));
    }

    fn paper_news(
        &self,
        account: AccountId,
        fill: &Fill,
        trades: &[(AccountId, Trade)],
        instrument: &Instrument,
    ) -> Option<Happening> {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let price = instrument.price(fill.px);
        let held = ledger.position(fill.slot);
        let over = |(of, trade): &&(AccountId, Trade)| {
            *of == account && trade.slot == fill.slot && trade.exit_ts == fill.ts
        };
        let (side, entry, change) = match fill.kind {
            FillKind::Entry => (fill.side, fill.order, PositionChange::Opened),
            FillKind::Exit(reason) => {
                let side = fill.side.opposite();
                match held.filter(|held| held.side == side && held.entry_ts < fill.ts) {
                    Some(held) => (side, held.entry, PositionChange::Reduced { price }),
                    None => {
                        let (_, trade) = trades.iter().find(over)?;
                        (side, trade.entry, PositionChange::Closed { price, reason })
                    }
                }
            }
        };
        let held = held.filter(|held| held.entry == entry);
        let ended = trades.iter().find(|(of, t)| *of == account && t.entry == entry);
        let opened = held.map(|h| h.entry_ts).or(ended.map(|(_, t)| t.entry_ts))?;
        let entry_price = match held {
            Some(held) => instrument.price(held.entry_px()),
            None => ended.map(|(_, trade)| trade.entry_price)?,
        };
        Some(Happening::Position(PositionNews {
            account,
            position: position_name(entry),
            strategy: Some(self.rows[account.index()].slots[fill.slot.index()].0.clone()),
            symbol: instrument.symbol().to_owned(),
            side,
            volume: instrument.qty(fill.lots),
            left: match (held, change.clone()) {
                (Some(held), _) => instrument.qty(held.lots),
                // It was left again in this very step.
                (None, PositionChange::Opened) => instrument.qty(fill.lots),
                (None, _) => Decimal::ZERO,
            },
            price: entry_price,
            opened,
            bracket: held.map(|held| prices(instrument, held.bracket)).unwrap_or_default(),
            intent: None,
            change,
        }))
    }

    /// A position is over, at a broker or on paper.
    pub(super) fn traded(&mut self, account: AccountId, trade: Trade, out: &mut Effects) {
        let strategy = self.rows[account.index()].slots[trade.slot.index()].0.clone();
        let symbol = self.instrument(account, trade.instrument).symbol().to_owned();
        let trade = Box::new(trade);
        let live = self.live_mut(account);
        let stated = live.and_then(|live| live.stated.remove(&trade.entry)).flatten();
        out.outcomes.push(self.trade_outcome(account, &trade, stated));
        out.happenings.push(Happening::Traded { account, strategy, symbol, trade, stated });
    }
}
