//! `record`: a market into files, whether they are as they were written, bars of their trades.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use tickstep_config::OwnStrategies;
use tickstep_core::units::Nanos;

use super::console::Console;
use super::run::environment;
use crate::clock::{TimeSource, wall};
use crate::config::LiveConfig;
use crate::feed::binance::BinanceMarket;
use crate::recorder::{
    CheckedSeries, GAPS, MarketRecorder, RecordPlan, RecordTerms, RecordedInstrument,
    RecordedStream, check_recording, make_bars, told_time,
};

/// Writes a market into files: bars and trades as `tickstep run` and a recording read them,
/// order books as they came; survives kill -9, asks for what it missed, and checks itself.
///
/// Ends with 0 when it was interrupted and every file is as it was written, else with 1.
#[derive(Clone, Debug, Args)]
pub struct RecordArgs {
    /// The configuration: its feed, what it says of recording, and its instruments are used
    #[arg(required_unless_present_any = ["check", "bars"], conflicts_with_all = ["check", "bars"])]
    pub config: Option<PathBuf>,
    /// The folder to write to, instead of the configuration's
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["check", "bars"])]
    pub out: Option<PathBuf>,
    /// A setting other than the file's, such as --set record.depth=false
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with_all = ["check", "bars"])]
    pub changes: Vec<String>,
    /// Check every row and sum of a recording; names the first file and row that is wrong
    #[arg(long, value_name = "FOLDER", conflicts_with = "bars")]
    pub check: Option<PathBuf>,
    /// Make bars of the trades of a recording, in its folder `bars`
    #[arg(long, value_name = "FOLDER")]
    pub bars: Option<PathBuf>,
    /// Their length in seconds, one that the exchange has too
    #[arg(long, default_value_t = 1, value_name = "N", requires = "bars")]
    pub seconds: u32,
}

/// Records until `over`, checks a recording, or makes bars of one.
pub async fn record(
    args: &RecordArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
    over: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    match (&args.check, &args.bars, &args.config) {
        (Some(folder), ..) => check(folder, console),
        (None, Some(folder), _) => bars(folder, args.seconds, console),
        (None, None, Some(config)) => write(config, args, own, console, over).await,
        (None, None, None) => bail!("name a configuration, --check FOLDER or --bars FOLDER"),
    }
}

async fn write(
    path: &Path,
    args: &RecordArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
    over: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let config = LiveConfig::read(path, &args.changes, &environment(), own)?;
    let plan = plan(&config, args.out.as_deref())?;
    let folder = plan.folder.clone();
    let of: Vec<&str> = plan.instruments.iter().map(|one| one.name.as_str()).collect();
    let streams: Vec<&str> =
        plan.instruments.iter().take(1).flat_map(|o| &o.streams).map(|s| s.word()).collect();
    writeln!(
        console.output,
        "recording {} of {} into {}; Ctrl-C ends it",
        streams.join(", "),
        of.join(", "),
        folder.display()
    )?;
    let mut notes = Vec::new();
    let opened = MarketRecorder::open(plan, TimeSource::Real.clock(None), &mut notes);
    for note in &notes {
        writeln!(console.output, "{note}")?;
    }
    console.output.flush()?;
    let output = &mut *console.output;
    let done = opened?
        .run(over, &mut |words| {
            let now = wall();
            let now = told_time(Nanos(now.0 - now.0.rem_euclid(Nanos::SECOND.0)));
            // Who does not read any more must not end a recording.
            let _ = writeln!(output, "{now} {words}").and_then(|()| output.flush());
        })
        .await;
    let done = done.context("the recording ended; what was saved stays, start it again")?;
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["", "rows", "missing", "files finished"]);
    for (name, series) in done.series() {
        let name = format!("{name} {}", series.stream().word());
        let counts = [series.rows.to_string(), series.missing.to_string()];
        table.add_row([name].into_iter().chain(counts).chain([series.finished.to_string()]));
    }
    drop(done);
    writeln!(console.output, "{}", table.trim_fmt())?;
    check(&folder, console)
}

/// What is recorded by a configuration.
fn plan(config: &LiveConfig, out: Option<&Path>) -> anyhow::Result<RecordPlan> {
    let Some((market, feed)) = config.feed.binance() else {
        bail!(
            "[feed] has no streams to record; write kind = \"binance_futures\" or \
             \"binance_spot\" (candles of a broker and what was played are in the journal)"
        );
    };
    let record = &config.record;
    let streams = feed.terms(market, usize::from(record.depth), 0);
    let instruments = config.instrument.iter().map(|one| {
        let length = Nanos::SECOND.times(i64::from(one.interval_s));
        let name = one.terms.symbol.clone();
        let interval = market
            .interval(length)
            .with_context(|| format!("{name}: the exchange has no bars of {} s", one.interval_s))?;
        let mut streams = vec![RecordedStream::Bars(length)];
        streams.extend(record.trades.then_some(RecordedStream::Trades));
        streams.extend(record.depth.then_some(RecordedStream::Depth));
        let symbol = feed.symbol(&name);
        Ok(RecordedInstrument { name, symbol, interval, length, streams })
    });
    Ok(RecordPlan {
        terms: RecordTerms {
            market,
            market_url: streams.market_url,
            depth_url: streams.depth_url,
            quiet: streams.quiet,
            weight_per_minute: streams.weight_per_minute,
            link: streams.link,
            oldest_trades: record.oldest_trades(),
        },
        rest_url: feed.rest_url(market).to_owned(),
        timeout: feed.timeout(),
        instruments: instruments.collect::<anyhow::Result<_>>()?,
        folder: out.map_or_else(|| record.folder.clone(), Path::to_owned),
        rotate_bytes: record.rotate_bytes(),
    })
}

fn check(folder: &Path, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let checked = check_recording(folder)?;
    if checked.is_empty() {
        bail!("{}: there is no file of a recording in it", folder.display());
    }
    let mut table = Table::new();
    let header = ["", "files", "rows", "from", "to", "gaps", "missing"];
    table.load_style(NOTHING).set_header(header);
    for ((symbol, stream), has) in &checked {
        let CheckedSeries { files, rows, span, holes, missing, .. } = has;
        let (from, to) = span.clone().unwrap_or_default();
        let counts = [files.to_string(), rows.to_string()];
        let gaps = [holes.to_string(), missing.to_string()];
        let name = format!("{symbol} {}", stream.word());
        table.add_row([name].into_iter().chain(counts).chain([from, to]).chain(gaps));
    }
    writeln!(console.output, "{}", table.trim_fmt())?;
    for ((symbol, stream), has) in checked.iter().filter(|(_, has)| has.unfinished > 0) {
        let end = match has.torn {
            0 => String::new(),
            torn => {
                format!("; {torn} bytes at its end are no whole row, and go with the next start")
            }
        };
        writeln!(console.output, "{symbol} {}: the last file is not finished{end}", stream.word())?;
    }
    if checked.values().any(|has| has.holes > 0) {
        writeln!(console.output, "{} says what is missing, and why", folder.join(GAPS).display())?;
    }
    writeln!(console.output, "{}: every row and sum is as it was written", folder.display())?;
    Ok(ExitCode::SUCCESS)
}

fn bars(folder: &Path, seconds: u32, console: &mut Console<'_>) -> anyhow::Result<ExitCode> {
    let length = Nanos::SECOND.times(i64::from(seconds));
    let tag = BinanceMarket::Spot
        .interval(length)
        .with_context(|| format!("--seconds {seconds}: the exchange has no bars of that length"))?;
    let checked = check_recording(folder)?;
    let trades = checked.keys().filter(|(_, stream)| *stream == RecordedStream::Trades);
    let symbols: BTreeSet<&String> = trades.map(|(symbol, _)| symbol).collect();
    if symbols.is_empty() {
        bail!("{}: there are no trades in it", folder.display());
    }
    for symbol in symbols {
        let made = make_bars(folder, symbol, (length, tag))?;
        writeln!(
            console.output,
            "{symbol}: {} bars of {seconds} s in {} files; trades are missing at {} places, and \
             the bars around them are left out",
            made.bars,
            made.files.len(),
            made.holes
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
