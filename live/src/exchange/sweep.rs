//! What a price does: stops, targets and orders that waited, in the order the price came
//! past them.
//!
//! Between two points of a bar the price comes past everything in between, and each fills
//! at its own price. Where it jumps, stops and stop orders fill at the price it jumped to,
//! which is worse; targets and limit orders fill at their own, which is no better. A long
//! position is closed at bids and a short one at asks; orders to buy wait for asks, orders
//! to sell for bids. Nothing is reached while the session is closed.

use rust_decimal::Decimal;
use tickstep_core::units::Side;

use super::books::Books;
use super::fill::Filling;
use super::holding::CloseCause;
use super::instruction::WaitKind;
use super::truth::Deed;
use super::venue::Exchange;

/// A price that something waits for.
#[derive(Clone, Copy, Debug)]
struct Wait {
    /// The bid at which it is reached.
    bid: Decimal,
    /// Whether it is reached by rising prices.
    rising: bool,
    /// Whether it fills at a worse price where the market jumped beyond it.
    slips: bool,
}

impl Wait {
    /// A stop, or a stop order, that trades on `side`.
    fn worse(side: Side, px: Decimal, spread: Decimal) -> Self {
        Self { bid: to_bid(side, px, spread), rising: side == Side::Buy, slips: true }
    }

    /// A target, or a limit order, that trades on `side`.
    fn better(side: Side, px: Decimal, spread: Decimal) -> Self {
        Self { bid: to_bid(side, px, spread), rising: side == Side::Sell, slips: false }
    }

    fn reached(self, bid: Decimal) -> bool {
        if self.rising { bid >= self.bid } else { bid <= self.bid }
    }

    /// How far the price goes from one bid towards another until it is reached.
    fn distance(self, from: Decimal, to: Decimal) -> Option<Decimal> {
        if self.reached(from) {
            Some(Decimal::ZERO)
        } else {
            self.reached(to).then(|| (self.bid - from).abs())
        }
    }
}

fn to_bid(side: Side, px: Decimal, spread: Decimal) -> Decimal {
    match side {
        Side::Buy => px - spread,
        Side::Sell => px,
    }
}

/// Something that was reached.
struct Hit {
    account: String,
    at: usize,
    what: What,
    wait: Wait,
}

#[derive(Clone, Copy)]
enum What {
    Stop,
    Target,
    Order,
}

impl Exchange {
    /// Takes the next price of an instrument.
    pub(crate) fn price(&mut self, symbol: &str) {
        let Some(market) = self.markets.get_mut(symbol) else { return };
        let Some((mut bid, point)) = market.step() else { return };
        let spread = point.ask - point.bid;
        while let Some((way, hit)) = self.nearest(symbol, (bid, point.bid), spread) {
            if !way.is_zero() {
                bid = hit.wait.bid;
            }
            self.hit(hit, bid, spread);
        }
    }

    /// What the price comes past first on its way; a stop before a target before an order.
    fn nearest(
        &self,
        symbol: &str,
        (from, to): (Decimal, Decimal),
        spread: Decimal,
    ) -> Option<(Decimal, Hit)> {
        let mut best: Option<(Decimal, Hit)> = None;
        for (account, books) in &self.accounts {
            each_wait(books, symbol, spread, |at, what, wait| {
                let Some(way) = wait.distance(from, to) else { return };
                let nearer =
                    best.as_ref().is_none_or(|(d, hit)| (way, what as u8) < (*d, hit.what as u8));
                if nearer {
                    best = Some((way, Hit { account: account.clone(), at, what, wait }));
                }
            });
        }
        best
    }

    fn hit(&mut self, hit: Hit, bid: Decimal, spread: Decimal) {
        let Hit { account, at, what, wait } = hit;
        let at_bid = if wait.slips { bid } else { wait.bid };
        let on = |side: Side| match side {
            Side::Buy => at_bid + spread,
            Side::Sell => at_bid,
        };
        let Some(books) = self.accounts.get(&account) else { return };
        let (cause, deed) = match what {
            What::Stop => (CloseCause::Stop, Deed::Stopped),
            What::Target => (CloseCause::Target, Deed::Targeted),
            What::Order => return self.hit_order(&account, at, on),
        };
        let held = books.page.holdings[at].clone();
        let px = on(held.side.opposite());
        let order = self.fresh_id();
        self.close_at(&account, at, (held.volume, px), (order, cause));
        self.did(&account, deed, &held, held.volume, px);
    }

    fn hit_order(&mut self, account: &str, at: usize, on: impl Fn(Side) -> Decimal) {
        let Some(books) = self.accounts.get(account) else { return };
        let order = books.page.waiting[at].clone();
        self.drop_waiting(account, at);
        let filling = Filling {
            order: order.id.clone(),
            symbol: order.symbol.clone(),
            side: order.side,
            volume: order.volume,
            px: on(order.side),
            levels: order.levels,
            intent: order.intent,
            comment: order.comment.clone(),
        };
        if self.fill(account, filling, Deed::Filled).is_err() {
            self.did_waiting(account, Deed::Lapsed, &order);
        }
    }
}

/// Calls `of` with everything of an account that waits for a price of this instrument.
fn each_wait(books: &Books, symbol: &str, spread: Decimal, mut of: impl FnMut(usize, What, Wait)) {
    for (at, held) in books.page.holdings.iter().enumerate().filter(|(_, h)| h.symbol == symbol) {
        let side = held.side.opposite();
        if let Some(px) = held.levels.stop {
            of(at, What::Stop, Wait::worse(side, px, spread));
        }
        if let Some(px) = held.levels.target {
            of(at, What::Target, Wait::better(side, px, spread));
        }
    }
    for (at, order) in books.page.waiting.iter().enumerate().filter(|(_, w)| w.symbol == symbol) {
        let wait = match order.kind {
            WaitKind::Stop => Wait::worse(order.side, order.px, spread),
            WaitKind::Limit => Wait::better(order.side, order.px, spread),
        };
        of(at, What::Order, wait);
    }
}
