//! The portfolio side of the engine: each configuration of `examples/portfolio`,
//! run as it stands, with every trade, refusal and balance computed by hand.
//!
//! Slots are numbered in the order they decide: by instrument, then by strategy.
//! Signals are where the data have a spike (volume at least 3 times the mean of
//! the two bars before) and a close above the one before it, which was itself not
//! above its own; or below, mirrored. An entry decided at a close fills at the
//! open of the same instant, and so does a time exit.

use std::path::PathBuf;

use rust_decimal::Decimal;
use tickstep_backtest::config::Config;
use tickstep_backtest::run::Run;
use tickstep_backtest::setup::Prepared;
use tickstep_core::decision::{Decision, Outcome};
use tickstep_core::ledger::Trade;
use tickstep_core::units::Nanos;

use crate::support::command::{stderr, tickstep};
use crate::support::dec;
use crate::support::files::examples;

fn folder() -> PathBuf {
    examples().join("portfolio")
}

/// A run, its instants written as `05 01:00`: day of the month, hour and minute, UTC.
struct Story(Run);

fn play(name: &str, sets: &[&str]) -> Story {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    let config = Config::read(&folder().join(name).with_extension("toml"), &sets).unwrap();
    let prepared = Prepared::load(config, &folder()).unwrap();
    Story(prepared.backtest().unwrap().run().unwrap())
}

fn at(ts: Nanos) -> String {
    let ts = jiff::Timestamp::from_nanosecond(i128::from(ts.0)).unwrap();
    ts.strftime("%d %H:%M").to_string()
}

/// `04 00:05 s0 long 99 100.11 -> 100.52 04 00:07 target 33.644259`, the last being net.
fn trade(t: &Trade) -> String {
    let Trade { slot, side, lots, exit, .. } = t;
    let (from, to) = (at(t.entry_ts), at(t.exit_ts));
    let (entry, left, net) =
        (t.entry_price.normalize(), t.exit_price.normalize(), t.net.normalize());
    let (side, lots, exit) = (side.position_word(), lots.get(), exit.name());
    format!("{from} s{} {side} {lots} {entry} -> {left} {to} {exit} {net}", slot.index())
}

/// `04 00:05 s0 OPEN_LONG 99`, `04 00:16 s0 CLOSE time 99`, `04 00:14 s2 HOLD position_count`.
fn decision(d: &Decision) -> String {
    let exit = d.exit.map_or(String::new(), |e| format!(" {}", e.name()));
    let lots = d.lots.map_or(String::new(), |l| format!(" {}", l.get()));
    let outcome = match d.outcome {
        Outcome::Sent(_) => String::new(),
        Outcome::AlreadyThere => " there".to_owned(),
        Outcome::Refused(rule) => format!(" {}", rule.name()),
        Outcome::Unfilled(_, why) => format!(" {}", why.name()),
    };
    format!("{} s{} {}{exit}{lots}{outcome}", at(d.ts), d.slot.index(), d.action.name())
}

impl Story {
    fn trades(&self) -> Vec<String> {
        self.0.trades.iter().map(trade).collect()
    }

    fn decisions(&self) -> Vec<String> {
        self.0.decisions.iter().map(decision).collect()
    }

    fn equity(&self, when: &str) -> Decimal {
        self.0.equity.iter().find(|p| at(p.ts) == when).unwrap().equity
    }

    /// Cash once all is closed.
    fn final_cash(&self) -> Decimal {
        let net: Decimal = self.0.trades.iter().map(|t| t.net).sum();
        let last = self.0.equity.last().unwrap().equity;
        assert_eq!(last, self.0.cash + net, "nothing is open at the end");
        last
    }
}

#[test]
fn two_instruments_and_two_strategies_share_a_count_of_positions() {
    // s0 and s1 are the quick and the patient scalper on AAA, s2 and s3 on BBB.
    let story = play("two_by_two", &[]);
    // Sizes: 10000 / 100.10 = 99.9, 10000 / 49.90 = 200.4, 20000 / 49.90 = 400.8,
    // 10000 / 100.60 = 99.4, 20000 / 100.60 = 198.8, 20000 / 100.15 = 199.7.
    // A spike of exactly 5 is enough for the patient one on BBB, 4 on AAA only for the quick.
    let decisions = [
        "04 00:05 s0 OPEN_LONG 99",
        "04 00:07 s2 OPEN_SHORT 200",
        "04 00:07 s3 OPEN_SHORT 400",
        "04 00:09 s0 OPEN_LONG 99",
        "04 00:09 s1 OPEN_LONG 198",
        "04 00:13 s0 OPEN_SHORT 99",
        // s0, s1 and s3 are open: three of three.
        "04 00:14 s2 HOLD position_count",
        "04 00:16 s0 CLOSE time 99",
        "04 00:17 s3 CLOSE time 400",
        "04 00:18 s0 OPEN_SHORT 99",
        "04 00:18 s1 CLOSE opposite 198",
        "04 00:18 s1 OPEN_SHORT 199",
    ];
    assert_eq!(story.decisions(), decisions);
    // Markets and stops slip one tick and pay 0.0005, targets pay 0.0002.
    let trades = [
        // Target 100.11 * 1.004 = 100.51044, up. 99 * 0.41 = 40.59; fees 9910.89 * 0.0005 =
        // 4.955445 and 9951.48 * 0.0002 = 1.990296.
        "04 00:05 s0 long 99 100.11 -> 100.52 04 00:07 target 33.644259",
        // Stop 49.89 * 1.0025 = 50.014725, down to 50.01, slips to 50.02. 200 * -0.13 = -26; fees
        // 9978 * 0.0005 = 4.989 and 10004 * 0.0005 = 5.002.
        "04 00:07 s2 short 200 49.89 -> 50.02 04 00:08 stop -35.991",
        // Stop 100.61 * 0.9975 = 100.358475, up to 100.36, slips to 100.35. 99 * -0.26 = -25.74;
        // fees 9960.39 * 0.0005 = 4.980195 and 9934.65 * 0.0005 = 4.967325.
        "04 00:09 s0 long 99 100.61 -> 100.35 04 00:10 stop -35.68752",
        // 180 s are 3 bars. Short of what s1 is long of. 99 * 0.08 = 7.92; fees 9928.71 * 0.0005 =
        // 4.964355 and 9920.79 * 0.0005 = 4.960395.
        "04 00:13 s0 short 99 100.29 -> 100.21 04 00:16 time -2.00475",
        // 600 s are 10 bars. 400 * -0.16 = -64; fees 19956 * 0.0005 = 9.978 and 20020 * 0.0005 =
        // 10.01.
        "04 00:07 s3 short 400 49.89 -> 50.05 04 00:17 time -83.988",
        // Reversed. 198 * -0.47 = -93.06; fees 19920.78 * 0.0005 = 9.96039 and 19827.72 * 0.0005 =
        // 9.91386.
        "04 00:09 s1 long 198 100.61 -> 100.14 04 00:18 opposite -112.93425",
        // Target 100.14 * 0.996 = 99.73944, down. 99 * 0.41 = 40.59; fees 9913.86 * 0.0005 =
        // 4.95693 and 9873.27 * 0.0002 = 1.974654.
        "04 00:18 s0 short 99 100.14 -> 99.73 04 00:19 target 33.658416",
        // Target 100.14 * 0.99 = 99.1386, down. 199 * 1.01 = 200.99; fees 19927.86 * 0.0005 =
        // 9.96393 and 19726.87 * 0.0002 = 3.945374.
        "04 00:18 s1 short 199 100.14 -> 99.13 04 00:21 target 187.080696",
    ];
    assert_eq!(story.trades(), trades);
    // At 00:14 three trades are closed: 33.644259 - 35.991 - 35.68752 = -38.034261. Entry fees of
    // the three open positions: 4.964355 + 9.96039 + 9.978 = 24.902745. At 100.30 and 50.05 they
    // stand at 99 * -0.01 + 198 * -0.31 + 400 * -0.16 = -126.37.
    assert_eq!(story.equity("04 00:14"), dec("99810.692994"));
    // The eight nets: -38.034261 - 2.00475 - 83.988 - 112.93425 + 33.658416 + 187.080696.
    assert_eq!(story.final_cash(), dec("99983.777851"));
}

#[test]
fn correlated_exposure_weighs_what_is_held_by_rho() {
    // Hours 1 to 24 make exactly the 24 common returns that are needed. Each series has two
    // returns only, one up and one down, so that rho is that of the signs: BASE goes down, up, 24
    // times; TWIN is twice its price, rho 1; MIRROR does the opposite, rho -1; HALF goes down, up,
    // down, down, up, up, down, up, three times: it agrees with BASE in 18 hours and not in 6, both
    // have 12 up and 12 down, so rho is (18 - 6) / 24 = 0.5.
    let story = play("correlated_exposure", &[]);
    let decisions = [
        // The limit is 0.60 * 100000 * 2 = 120000. 80000 / 100.
        "05 01:00 s0 OPEN_LONG 800",
        // 120000 - 1 * 80000 = 40000, at 200.
        "05 01:00 s1 OPEN_LONG 200",
        // 120000 - 1 * 80000 - 1 * 40000 = 0.
        "05 01:00 s2 HOLD correlated_exposure",
        // 120000 - 0.5 * 80000 - 0.5 * 40000 = 60000, at 121: 495.87.
        "05 01:00 s3 OPEN_LONG 495",
        "05 02:00 s0 CLOSE time 800",
        "05 02:00 s1 CLOSE time 200",
        "05 02:00 s3 CLOSE time 495",
    ];
    assert_eq!(story.decisions(), decisions);
    let trades = [
        // 800 * 1; fees 80000 * 0.0005 = 40 and 80800 * 0.0005 = 40.4.
        "05 01:00 s0 long 800 100 -> 101 05 02:00 time 719.6",
        // 200 * 2; fees 40000 * 0.0005 = 20 and 40400 * 0.0005 = 20.2.
        "05 01:00 s1 long 200 200 -> 202 05 02:00 time 359.8",
        // 495 * -1; fees 59895 * 0.0005 = 29.9475 and 59400 * 0.0005 = 29.7.
        "05 01:00 s3 long 495 121 -> 120 05 02:00 time -554.6475",
    ];
    assert_eq!(story.trades(), trades);
    // At 02:00, before the exits: 800 + 400 - 495 = 705 open, entry fees 40 + 20 + 29.9475.
    assert_eq!(story.equity("05 02:00"), dec("100615.0525"));
    // Less the exit fees 40.4 + 20.2 + 29.7 = 90.3.
    assert_eq!(story.final_cash(), dec("100524.7525"));
}

#[test]
fn a_correlation_that_is_not_known_yet_counts_as_one() {
    let from = "period.from=2024-03-04T01:00:00Z";
    let story = play("correlated_exposure", &[from]);
    assert_eq!(story.decisions()[3], "05 01:00 s3 OPEN_LONG 495", "what warms up counts");
    // An hour less: 23 common returns. HALF then weighs 1: 120000 - 80000 - 40000 = 0.
    let story = play("correlated_exposure", &[from, "period.warm_up_s=0"]);
    assert_eq!(story.decisions()[3], "05 01:00 s3 HOLD correlated_exposure");
}

#[test]
fn margin_is_shared_by_all_that_is_open() {
    // s0 is the large strategy on AAA, s1 the small one, s2 the one on BBB.
    let story = play("shared_margin", &[]);
    let decisions = [
        // 60000 / 100, margin 6000 of 10000.
        "04 00:05 s0 OPEN_LONG 600",
        // Wants 30000 / 50 = 600. Cash 10000 - 30 (entry fee) = 9970, AAA at 100.20: equity 9970 +
        // 600 * 0.20 = 10090, margin in use 60120 / 10 = 6012; 4078 * 5 / 50 = 407.8.
        "04 00:07 s2 OPEN_LONG 407",
        // Equity 9970 - 10.175 + 600 * 0.10 + 407 * 0.40 = 10182.625, in use 60060 / 10 + 20512.8
        // / 5 = 10108.56; 74.065 * 10 / 100.10 = 7.4, below the smallest order, 10.
        "04 00:09 s1 HOLD margin",
        "04 00:10 s0 CLOSE time 600",
        // In use only 20512.8 / 5 = 4102.56.
        "04 00:13 s1 OPEN_LONG 100",
    ];
    assert_eq!(story.decisions(), decisions);
    let trades = [
        // 600 * 0.30 = 180; fees 60000 * 0.0005 = 30 and 60180 * 0.0005 = 30.09.
        "04 00:05 s0 long 600 100 -> 100.3 04 00:10 time 119.91",
        // Target 50 * 1.02. 407 * 1; fees 20350 * 0.0005 = 10.175 and 20757 * 0.0002 = 4.1514.
        "04 00:07 s2 long 407 50 -> 51 04 00:15 target 392.6736",
        // 100 * 0.20 = 20; fees 10020 * 0.0005 = 5.01 and 10040 * 0.0005 = 5.02.
        "04 00:13 s1 long 100 100.2 -> 100.4 04 00:16 end_of_data 9.97",
    ];
    assert_eq!(story.trades(), trades);
    assert_eq!(story.equity("04 00:07"), dec("10090"));
    assert_eq!(story.equity("04 00:09"), dec("10182.625"));
    // 119.91 + 392.6736 + 9.97 = 522.5536.
    assert_eq!(story.final_cash(), dec("10522.5536"));
}

#[test]
fn without_the_margin_limit_a_size_that_does_not_fit_is_refused_whole() {
    let story = play("shared_margin", &["risk.margin=false"]);
    // 600 wanted, 407 would fit; so the small entry finds 9970 + 60 - 6006 = 4024 free.
    assert_eq!(story.decisions()[1..3], ["04 00:07 s2 HOLD margin", "04 00:09 s1 OPEN_LONG 100"]);
}

#[test]
fn drawdown_tiers_halve_quarter_lift_stop_and_close() {
    // 1000 AAA from 100: equity is 1000 times its price. The peak is 120 at 00:09, so the tiers are
    // at 84, 78, 72 and 60. BBB asks for 8 every four minutes.
    let story = play("drawdown_tiers", &[]);
    let decided = story.decisions();
    let closes = |d: &&String| !d.contains("CLOSE time");
    let decisions = [
        "04 00:05 s0 OPEN_LONG 1000",
        "04 00:09 s1 OPEN_LONG 8",        // at 120
        "04 00:13 s1 OPEN_LONG 8",        // at 84.01: 29.99 %
        "04 00:17 s1 OPEN_LONG 4",        // at 84, exactly 30 %: half
        "04 00:21 s1 OPEN_LONG 2",        // at 78, exactly 35 %: a quarter
        "04 00:25 s1 OPEN_LONG 8",        // at 84.01: lifted
        "04 00:29 s1 HOLD drawdown_tier", // at 72, exactly 40 %: none
        "04 00:33 s1 HOLD drawdown_tier", // at 110: this tier stays
        "04 00:37 s0 CLOSE flatten 1000", // at 60, exactly 50 %: all is closed,
        "04 00:37 s1 HOLD kill_switch",   // which comes before the entries of that instant
        "04 00:41 s1 HOLD kill_switch",
    ];
    assert_eq!(decided.iter().filter(closes).collect::<Vec<_>>(), decisions);
    let trades = [
        "04 00:09 s1 long 8 10.01 -> 10.01 04 00:10 time 0",
        "04 00:13 s1 long 8 10.01 -> 10.01 04 00:14 time 0",
        "04 00:17 s1 long 4 10.01 -> 10.01 04 00:18 time 0",
        "04 00:21 s1 long 2 10.01 -> 10.01 04 00:22 time 0",
        "04 00:25 s1 long 8 10.01 -> 10.01 04 00:26 time 0",
        // Decided at 60, filled at the next open: 1000 * (61 - 100).
        "04 00:05 s0 long 1000 100 -> 61 04 00:37 flatten -39000",
    ];
    assert_eq!(story.trades(), trades);
    for (when, equity) in [
        ("04 00:09", "120000"),
        ("04 00:17", "84000"),
        ("04 00:29", "72000"),
        ("04 00:37", "60000"),
    ] {
        assert_eq!(story.equity(when), dec(equity), "{when}");
    }
    assert_eq!(story.final_cash(), dec("61000"));
}

#[test]
fn a_daily_loss_ends_with_a_day_of_twenty_three_hours() {
    let story = play("daily_loss_dst", &[]);
    let decisions = [
        "10 03:00 s0 OPEN_LONG 100",
        "10 04:00 s0 CLOSE time 100",
        "10 07:00 s0 OPEN_LONG 100",
        "10 08:00 s0 CLOSE time 100",
        "10 11:00 s0 OPEN_LONG 100",
        "10 12:00 s0 CLOSE time 100",
        "10 15:00 s0 HOLD daily_loss",
        "11 03:00 s0 HOLD daily_loss", // 23:00 in New York
        "11 04:00 s0 OPEN_LONG 100",   // midnight
        "11 05:00 s0 CLOSE time 100",
    ];
    assert_eq!(story.decisions(), decisions);
    let trades = [
        "10 03:00 s0 long 100 101 -> 106 10 04:00 time 500",
        "10 07:00 s0 long 100 107 -> 104 10 08:00 time -300",
        "10 11:00 s0 long 100 104.5 -> 104.5 10 12:00 time 0",
        "11 04:00 s0 long 100 105 -> 106 11 05:00 time 100",
    ];
    assert_eq!(story.trades(), trades);
    // The day opens at 05:00 with 10500, so the limit is at 10500 * 0.97 = 10185. At 08:00 10200
    // is above it, at 12:00 10200 + 100 * (104.35 - 104.50) is on it; the position then closes at
    // its entry price, and the limit holds all the same.
    assert_eq!(story.equity("10 05:00"), dec("10500"));
    assert_eq!(story.equity("10 08:00"), dec("10200"));
    assert_eq!(story.equity("10 12:00"), dec("10185"));
    assert_eq!(story.equity("10 13:00"), dec("10200"));
    assert_eq!(story.final_cash(), dec("10300"));
}

#[test]
fn the_zone_and_its_clock_change_decide_which_day_a_loss_belongs_to() {
    // Five hours behind all year: the next day begins at 05:00, and 04:00 is still refused.
    let fixed = play("daily_loss_dst", &["account.time_zone=Etc/GMT+5"]).decisions();
    assert_eq!(fixed[7..], ["11 03:00 s0 HOLD daily_loss", "11 04:00 s0 HOLD daily_loss"]);
    // In UTC the day opened at 10000, before the gain: 9700 is never reached.
    // The zone's day may begin at another hour: 05:00 there, an hour after midnight's.
    let later = play("daily_loss_dst", &["account.day_start=01:00"]).decisions();
    assert_eq!(later[7..], ["11 03:00 s0 HOLD daily_loss", "11 04:00 s0 HOLD daily_loss"]);
    let utc = play("daily_loss_dst", &["account.time_zone=UTC"]).decisions();
    assert!(utc.iter().all(|d| !d.contains("daily_loss")), "{utc:?}");
}

#[test]
fn funding_of_a_series_meets_who_holds_at_the_mark_of_its_instant() {
    let story = play("funding_series", &[]);
    let decisions =
        ["01 08:00 s0 OPEN_LONG 100", "01 10:00 s1 OPEN_SHORT 300", "02 00:00 s0 CLOSE time 100"];
    assert_eq!(story.decisions(), decisions);
    // AAA at 08:00: the entry fills after the funding of that instant. At 16:00 the mark is 102:
    // 10200 * 0.0002 = 2.04 paid; at 00:00 it is 103: 10300 * -0.0005 = -5.15, before the exit.
    // BBB at 16:00:00.007, which is 16:00: the mark is the close of 16:00, 49.50: 14850 * 0.0003 =
    // 4.455, though the short has met its target when the bar after it ends. At 00:00 it is flat.
    let funding: Vec<_> = story.0.trades.iter().map(|t| t.funding).collect();
    assert_eq!(funding, [dec("4.455"), dec("-3.11")]);
    let trades = [
        // Target 50 * 0.98. 300 * 1; fees 15000 * 0.0005 = 7.5 and 14700 * 0.0002 = 2.94.
        "01 10:00 s1 short 300 50 -> 49 01 17:00 target 285.105",
        // 100 * 3; fees 10000 * 0.0005 = 5 and 10300 * 0.0005 = 5.15; net 300 - 10.15 + 3.11.
        "01 08:00 s0 long 100 100 -> 103 02 00:00 time 292.96",
    ];
    assert_eq!(story.trades(), trades);
    // At 15:00 102 and 49.60: 200 + 120 - 5 - 7.5. At 16:00 102 and 49.50, funding of both paid:
    // 200 + 150 - 12.5 - 2.04 - 4.455. At 17:00 BBB is closed: 200 - 5 - 2.04 + 285.105. At 00:00 103 and
    // funding received: 300 - 5 + 3.11 + 285.105.
    assert_eq!(story.equity("01 15:00"), dec("50307.5"));
    assert_eq!(story.equity("01 16:00"), dec("50331.005"));
    assert_eq!(story.equity("01 17:00"), dec("50478.065"));
    assert_eq!(story.equity("02 00:00"), dec("50583.215"));
    assert_eq!(story.final_cash(), dec("50578.065"));
}

#[test]
fn a_tick_decides_a_liquidation_and_the_smaller_loss_survives_it() {
    let story = play("liquidation", &[]);
    let decisions = [
        "04 00:05 s0 OPEN_LONG 600", // 60000 / 100
        "04 00:05 s1 OPEN_LONG 500", // 25000 / 50
        // Equity 3132.899 + 500 * 0.20 = 3232.899, in use 25100 / 10; 722.899 * 10 / 92 = 78 of the
        // 652 wanted.
        "04 00:13 s0 HOLD margin",
        "04 00:15 s1 CLOSE time 500",
    ];
    assert_eq!(story.decisions(), decisions);
    // After the entries there are 10000 - 30 - 12.5 = 9957.5. BBB stays at 50 and needs 25000 *
    // 0.02 = 500; AAA needs 5 % of 600 times its price.
    // At 88.68 in the bar to 00:08: 9957.5 - 600 * 11.32 = 3165.5, needed 2660.4 + 500 = 3160.4.
    // At 88.67 in the bar to 00:09: 9957.5 - 600 * 11.33 = 3159.5, needed 2660.1 + 500 = 3160.1:
    // AAA goes, and 3159.5 carries the 500 of BBB.
    let trades = [
        // 600 * -11.33 = -6798; fees 30 and 53202 * 0.0005 = 26.601.
        "04 00:05 s0 long 600 100 -> 88.67 04 00:09 liquidation -6854.601",
        // 500 * 0.40 = 200; fees 12.5 and 25200 * 0.0005 = 12.6.
        "04 00:05 s1 long 500 50 -> 50.4 04 00:15 time 174.9",
    ];
    assert_eq!(story.trades(), trades);
    // At 00:08 AAA closes at 92: 9957.5 - 600 * 8. At 00:09 it is gone: 9957.5 - 6798 - 26.601.
    assert_eq!(story.equity("04 00:08"), dec("5157.5"));
    assert_eq!(story.equity("04 00:09"), dec("3132.899"));
    // 10000 - 6854.601 + 174.9.
    assert_eq!(story.final_cash(), dec("3320.299"));
}

#[test]
fn the_command_runs_each_as_it_stands() {
    let files = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path());
    let cases: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    assert_eq!(cases.len(), 7, "each has its test above");
    let out = tempfile::tempdir().unwrap();
    for path in cases {
        let case = path.file_stem().unwrap().to_str().unwrap();
        let output = tickstep(out.path(), &["run", path.to_str().unwrap(), "--out", case]);
        assert_eq!(output.status.code(), Some(0), "{case}: {}", stderr(&output));
        let rows = std::fs::read_to_string(out.path().join(case).join("trades.csv")).unwrap();
        assert_eq!(rows.lines().count(), 1 + play(case, &[]).0.trades.len(), "{case}");
    }
}
