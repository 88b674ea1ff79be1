//! `sim`: a venue to run against.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use rust_decimal::Decimal;
use serde_json::json;
use tickstep_core::instrument::{Instrument, InstrumentSpec};
use tickstep_core::units::Nanos;
use tokio::net::TcpListener;

use super::console::Console;
use super::speed::SpeedArgs;
use crate::exchange::{
    AccountTerms, Exchange, ExchangeRules, IdStyle, Listing, PriceTape, TapeBar, TroubleRates,
};
use crate::feed::read_bars;
use crate::runner::VOLUME_DECIMALS;
use crate::service::{Wish, WishAnswer, WishLine, ask};
use crate::sim_server::{Desk, SimLogin, SimOptions, serve};

/// Bars that lie before the start, so that there is something to warm up on.
const BEFORE: usize = 500;

/// Serves a simulated Match-Trader venue over HTTP until it is interrupted, then prints the
/// truth of what it carried out: duplicates, positions nobody manages, missing brackets.
#[derive(Clone, Debug, Args)]
pub struct SimArgs {
    /// Address and port to serve at
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Prices of a symbol: CSV files of one-minute bars, once for each symbol; of several
    /// files of one symbol each follows the one before
    #[arg(long = "bars", value_name = "SYMBOL=FILE", required = true)]
    pub bars: Vec<String>,
    /// Price step
    #[arg(long, default_value = "0.001", value_name = "PRICE")]
    pub tick: Decimal,
    /// Ask less bid
    #[arg(long, default_value = "0.002", value_name = "PRICE")]
    pub spread: Decimal,
    /// Step of volumes, in lots of one unit
    #[arg(long, default_value = "0.1", value_name = "LOTS")]
    pub step: Decimal,
    /// Accounts, numbered from 950001: traderN@example.com, password "simulated"
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub accounts: u32,
    /// What each account begins with
    #[arg(long, default_value = "100000", value_name = "MONEY")]
    pub deposit: Decimal,
    /// How often each kind of fault happens, in a million calls
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub faults: u32,
    /// Seed of faults
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// How far reads lag behind, in milliseconds of the venue's time
    #[arg(long, default_value_t = 300, value_name = "MS")]
    pub lag: u32,
    /// How long orders are on their way before they are carried out, in milliseconds of the
    /// venue's time
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency_ms: u32,
    /// How far market orders fill on the wrong side of the quote, in ticks
    #[arg(long, default_value_t = 0, value_name = "TICKS")]
    pub slippage_ticks: u32,
    /// Requests a minute that it takes
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub per_minute: usize,
    /// How long a session lasts, in seconds of the venue's time
    #[arg(long, default_value_t = 900, value_name = "SECONDS",
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub session: u32,
    /// How far its clock is ahead, in milliseconds [default: 0; with --faults up to 30 s
    /// either way, as the seed has it]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    pub skew: Option<i32>,
    /// State folder of the runner that trades here: it is asked at the end what it manages,
    /// and what else is open counts as forgotten
    #[arg(long, value_name = "FOLDER")]
    pub runner: Option<PathBuf>,
    /// Pace of its time
    #[command(flatten)]
    pub speed: SpeedArgs,
}

/// Serves until `over`.
pub async fn sim(
    args: &SimArgs,
    console: &mut Console<'_>,
    over: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let clock = args.speed.clock()?;
    let exchange = exchange(args, clock.now())?;
    // Another account comes before the one that is meant, as brokers may list them.
    let login = |n: u32| SimLogin {
        email: format!("trader{n}@example.com"),
        password: "simulated".to_owned(),
        accounts: vec![decoy(n), number(n)],
    };
    let mut options = SimOptions::plain((1..=args.accounts).map(login).collect());
    options.rate.per_minute = args.per_minute;
    options.seed = args.seed;
    options.sessions.life = Nanos::SECOND.times(i64::from(args.session));
    options.skew = Nanos(i64::from(skew(args)) * 1_000_000);
    // Late is later than any client waits, in its own time.
    options.late_reply_ms = (clock.real(Nanos::SECOND.times(20)).as_millis() as u64).max(1);
    let latency = clock.real(Nanos(i64::from(args.latency_ms) * 1_000_000));
    options.write_delay_ms = latency.as_millis() as u64;
    let desk = Desk::new(exchange, options, Arc::new(move || clock.now()));
    if args.faults > 0 {
        desk.set_rates(TroubleRates::all(args.faults));
    }
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("--listen {}", args.listen))?;
    let at = listener.local_addr()?;
    writeln!(console.output, "a simulated venue at http://{at}, {} accounts", args.accounts)?;
    console.output.flush()?;
    serve(listener, desk.clone(), over).await?;
    conclude(&desk, args, console).await
}

/// Tells the truth of what was carried out, and what is wrong with it.
async fn conclude(desk: &Desk, args: &SimArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
    let managed = match &args.runner {
        Some(state) => Some(managed(state).await?),
        None => None,
    };
    let (report, done, refused) = desk.with(|exchange, now| {
        let accounts: Vec<String> = exchange.account_ids().map(str::to_owned).collect();
        let pairs = |ids: &BTreeSet<String>| -> BTreeSet<(String, String)> {
            let of = |account: &String| {
                let account = account.clone();
                ids.iter().map(move |id| (account.clone(), id.clone()))
            };
            accounts.iter().flat_map(of).collect()
        };
        let known = managed.as_ref().map(pairs);
        let report = exchange.report(now, known.as_ref());
        let truth = exchange.truth();
        (report, truth.counts().clone(), truth.refused())
    });
    let truth = json!({ "report": report, "done": done, "refused": refused });
    let all = json!({ "truth": truth, "requests": serde_json::to_value(desk.census())? });
    writeln!(console.output, "{}", serde_json::to_string_pretty(&all)?)?;
    let forgotten = report.forgotten.as_ref().map_or_else(
        || "an unknown number of forgotten positions (--runner tells)".to_owned(),
        |forgotten| format!("{} forgotten positions", forgotten.len()),
    );
    writeln!(
        console.output,
        "{} duplicates by their intent, {} entries alike within a minute, {forgotten}, {} \
         without a bracket",
        report.duplicates.len(),
        report.twins,
        report.unbracketed.len()
    )?;
    Ok(())
}

/// Numbers of the positions that a runner manages.
async fn managed(state: &Path) -> anyhow::Result<BTreeSet<String>> {
    let (who, why) = ("the simulated venue".to_owned(), String::new());
    let status = match ask(state, &WishLine { id: None, who, why, wish: Wish::Status }).await? {
        WishAnswer::Status { status } => status,
        other => bail!("an answer to something else: {other:?}"),
    };
    let accounts = status.runner.accounts.into_iter();
    let positions = accounts.flat_map(|account| account.positions);
    Ok(positions.flat_map(|position| position.at_broker).collect())
}

/// How far the clock is ahead, in milliseconds.
fn skew(args: &SimArgs) -> i32 {
    let drawn = || Pcg64::seed_from_u64(args.seed).random_range(-30_000..=30_000);
    args.skew.unwrap_or_else(|| if args.faults > 0 { drawn() } else { 0 })
}

fn decoy(n: u32) -> String {
    (850_000 + n).to_string()
}

fn number(n: u32) -> String {
    (950_000 + n).to_string()
}

fn exchange(args: &SimArgs, now: Nanos) -> anyhow::Result<Exchange> {
    let mut files: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for given in &args.bars {
        let Some((symbol, file)) =
            given.split_once('=').filter(|(s, f)| !s.is_empty() && !f.is_empty())
        else {
            bail!("--bars {given}: write SYMBOL=FILE, such as FILUSDT=bars.csv");
        };
        files.entry(symbol).or_default().push(PathBuf::from(file));
    }
    let rules = ExchangeRules {
        ids: IdStyle::Apart,
        lag: Nanos(i64::from(args.lag) * 1_000_000),
        ..ExchangeRules::plain()
    };
    let mut exchange = Exchange::new(rules)?;
    for (symbol, files) in files {
        let listing = Listing {
            quote_currency: "USD".to_owned(),
            volume_min: args.step,
            volume_step: args.step,
            volume_max: Decimal::from(10_000_000),
            slippage_ticks: args.slippage_ticks,
            ..Listing::plain(symbol, args.tick, Decimal::ONE)
        };
        exchange.list(listing, tape(args, symbol, &files, now)?)?;
    }
    for n in 1..=args.accounts {
        for account in [number(n), decoy(n)] {
            exchange.open_account(AccountTerms::plain(&account, args.deposit))?;
        }
    }
    Ok(exchange)
}

/// The prices of files as if they happened from now on, some of them before.
fn tape(args: &SimArgs, symbol: &str, files: &[PathBuf], now: Nanos) -> anyhow::Result<PriceTape> {
    let grid = Instrument::new(InstrumentSpec {
        leverage: Decimal::ONE_HUNDRED,
        ..InstrumentSpec::plain(symbol, "USD", args.tick, args.step)
    })?;
    let bars = read_bars(files, &grid)?;
    let minute = Nanos::MINUTE.0;
    let first =
        now.0.div_euclid(minute) * minute - minute * i64::try_from(BEFORE.min(bars.len() / 2))?;
    let bar = |(at, bar): (usize, &tickstep_core::event::Bar)| TapeBar {
        ts_open: Nanos(first + minute * at as i64),
        open: grid.price(bar.open),
        high: grid.price(bar.high),
        low: grid.price(bar.low),
        close: grid.price(bar.close),
        volume: Decimal::new(bar.volume.get(), VOLUME_DECIMALS).normalize(),
        spread: args.spread,
    };
    Ok(PriceTape::new(Nanos::MINUTE, bars.iter().enumerate().map(bar).collect())?)
}
