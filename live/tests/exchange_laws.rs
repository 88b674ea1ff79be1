//! The exchange, by laws that hold for any prices and whatever a client does.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::exchange::{
    AccountTerms, Booking, Deed, Exchange, ExchangeRules, Instruction, Levels, Listing, Note,
    PriceTape, Said, TapeBar, VenueExecution, WaitKind, WeekHours,
};

const GOLD: &str = "XAUUSD";
const ACCOUNTS: [&str; 2] = ["hedging", "netting"];
const PER_LOT: Decimal = Decimal::from_parts(701, 0, 0, false, 2);
/// Closed from the fourth to the seventh minute of the epoch, a Thursday.
const SHUT: std::ops::Range<i64> = 180..360;

fn d(x: i64) -> Decimal {
    Decimal::new(x, 0)
}

#[derive(Clone, Debug)]
struct Act {
    /// Seconds after the one before.
    wait: i64,
    account: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Open { buy: bool, volume: i64, stop: i64, target: i64 },
    Create { buy: bool, limit: bool, volume: i64, away: i64, stop: i64 },
    Amend { which: usize, stop: i64, target: i64 },
    Close { which: usize, tenths: i64 },
    Cancel { which: usize },
    Pay { amount: i64 },
    Nothing,
}

fn what() -> impl Strategy<Value = What> {
    let (which, volume) = (0_usize..4, 1_i64..30);
    prop_oneof![
        4 => (any::<bool>(), volume.clone(), 0_i64..12, 0_i64..12)
            .prop_map(|(buy, volume, stop, target)| What::Open { buy, volume, stop, target }),
        2 => (any::<bool>(), any::<bool>(), volume, -2_i64..10, 0_i64..6)
            .prop_map(|(buy, limit, volume, away, stop)| What::Create { buy, limit, volume, away, stop }),
        2 => (which.clone(), 0_i64..12, 0_i64..12)
            .prop_map(|(which, stop, target)| What::Amend { which, stop, target }),
        3 => (which.clone(), 0_i64..12).prop_map(|(which, tenths)| What::Close { which, tenths }),
        1 => which.prop_map(|which| What::Cancel { which }),
        1 => (-50_i64..50).prop_map(|amount| What::Pay { amount }),
        1 => Just(What::Nothing),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = (0_i64..40, 0_usize..2, what()).prop_map(|(wait, account, what)| Act {
        wait,
        account,
        what,
    });
    proptest::collection::vec(act, 1..40)
}

/// Bars of a minute that wander and jump.
fn bars() -> impl Strategy<Value = Vec<TapeBar>> {
    let bar = (-6_i64..7, -5_i64..6, 0_i64..5, 0_i64..5, 0_i64..3);
    proptest::collection::vec(bar, 20).prop_map(|moves| {
        let mut px = 200;
        let bar = |(minute, (jump, run, up, down, spread)): (usize, (i64, i64, i64, i64, i64))| {
            let open = (px + jump).max(50);
            let close = (open + run).max(50);
            px = close;
            let (high, low) = (open.max(close) + up, open.min(close) - down);
            let [open, high, low, close, spread] = [open, high, low, close, spread].map(d);
            let ts_open = Nanos::MINUTE.times(minute as i64);
            TapeBar { ts_open, open, high, low, close, volume: d(1), spread }
        };
        moves.into_iter().enumerate().map(bar).collect()
    })
}

fn exchange(bars: &[TapeBar], lag: Nanos) -> Exchange {
    let mut exchange = Exchange::new(ExchangeRules { lag, ..ExchangeRules::plain() }).unwrap();
    let hours = [(0, SHUT.start as u32), (SHUT.end as u32, 86_400)];
    let hours = hours.map(|(open_s, close_s)| WeekHours { day: 3, open_s, close_s });
    let listing = Listing {
        commission_per_lot: PER_LOT,
        hours: hours.to_vec(),
        volume_min: Decimal::new(1, 1),
        volume_step: Decimal::new(1, 1),
        ..Listing::plain(GOLD, d(1), d(10))
    };
    exchange.list(listing, PriceTape::new(Nanos::MINUTE, bars.to_vec()).unwrap()).unwrap();
    for (id, booking) in ACCOUNTS.into_iter().zip([Booking::Hedging, Booking::Netting]) {
        let terms = AccountTerms { booking, ..AccountTerms::plain(id, d(300)) };
        exchange.open_account(terms).unwrap();
    }
    exchange
}

/// What an act asks for, by what the account holds and the price there is.
fn instruction(exchange: &mut Exchange, now: Nanos, act: &Act) -> Option<Instruction> {
    let quote = exchange.quote(now, GOLD)?.clone();
    let view = exchange.view_true(now, ACCOUNTS[act.account])?;
    let side = |buy: bool| if buy { Side::Buy } else { Side::Sell };
    let levels = |side: Side, px: Decimal, stop: i64, target: i64| {
        let off = |x: i64| (x != 0).then(|| px + d(x * side.sign()));
        Levels { stop: off(-stop), target: off(target) }
    };
    let held = |which: usize| view.holdings.get(which).map(|h| (h.id.clone(), h.clone()));
    let said = Said::default();
    match act.what {
        What::Open { buy, volume, stop, target } => {
            let side = side(buy);
            let levels = levels(side, quote.side(side.opposite()), stop, target);
            let (symbol, volume) = (GOLD.to_owned(), Decimal::new(volume, 1));
            Some(Instruction::Open { symbol, side, volume, levels })
        }
        What::Create { buy, limit, volume, away, stop } => {
            let side = side(buy);
            let kind = if limit { WaitKind::Limit } else { WaitKind::Stop };
            let sign = side.sign() * if limit { -1 } else { 1 };
            let px = quote.side(side) + d(away * sign);
            let levels = levels(side, px, stop, 0);
            let (symbol, volume) = (GOLD.to_owned(), Decimal::new(volume, 1));
            Some(Instruction::Create { symbol, side, volume, kind, px, levels })
        }
        What::Amend { which, stop, target } => held(which).map(|(position, h)| {
            let levels = levels(h.side, quote.side(h.side.opposite()), stop, target);
            Instruction::Amend { position, said, levels }
        }),
        What::Close { which, tenths } => held(which).map(|(position, _)| {
            let part = (tenths != 0).then(|| Decimal::new(tenths, 1));
            Instruction::Close { position, said, part }
        }),
        What::Cancel { which } => view
            .waiting
            .get(which)
            .map(|order| Instruction::Cancel { order: order.id.clone(), said }),
        What::Pay { .. } | What::Nothing => None,
    }
}

/// Acts one after the other; `each` sees the exchange after each of them.
fn play(
    exchange: &mut Exchange,
    acts: &[Act],
    fine: bool,
    mut each: impl FnMut(&mut Exchange, Nanos),
) {
    let mut second = 1;
    for (n, act) in acts.iter().enumerate() {
        for s in second..second + act.wait {
            if fine {
                exchange.advance(Nanos::SECOND.times(s));
            }
        }
        second += act.wait;
        let now = Nanos::SECOND.times(second);
        let account = ACCOUNTS[act.account];
        if let What::Pay { amount } = act.what {
            exchange.pay(now, account, d(amount)).unwrap();
        }
        if let Some(instruction) = instruction(exchange, now, act) {
            let _taken = exchange.submit(now, account, instruction, &Note::of(n as u64));
        }
        each(exchange, now);
    }
    exchange.advance(Nanos::HOUR);
}

fn is_shut(ts: Nanos) -> bool {
    SHUT.contains(&(ts.0 / Nanos::SECOND.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn money_and_volume_are_conserved(bars in bars(), acts in acts()) {
        let mut exchange = exchange(&bars, Nanos(0));
        play(&mut exchange, &acts, false, |exchange, now| {
            for account in ACCOUNTS {
                let paid = exchange.paid(account).unwrap();
                let view = exchange.view_true(now, account).unwrap();
                let booked: Decimal = view.closed.iter().map(|row| row.net()).sum();
                assert_eq!(view.funds.balance, paid + booked);
                let open: Decimal = view.holdings.iter().map(|h| h.commission + h.swap).sum();
                let funds = &view.funds;
                assert_eq!(funds.equity, funds.balance + funds.profit + open);
                for held in view.holdings {
                    let parts: Decimal = held.parts.iter().map(|part| part.volume).sum();
                    assert_eq!(parts, held.volume);
                    assert!(held.volume > Decimal::ZERO && held.margin >= Decimal::ZERO);
                }
                let symbols = view.holdings.len();
                assert!(account == "hedging" || symbols <= 1);
            }
        });
        let entries = exchange.truth().executions().to_vec();
        let view = exchange.view_true(Nanos::HOUR, "hedging").unwrap();
        let mut volumes: BTreeMap<&str, Decimal> = BTreeMap::new();
        let mut commission = Decimal::ZERO;
        for row in view.closed {
            *volumes.entry(&row.position).or_default() += row.volume;
            commission += row.commission;
        }
        for held in view.holdings {
            *volumes.entry(&held.id).or_default() += held.volume;
            commission += held.commission;
        }
        let is_entry = |e: &&VenueExecution| {
            e.account == "hedging" && matches!(e.deed, Deed::Opened | Deed::Filled)
        };
        for e in entries.iter().filter(is_entry) {
            prop_assert_eq!(volumes.remove(&*e.id), Some(e.volume), "{}", e.id);
            commission += (PER_LOT * e.volume).round_dp(2);
        }
        prop_assert!(volumes.is_empty());
        prop_assert_eq!(commission, Decimal::ZERO);
    }

    #[test]
    fn nothing_is_done_in_a_closed_session_and_no_stop_fills_better(
        bars in bars(),
        acts in acts(),
    ) {
        let mut exchange = exchange(&bars, Nanos(0));
        play(&mut exchange, &acts, false, |_, _| {});
        for e in exchange.truth().executions() {
            prop_assert!(!is_shut(e.ts) || e.deed == Deed::Cancelled, "{e:?}");
            let better = |px: Decimal, level: Decimal| (px - level) * d(e.side.sign());
            match e.deed {
                Deed::Stopped => prop_assert!(better(e.px, e.levels.stop.unwrap()) <= d(0)),
                Deed::Targeted => prop_assert_eq!(Some(e.px), e.levels.target),
                _ => {}
            }
        }
        for account in ACCOUNTS {
            let view = exchange.view_true(Nanos::HOUR, account).unwrap();
            for row in view.closed {
                prop_assert!(row.opened <= row.closed);
            }
            // What is still open was never reached: the last price is inside its bracket.
            let held = view.holdings.to_vec();
            let quote = exchange.quote(Nanos::HOUR, GOLD).unwrap().clone();
            for h in held {
                let px = quote.side(h.side.opposite());
                let inside = |level: Option<Decimal>, sign: i64| {
                    level.is_none_or(|l| (l - px) * d(sign * h.side.sign()) > d(0))
                };
                prop_assert!(inside(h.levels.stop, -1) && inside(h.levels.target, 1), "{h:?} {px}");
            }
        }
    }

    #[test]
    fn an_entry_that_is_taken_leaves_no_margin_missing(bars in bars(), acts in acts()) {
        let mut exchange = exchange(&bars, Nanos(0));
        let mut second = 1;
        for (n, act) in acts.iter().enumerate() {
            second += act.wait;
            let (now, account) = (Nanos::SECOND.times(second), ACCOUNTS[act.account]);
            // An order that waited may have filled since the last act, at a price that was
            // another: margin is compared at one instant, before and after this act.
            let margin = |exchange: &mut Exchange| {
                exchange.view_true(now, account).unwrap().funds.margin
            };
            let before = margin(&mut exchange);
            let Some(instruction) = instruction(&mut exchange, now, act) else { continue };
            let taken = exchange.submit(now, account, instruction, &Note::of(n as u64)).is_ok();
            if let (true, What::Open { volume, .. }) = (taken, &act.what)
                && margin(&mut exchange) > before
            {
                let quote = exchange.quote(now, GOLD).unwrap();
                // A fill costs the spread, which the check of margin does not foresee.
                let spread = (quote.ask - quote.bid) * d(10) * Decimal::new(*volume, 1);
                let funds = exchange.view_true(now, account).unwrap().funds;
                prop_assert!(funds.free_margin >= -spread, "{act:?} {spread} {funds:?}");
            }
        }
    }

    #[test]
    fn reads_show_what_was_true_so_long_ago(bars in bars(), acts in acts(), lag in 1_i64..20) {
        let lag = Nanos::SECOND.times(lag);
        let mut exchange = exchange(&bars, lag);
        let mut pages = BTreeMap::new();
        let mut second = 1;
        for (n, act) in acts.iter().enumerate() {
            for s in second..=second + act.wait {
                let now = Nanos::SECOND.times(s);
                if s == second + act.wait
                    && let Some(instruction) = instruction(&mut exchange, now, act)
                {
                    let account = ACCOUNTS[act.account];
                    let _taken = exchange.submit(now, account, instruction, &Note::of(n as u64));
                }
                for account in ACCOUNTS {
                    let page = |view: tickstep_live::exchange::AccountView<'_>| {
                        let (held, waiting) = (view.holdings.to_vec(), view.waiting.to_vec());
                        (held, waiting, view.closed.len(), view.funds.balance)
                    };
                    let real = page(exchange.view_true(now, account).unwrap());
                    pages.insert((account, now), real);
                    let seen = page(exchange.view(now, account).unwrap());
                    if let Some(wanted) = pages.get(&(account, now - lag)) {
                        prop_assert_eq!(&seen, wanted);
                    }
                }
            }
            second += act.wait;
        }
    }

    #[test]
    fn it_does_not_matter_how_often_somebody_looks(bars in bars(), acts in acts()) {
        let run = |fine: bool| {
            let mut exchange = exchange(&bars, Nanos(0));
            play(&mut exchange, &acts, fine, |_, _| {});
            let closed = ACCOUNTS.map(|account| {
                exchange.view_true(Nanos::HOUR, account).unwrap().closed.to_vec()
            });
            (exchange.take_executions(), closed)
        };
        prop_assert_eq!(run(false), run(true));
    }
}
