//! A service with twelve accounts, as it might stand after an hour.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::decision::Action;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::Trade;
use tickstep_core::order::{ExitReason, OrderId, SlotId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side};
use tickstep_live::broker::BracketPrices;
use tickstep_live::driver::production::Happened;
use tickstep_live::runner::{
    AccountReport, AccountResult, AnswersReport, Fate, Happening, HostReport, InstrumentReport,
    LimitsReport, LinkState, PositionReport, PositionWorth, RunnerReport, SignalId, SignalMade,
    SignalResult, Skip, Stop, Unsent,
};
use tickstep_live::screen::Screen;
use tickstep_live::service::{
    AccountTally, LatencyReport, Resources, ServiceStatus, TallyReport, WatchLine,
};

pub fn of(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// 2023-10-24 19:30:00 UTC and so many seconds.
pub fn at(seconds: i64) -> Nanos {
    Nanos((1_698_175_800 + seconds) * Nanos::SECOND.0)
}

const BALANCES: [&str; 12] = [
    "50", "250", "500", "1000", "2500", "5000", "7500", "10000", "20000", "35000", "60000",
    "100000",
];

fn position(of_account: usize, symbol: &str, side: Side) -> PositionReport {
    let size = of(BALANCES[of_account]) / Decimal::from(5);
    let profit = size * of("0.004") * Decimal::from(side.sign());
    PositionReport {
        strategy: "scalper".to_owned(),
        symbol: symbol.to_owned(),
        side,
        quantity: size,
        entry: of("3.51"),
        since: at(-95),
        bracket: BracketPrices { stop: Some(of("3.499")), target: Some(of("3.524")) },
        now: Some(PositionWorth {
            price: of("3.514"),
            profit,
            profit_percent: of("11.4") * Decimal::from(side.sign()),
            price_move_percent: of("0.11") * Decimal::from(side.sign()),
        }),
        at_broker: vec!["W1".to_owned()],
    }
}

fn account(at_: usize) -> AccountReport {
    let positions = match at_ {
        6 => Vec::new(),
        3 => vec![position(at_, "FILUSDT", Side::Buy), position(at_, "NEARUSDT", Side::Sell)],
        8 => vec![position(at_, "NEARUSDT", Side::Sell)],
        _ => vec![position(at_, "FILUSDT", Side::Buy)],
    };
    let open: Decimal = positions.iter().filter_map(|p| Some(p.now?.profit)).sum();
    let cash = of(BALANCES[at_]) + net(at_);
    AccountReport {
        id: AccountId(at_ as u16),
        name: format!("user{}", at_ + 1),
        paper: false,
        session: Some(match at_ {
            9 => LinkState::Down { at: at(30), attempts: 3 },
            _ => LinkState::Up { expires: at(600), refreshing: None, check_at: at(300) },
        }),
        stopped: (at_ == 10).then_some(Stop::Pause),
        known: at_ != 9,
        halted: None,
        cash,
        equity: cash + open,
        at_broker: None,
        positions,
        differences: Vec::new(),
        orders: Vec::new(),
        foreign: Vec::new(),
        foreign_orders: Vec::new(),
        under_way: Vec::new(),
        read_back_every: Some(Nanos::SECOND.times(20)),
        read_back: Some(at(-3)),
        lists_from: Some(at(-20)),
        left_alone_until: None,
        next_question: None,
        left_today: None,
        strategies: Vec::new(),
        limits: LimitsReport::default(),
    }
}

fn net(at_: usize) -> Decimal {
    // Every third account lost.
    let share = if at_.is_multiple_of(3) { of("-0.0052") } else { of("0.0123") };
    of(BALANCES[at_]) * share
}

pub fn signal(id: u64, symbol: &str, action: Action) -> SignalMade {
    SignalMade {
        id: SignalId(id),
        at: at(-12),
        strategy: "scalper".to_owned(),
        symbol: symbol.to_owned(),
        action,
        price: of("3.51"),
        confidence: Some(0.85),
        reason: vec![
            ("volume_ratio".to_owned(), 4.2137),
            ("close".to_owned(), 3.51),
            ("mean".to_owned(), 3.5043),
            ("rsi".to_owned(), 61.257),
        ],
    }
}

pub fn result(id: u64, symbol: &str) -> SignalResult {
    let fate = |at_: usize| match at_ {
        6 => Fate::Skipped(Skip::Check(Unsent::NoSession)),
        9 => Fate::Rejected { message: "off quotes\u{1b}[2J".to_owned() },
        _ => Fate::Executed {
            price: of("3.511"),
            quantity: of(BALANCES[at_]) / Decimal::from(5),
            slippage_ticks: 1,
            latency: Nanos(18_000_000 + 1_000_000 * at_ as i64),
        },
    };
    let accounts = (0..12).map(|at_| AccountResult {
        account: AccountId(at_ as u16),
        intent: None,
        fate: fate(at_),
    });
    SignalResult {
        id: SignalId(id),
        symbol: symbol.to_owned(),
        executed: 10,
        failed: 1,
        skipped: 1,
        resting: 0,
        volume: of("48350"),
        took: Nanos(41_000_000),
        accounts: accounts.collect(),
    }
}

pub fn status() -> ServiceStatus {
    let accounts: Vec<AccountReport> = (0..12).map(account).collect();
    let tallies = accounts.iter().enumerate().map(|(at_, account)| {
        let won = if at_.is_multiple_of(3) { 2 } else { 5 };
        let tally = AccountTally { trades: 7, won, net: net(at_), strays: 0 };
        (account.name.clone(), tally)
    });
    let instrument = |symbol: &str, price: &str, still: bool| InstrumentReport {
        symbol: symbol.to_owned(),
        price: Some(of(price)),
        at: at(-1),
        still,
        book: None,
        quotes: Vec::new(),
    };
    ServiceStatus {
        version: "0.1.0".to_owned(),
        mode: "live".to_owned(),
        state: "live-state".to_owned(),
        started: at(-3_600),
        feed: "Match-Trader".to_owned(),
        records: 4_711,
        journal_file: 1,
        journal_bytes: 1 << 20,
        store: None,
        done: TallyReport {
            accounts: tallies.collect(),
            signal: Some(signal(34, "FILUSDT", Action::OpenLong)),
            result: Some(result(34, "FILUSDT")),
            signals: 34,
            latency: Some(LatencyReport {
                count: 256,
                median: Nanos(21_400_000),
                p99: Nanos(118_000_000),
            }),
            ..TallyReport::default()
        },
        queues: Vec::new(),
        resources: Resources::default(),
        health: Vec::new(),
        zone: "Asia/Seoul".to_owned(),
        runner: RunnerReport {
            now: at(0),
            trading: true,
            disk_full: false,
            awaited: Vec::new(),
            stopping: false,
            instruments: vec![
                instrument("FILUSDT", "3.514", false),
                instrument("NEARUSDT", "1.212", true),
            ],
            hosts: vec![HostReport {
                name: "demo".to_owned(),
                accounts: 12,
                per_minute: 450,
                feed: 80,
                share: 30,
                at_once: 120,
                left: 96,
                unanswered: 0,
                answers: AnswersReport::default(),
                clock_ahead: None,
            }],
            accounts,
        },
    }
}

fn trade(side: Side, exit: ExitReason, net: &str) -> Trade {
    Trade {
        slot: SlotId(0),
        instrument: InstrumentId(0),
        side,
        lots: Lots::new(10).unwrap(),
        entry: OrderId(1),
        entry_ts: at(-200),
        exit_ts: at(-20),
        entry_price: of("3.5"),
        exit_price: of("3.514"),
        exit,
        gross: of(net),
        fees: Decimal::ZERO,
        funding: Decimal::ZERO,
        slippage: Decimal::ZERO,
        net: of(net),
        entry_notional: of("35"),
        exit_notional: of("35.14"),
        initial_risk: None,
        mae: 0.0,
        mfe: 0.004,
        ambiguous: false,
    }
}

/// A position of an account that was closed.
pub fn traded(account: u16, side: Side, exit: ExitReason, net: &str) -> Happening {
    Happening::Traded {
        account: AccountId(account),
        strategy: "scalper".to_owned(),
        symbol: "FILUSDT".to_owned(),
        trade: Box::new(trade(side, exit, net)),
        stated: None,
    }
}

/// What happened in a step.
pub fn step(seconds: i64, what: Vec<Happening>) -> WatchLine {
    WatchLine::Happened(Happened { at: at(seconds), record: 1, what })
}

/// A screen that was told all of it.
pub fn screen(status: ServiceStatus) -> Screen {
    let mut screen = Screen::new("tickstep watch", TimeZone::UTC);
    screen.take(WatchLine::Status(Box::new(status)));
    for account in 0..12_u16 {
        let (net, exit) = if account.is_multiple_of(3) {
            ("-1.5", ExitReason::Stop)
        } else {
            ("4", ExitReason::Target)
        };
        screen.take(step(-30, vec![traded(account, Side::Buy, exit, net)]));
    }
    screen.take(step(-12, vec![Happening::Signal(signal(34, "FILUSDT", Action::OpenLong))]));
    screen.take(step(-11, vec![Happening::Result(result(34, "FILUSDT"))]));
    screen
}
