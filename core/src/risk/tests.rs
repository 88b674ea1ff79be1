use alloc::string::ToString;

use super::*;
use crate::instrument::{Instrument, InstrumentSpec};
use crate::sizing::Size;
use crate::units::Ticks;

fn dec(n: i64) -> Decimal {
    Decimal::from(n)
}

/// A lot at 1 tick is worth 1; 10 lots are the smallest order.
fn terms() -> Instrument {
    Instrument::new(InstrumentSpec {
        min_qty: Some(dec(10)),
        leverage: dec(10),
        ..InstrumentSpec::plain("T", "USDT", dec(1), dec(1))
    })
    .unwrap()
}

fn ask<'a>(terms: &'a Instrument, others: &'a [Exposure]) -> EntryRequest<'a> {
    EntryRequest {
        instrument: InstrumentId(0),
        terms,
        px: Ticks(1),
        asked: Size { lots: Lots::new(1_000).unwrap(), cut: None, least: Lots::ZERO },
        lot_notional: dec(1),
        equity: dec(1_000),
        free_margin: dec(1_000),
        kept: Lots::new(i64::MAX).unwrap(),
        others,
    }
}

fn fitted(r: &Risk, ask: &EntryRequest<'_>) -> Result<i64, Refusal> {
    r.fit(Admitted(()), ask).map(|fit| fit.lots().get())
}

fn risk(params: RiskParams) -> Risk {
    Risk::new(params, dec(1_000), 2).unwrap()
}

#[test]
fn a_size_that_limits_leave_below_its_own_least_is_refused() {
    let tiers = ["0.30", "0.35", "0.40", "0.50"].map(|s| s.parse().unwrap());
    let mut r = risk(RiskParams { drawdown_tiers: Some(tiers), ..RiskParams::default() });
    let terms = terms();
    let least = |lots| {
        let asked = Size { lots: Lots::new(1_000).unwrap(), cut: None, least: lots };
        EntryRequest { asked, ..ask(&terms, &[]) }
    };
    let lots = |n| Lots::new(n).unwrap();
    assert_eq!(fitted(&r, &least(lots(1_000))), Ok(1_000));
    assert_eq!(fitted(&r, &least(lots(1_001))), Err(Refusal::MinQuantity));
    assert!(r.on_equity(dec(700)).is_none(), "sizes are halved");
    assert_eq!(fitted(&r, &least(lots(500))), Ok(500));
    assert_eq!(fitted(&r, &least(lots(501))), Err(Refusal::MinQuantity));
}

#[test]
fn tiers_shrink_then_stop_and_the_last_two_stay() {
    let tiers = ["0.30", "0.35", "0.40", "0.50"].map(|s| s.parse().unwrap());
    let mut r = risk(RiskParams { drawdown_tiers: Some(tiers), ..RiskParams::default() });
    let terms = terms();
    let lots = |r: &Risk| fitted(r, &ask(&terms, &[]));
    assert!(r.on_equity(dec(701)).is_none());
    assert_eq!(lots(&r), Ok(1_000));
    assert!(r.on_equity(dec(700)).is_none());
    assert_eq!(lots(&r), Ok(500), "exactly 30 % halves");
    assert!(r.on_equity(dec(650)).is_none());
    assert_eq!(lots(&r), Ok(250));
    assert!(r.on_equity(dec(900)).is_none());
    assert_eq!(lots(&r), Ok(1_000), "the first two lift");
    assert!(r.on_equity(dec(600)).is_none());
    assert!(r.on_equity(dec(999)).is_none());
    assert_eq!(r.gate(0), Err(Refusal::DrawdownTier), "the third stays");
    assert!(r.on_equity(dec(500)).is_some());
    assert!(r.on_equity(dec(500)).is_none(), "closing is asked for once");
    assert_eq!(r.gate(0), Err(Refusal::KillSwitch));
    r.resume(dec(500));
    assert_eq!(r.gate(0), Ok(Admitted(())));
    assert!(r.on_equity(dec(490)).is_none());
    assert_eq!(lots(&r), Ok(1_000), "measured from the equity at resume");
}

#[test]
fn daily_loss_holds_until_the_next_day() {
    let mut r =
        risk(RiskParams { daily_loss: Some("0.03".parse().unwrap()), ..RiskParams::default() });
    assert!(r.on_equity(dec(971)).is_none());
    assert_eq!(r.gate(0), Ok(Admitted(())));
    assert!(r.on_equity(dec(970)).is_none());
    assert!(r.on_equity(dec(1_000)).is_none());
    assert_eq!(r.gate(0), Err(Refusal::DailyLoss));
    r.on_day_start(dec(1_000), dec(1_000));
    assert_eq!(r.gate(0), Ok(Admitted(())));
}

fn limited(change: impl FnOnce(&mut RiskParams)) -> Risk {
    let mut params = RiskParams::default();
    change(&mut params);
    risk(params)
}

fn tenth() -> Option<Fraction> {
    Some(Fraction::lit(1, 1))
}

#[test]
fn a_day_is_over_once_and_the_next_is_not() {
    let mut r = limited(|p| (p.daily_loss, p.flatten_at) = (Some(Fraction::lit(5, 2)), tenth()));
    assert!(r.on_equity(dec(950)).is_none(), "5 %: no more entries");
    assert_eq!(r.gate(0), Err(Refusal::DailyLoss));
    assert!(r.on_equity(Decimal::new(90_001, 2)).is_none(), "900.01");
    let closing = r.on_equity(dec(900)).unwrap();
    assert_eq!(closing.reason().to_string(), "flatten_at=0.1, equity=900");
    assert!(r.on_equity(dec(880)).is_none(), "closing is asked for once");
    r.resume(dec(880));
    assert_eq!(r.gate(0), Err(Refusal::DailyLoss), "a day does not begin by a word");
    r.on_day_start(dec(880), dec(880));
    assert_eq!(r.gate(0), Ok(Admitted(())));
    assert!(r.on_equity(dec(793)).is_none());
    assert!(r.on_equity(dec(792)).is_some(), "a tenth of 880");
    let mut only = limited(|p| p.flatten_at = tenth());
    assert!(only.on_equity(dec(900)).is_some());
    assert!(only.on_equity(dec(1_000)).is_none());
    assert_eq!(only.gate(0), Err(Refusal::FlattenAt), "whatever equity does after");
}

#[test]
fn a_day_opens_with_equity_balance_or_the_higher() {
    for (basis, floor) in
        [(DayBasis::Equity, 1_080), (DayBasis::Balance, 900), (DayBasis::Higher, 1_080)]
    {
        let mut r = limited(|p| (p.daily_loss, p.daily_loss_basis) = (tenth(), basis));
        r.on_day_start(dec(1_200), dec(1_000));
        let lost = |r: &mut Risk, equity| r.on_equity(dec(equity)).is_some() || r.gate(0).is_err();
        assert!(!lost(&mut r, floor + 1), "{basis:?}");
        assert!(lost(&mut r, floor), "{basis:?}");
    }
    // The other way around: open P&L is below zero.
    for (basis, floor) in
        [(DayBasis::Equity, 720), (DayBasis::Balance, 900), (DayBasis::Higher, 900)]
    {
        let mut r = limited(|p| (p.flatten_at, p.daily_loss_basis) = (tenth(), basis));
        r.on_day_start(dec(800), dec(1_000));
        assert!(r.on_equity(dec(floor + 1)).is_none(), "{basis:?}");
        assert!(r.on_equity(dec(floor)).is_some(), "{basis:?}");
    }
}

#[test]
fn a_drawdown_is_from_the_start_or_from_the_peak() {
    let mut fixed = limited(|p| p.max_drawdown = tenth());
    let mut trailing = limited(|p| p.trailing_drawdown = tenth());
    for r in [&mut fixed, &mut trailing] {
        assert!(r.on_equity(dec(1_500)).is_none());
        assert!(r.on_equity(dec(1_351)).is_none());
    }
    assert!(fixed.on_equity(dec(1_350)).is_none());
    let closing = trailing.on_equity(dec(1_350)).unwrap();
    assert_eq!(closing.reason().to_string(), "trailing_drawdown=0.1, equity=1350");
    assert_eq!(trailing.gate(0), Err(Refusal::TrailingDrawdown));
    assert!(fixed.on_equity(dec(901)).is_none());
    assert!(fixed.on_equity(dec(900)).is_some());
    assert_eq!(fixed.gate(0), Err(Refusal::MaxDrawdown));
    // Neither lifts by itself; an operator lifts it, and it is measured afresh.
    for (r, equity) in [(&mut fixed, 900), (&mut trailing, 1_350)] {
        assert!(r.on_equity(dec(equity)).is_none(), "closing is asked for once");
        r.on_day_start(dec(equity), dec(equity));
        assert!(r.gate(0).is_err());
        r.resume(dec(equity));
        assert!(r.gate(0).is_ok());
        assert!(r.on_equity(dec(equity - equity / 10 + 1)).is_none());
        assert!(r.on_equity(dec(equity - equity / 10)).is_some());
    }
}

#[test]
fn a_goal_needs_its_profit_and_its_days() {
    let goal = |days| limited(|p| (p.profit_target, p.min_trading_days) = (tenth(), days));
    let mut r = goal(None);
    assert!(r.on_equity(dec(1_099)).is_none());
    let closing = r.on_equity(dec(1_100)).unwrap();
    assert_eq!(closing.reason().to_string(), "profit_target=0.1, equity=1100");
    assert_eq!(r.gate(0), Err(Refusal::ProfitTarget));
    let mut r = goal(Some(2));
    r.on_entered();
    r.on_entered();
    assert!(r.on_equity(dec(2_000)).is_none(), "one day, however many entries");
    r.on_day_start(dec(2_000), dec(2_000));
    assert!(r.on_equity(dec(2_000)).is_none(), "a day without an entry is none");
    r.on_entered();
    assert!(r.on_equity(dec(1_099)).is_none());
    assert!(r.on_equity(dec(1_100)).is_some());
    r.resume(dec(1_100));
    assert!(r.on_equity(dec(1_209)).is_none());
    r.on_entered();
    assert!(r.on_equity(dec(1_210)).is_none(), "the day was counted before");
    for _ in 0..2 {
        r.on_day_start(dec(1_210), dec(1_210));
        r.on_entered();
    }
    assert!(r.on_equity(dec(1_210)).is_some());
}

#[test]
fn a_stated_initial_balance_is_not_what_the_account_begins_with() {
    let stated = |initial: Option<i64>| {
        limited(|p| {
            p.initial_balance = initial.map(dec);
            p.max_drawdown = tenth();
        })
    };
    // It turns out to have 950: nine tenths of 1,000 are 900, of 950 they are 855.
    let (mut r, mut without) = (stated(Some(1_000)), stated(None));
    r.on_begun(dec(-50));
    without.on_begun(dec(-50));
    assert!(r.on_equity(dec(901)).is_none() && r.on_equity(dec(900)).is_some());
    assert!(without.on_equity(dec(856)).is_none() && without.on_equity(dec(855)).is_some());
    // Money paid in moves either.
    let mut r = stated(Some(2_000));
    r.on_paid(dec(1_000));
    assert!(r.on_equity(dec(2_701)).is_none() && r.on_equity(dec(2_700)).is_some());
    // Another configuration counts from what it states, and one that states the same
    // goes on from what was remembered.
    let mut same = stated(Some(2_000));
    same.recall(r.memory(), &[]);
    assert_eq!(same.memory().initial, dec(3_000));
    let mut other = stated(Some(5_000));
    other.recall(r.memory(), &[]);
    assert_eq!(other.memory().initial, dec(5_000));
}

#[test]
fn money_paid_in_or_out_moves_what_equity_is_measured_from() {
    let mut r = limited(|p| {
        p.max_drawdown = tenth();
        p.trailing_drawdown = tenth();
        p.profit_target = tenth();
        p.flatten_at = tenth();
    });
    r.on_paid(dec(-500));
    assert!(r.on_equity(dec(500)).is_none());
    r.on_paid(dec(1_500));
    assert!(r.on_equity(dec(2_000)).is_none());
    assert!(r.on_equity(dec(1_801)).is_none());
    assert!(r.on_equity(dec(1_800)).is_some());
}

/// Every limit on losses.
fn watchful() -> Risk {
    limited(|p| {
        p.daily_loss = Some(Fraction::lit(3, 2));
        p.flatten_at = Some(Fraction::lit(4, 2));
        p.drawdown_tiers = Some([5, 6, 7, 8].map(|n| Fraction::lit(n, 2)));
        p.max_drawdown = tenth();
        p.trailing_drawdown = Some(Fraction::lit(9, 2));
    })
}

proptest::proptest! {
    /// Days that only gain, however much, are never taken for days that lost.
    #[test]
    fn a_profit_reaches_no_limit_on_losses(
        gains in proptest::collection::vec((0_i64..5_000, proptest::prelude::any::<bool>()), 1..40),
    ) {
        let (mut r, terms, mut equity) = (watchful(), terms(), 1_000);
        for (gain, begins) in gains {
            equity += gain;
            proptest::prop_assert!(r.on_equity(dec(equity)).is_none());
            proptest::prop_assert_eq!(r.gate(0), Ok(Admitted(())));
            proptest::prop_assert_eq!(fitted(&r, &ask(&terms, &[])), Ok(1_000));
            if begins {
                r.on_day_start(dec(equity), dec(equity));
            }
        }
    }

    /// The deeper of two losses never lets more through.
    #[test]
    fn a_deeper_loss_allows_no_more(one in 0_i64..1_000, more in 0_i64..1_000) {
        let terms = terms();
        let allowed = |loss: i64| {
            let mut r = watchful();
            let _ = r.on_equity(dec(1_000 - loss));
            r.gate(0).and_then(|_| fitted(&r, &ask(&terms, &[]))).unwrap_or(0)
        };
        proptest::prop_assert!(allowed((one + more).min(999)) <= allowed(one));
    }
}

#[test]
fn what_contradicts_itself_is_refused_in_words() {
    let fault = |change: fn(&mut RiskParams)| {
        let mut params = RiskParams::default();
        change(&mut params);
        params.validate().unwrap_err().to_string()
    };
    assert_eq!(fault(|p| p.min_trading_days = Some(4)), "min_trading_days needs a profit_target");
    let basis = fault(|p| p.daily_loss_basis = DayBasis::Higher);
    assert_eq!(basis, "daily_loss_basis needs daily_loss or flatten_at");
    assert!(fault(|p| p.flatten_at = Some(Fraction::lit(1, 0))).starts_with("flatten_at = 1"));
    assert!(fault(|p| p.max_drawdown = Some(Fraction::ZERO)).starts_with("max_drawdown = 0"));
    assert!(fault(|p| p.profit_target = Some(Fraction::ZERO)).contains("above 0, at most 100"));
}

#[test]
fn the_first_rule_that_fails_names_itself() {
    let mut r = risk(RiskParams { max_positions: Some(2), ..RiskParams::default() });
    assert_eq!(r.gate(2), Err(Refusal::PositionCount));
    r.pause();
    assert_eq!(r.gate(2), Err(Refusal::Paused));
    r.kill();
    assert_eq!(r.gate(2), Err(Refusal::KillSwitch));
}

#[test]
fn exposure_shrinks_and_refuses_below_the_smallest_order() {
    let r = risk(RiskParams {
        symbol_exposure: Some("0.04".parse().unwrap()),
        correlated_exposure: Some("0.06".parse().unwrap()),
        ..RiskParams::default()
    });
    let terms = terms();
    let other = |instrument, notional| Exposure { instrument, notional: dec(notional) };
    let same = [other(InstrumentId(0), 300)];
    assert_eq!(fitted(&r, &ask(&terms, &same)), Ok(100), "0.04 * 1000 * 10 - 300");
    let full = [other(InstrumentId(0), 391)];
    assert_eq!(fitted(&r, &ask(&terms, &full)), Err(Refusal::SymbolExposure));
    let elsewhere = [other(InstrumentId(1), 500)];
    assert_eq!(fitted(&r, &ask(&terms, &elsewhere)), Ok(100), "unknown rho counts as 1");
    let much = [other(InstrumentId(1), 595)];
    assert_eq!(fitted(&r, &ask(&terms, &much)), Err(Refusal::CorrelatedExposure));
}

#[test]
fn margin_refuses_unless_it_may_shrink() {
    let terms = terms();
    let tight = EntryRequest { free_margin: dec(50), ..ask(&terms, &[]) };
    assert_eq!(fitted(&risk(RiskParams::default()), &tight), Err(Refusal::Margin));
    let shrinking = risk(RiskParams { margin: true, ..RiskParams::default() });
    assert_eq!(fitted(&shrinking, &tight), Ok(500));
}
