//! What happens on paper accounts, published as it is of those at brokers; and trades of both.

use rust_decimal::Decimal;
use tickstep_core::instrument::Instrument;
use tickstep_core::ledger::Trade;
use tickstep_core::order::{Bracket, Fill, FillKind, Order, OrderId, Purpose};
use tickstep_core::session::AccountId;

use super::fate::Fate;
use super::happening::Happening;
use super::intents::{prices, slippage};
use super::news::{OrderAim, OrderNews, OrderStatus, PositionChange, PositionNews};
use super::tables::Labels;
use super::{Effects, Runner};
use crate::intent::End;

/// What a position on paper is called: after the order that opened it.
pub(super) fn position_name(entry: OrderId) -> String {
    format!("paper-{}", entry.0)
}

impl Runner {
    /// An engine's order goes to the simulated exchange.
    pub(super) fn sent_on_paper(&mut self, account: AccountId, order: &Order, out: &mut Effects) {
        let intent = self.next_intent();
        let signal = self.fan_outs.of(account, order.id);
        if let Some(signal) = signal {
            self.fan_outs.intended(signal, account, intent);
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
            decided: self.now,
            number: None,
            status: OrderStatus::Sent,
        };
        self.on_paper.insert((account, order.id), news.clone());
        out.happenings.push(Happening::Order(news));
    }

    /// An order on paper is over.
    pub(super) fn ended_on_paper(
        &mut self,
        account: AccountId,
        order: OrderId,
        end: End,
        out: &mut Effects,
    ) {
        let Some(news) = self.on_paper.remove(&(account, order)) else { return };
        let status = OrderStatus::Ended(end);
        out.happenings.push(Happening::Order(OrderNews { status, ..news }));
    }

    /// The simulated exchange executed an order. `trades` are those that ended in the step.
    pub(super) fn filled_on_paper(
        &mut self,
        account: AccountId,
        fill: &Fill,
        trades: &[(AccountId, Trade)],
        out: &mut Effects,
    ) {
        let news = self.on_paper.get(&(account, fill.order));
        let (intent, decided) = (news.map(|n| n.intent), news.and_then(|n| n.price));
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
        self.ended_on_paper(account, fill.order, End::Executed, out);
        out.happenings.extend(self.fan_outs.ended(self.now, account, fill.order, fate));
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
        out.happenings.push(Happening::Traded { account, strategy, symbol, trade, stated });
    }
}
