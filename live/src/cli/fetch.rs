//! `fetch`: bars of a public archive.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use indicatif::{ProgressBar, ProgressStyle};

use super::console::Console;
use crate::clock::wall;
use crate::fetch::{
    ArchiveBars, ArchiveMarket, ArchiveServer, Brought, DaySpan, FetchPlan, FetchWatcher,
    FetchedBars, PUBLIC_ARCHIVE, Period, elsewhere, fetch,
};

/// Brings bars from Binance's public archive, each file with its sum verified; goes on where
/// it was cut off, skips what is there, and says which `tickstep run` to try next.
///
/// Ends with 0 where everything that the archive has of the span is here, else with 1.
#[derive(Clone, Debug, Args)]
pub struct FetchArgs {
    /// The symbol, such as BTCUSDT
    pub symbol: String,
    /// Length of a bar, such as 1m
    #[arg(long, default_value = "1m", value_name = "LENGTH")]
    pub interval: String,
    /// The first month or day, such as 2024-01 or 2024-01-15
    #[arg(long, value_name = "MONTH")]
    pub from: String,
    /// The last month or day [default: yesterday]
    #[arg(long, value_name = "MONTH")]
    pub to: Option<String>,
    /// USD-M futures or spot
    #[arg(long, value_enum, default_value = "um")]
    pub market: ArchiveMarket,
    /// Where the archive is, or a copy of it
    #[arg(long, default_value = PUBLIC_ARCHIVE, value_name = "ADDRESS")]
    pub base: String,
    /// The folder to write to
    #[arg(long, default_value = "data/binance", value_name = "FOLDER")]
    pub out: PathBuf,
}

struct Shown<'a, 'c> {
    console: &'a mut Console<'c>,
    bar: ProgressBar,
    name: String,
}

impl FetchWatcher for Shown<'_, '_> {
    fn say(&mut self, words: &str) {
        let output = &mut self.console.output;
        // Who does not read any more must not end the work.
        self.bar.suspend(|| {
            let _ = writeln!(output, "{words}").and_then(|()| output.flush());
        });
    }

    fn bytes(&mut self, name: &str, there: u64, all: Option<u64>) {
        if self.name != name {
            name.clone_into(&mut self.name);
            self.bar.set_message(name.to_owned());
            self.bar.reset_eta();
        }
        if let Some(all) = all {
            self.bar.set_length(all);
        }
        self.bar.set_position(there);
    }
}

/// Fetches until it is done, or `over`: then the same line goes on.
pub async fn fetch_archive(
    args: &FetchArgs,
    on_screen: bool,
    console: &mut Console<'_>,
    over: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let today = jiff::Timestamp::from_nanosecond(i128::from(wall().0))?;
    let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
    let words = anyhow::Error::msg::<String>;
    let plan = FetchPlan {
        server: ArchiveServer::new(&args.base).map_err(words)?,
        bars: ArchiveBars::new(args.market, &args.symbol, &args.interval).map_err(words)?,
        span: DaySpan::read(&args.from, args.to.as_deref(), today).map_err(words)?,
        today,
        out: args.out.clone(),
    };
    let bar = if on_screen { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let template = "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    let mut shown = Shown { console, bar, name: String::new() };
    let fetched = tokio::select! {
        done = fetch(&plan, &mut shown) => done,
        () = over => {
            shown.bar.finish_and_clear();
            bail!("interrupted; the same line goes on where this ended");
        }
    };
    shown.bar.finish_and_clear();
    let fetched = fetched?;
    if fetched.here().next().is_none() {
        return Err(nothing(&plan, &fetched, &mut shown).await);
    }
    summary(&plan, &fetched, shown.console)?;
    Ok(if fetched.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn span_words(periods: &[Period]) -> String {
    match (periods.first(), periods.last()) {
        (Some(first), Some(last)) if first != last => format!("{} to {}", first.tag(), last.tag()),
        (Some(one), _) => one.tag(),
        (None, _) => String::new(),
    }
}

fn summary(
    plan: &FetchPlan,
    fetched: &FetchedBars,
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([&plan.bars.to_string(), "files", "MB", "span"]);
    type Sort = fn(&Brought) -> Option<u64>;
    let sorts: [(&str, Sort); 4] = [
        ("brought", |came| match came {
            Brought::New { bytes, .. } => Some(*bytes),
            _ => None,
        }),
        ("there already", |came| match came {
            Brought::There { bytes } => Some(*bytes),
            _ => None,
        }),
        ("not in the archive", |came| matches!(came, Brought::NotThere).then_some(0)),
        ("wrong, not kept", |came| matches!(came, Brought::WrongSum { .. }).then_some(0)),
    ];
    for (words, sort) in sorts {
        let of: Vec<(Period, u64)> = fetched
            .archives
            .iter()
            .filter_map(|(period, came)| Some((*period, sort(came)?)))
            .collect();
        if of.is_empty() {
            continue;
        }
        let (bytes, periods): (u64, Vec<Period>) = (
            of.iter().map(|(_, bytes)| bytes).sum(),
            of.iter().map(|(period, _)| *period).collect(),
        );
        let mb = format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10);
        table.add_row([words.to_owned(), of.len().to_string(), mb, span_words(&periods)]);
    }
    writeln!(console.output, "{}", table.trim_fmt())?;
    for (period, came) in &fetched.archives {
        if let Brought::WrongSum { wanted, came } = came {
            let name = plan.bars.name(*period);
            writeln!(console.output, "{name}: SHA-256 is {came}, and the archive says {wanted}")?;
        }
    }
    let here: Vec<Period> = fetched.here().collect();
    let holes: Vec<String> = fetched.holes().into_iter().map(Period::tag).collect();
    if !holes.is_empty() {
        let holes = holes.join(", ");
        writeln!(console.output, "the archive has nothing of {holes} in the middle of the span")?;
    } else if fetched.not_there().next().is_some() {
        writeln!(console.output, "the archive has {}", span_words(&here))?;
    }
    if let Some(line) = fetched.next_line(plan) {
        writeln!(console.output, "try next:\n{line}")?;
    }
    Ok(())
}

/// Why nothing is here, and whether the other market has it.
async fn nothing(
    plan: &FetchPlan,
    fetched: &FetchedBars,
    shown: &mut Shown<'_, '_>,
) -> anyhow::Error {
    for (period, came) in &fetched.archives {
        if let Brought::WrongSum { wanted, came } = came {
            let name = plan.bars.name(*period);
            return anyhow::anyhow!("{name}: SHA-256 is {came}, and the archive says {wanted}");
        }
    }
    let periods: Vec<Period> = fetched.archives.iter().map(|(period, _)| *period).collect();
    let (base, bars, span) = (plan.server.base(), &plan.bars, span_words(&periods));
    let mut words = format!("{base} has nothing of {bars} in {span}");
    match elsewhere(plan, &periods, shown).await {
        Some((market, period)) if market == bars.market => {
            words.push_str(&format!("; it has {}, so name another span", period.tag()));
        }
        Some((market, period)) => {
            let (word, tag) = (market.word(), period.tag());
            words.push_str(&format!("; {word} has {tag}: add --market {word}"));
        }
        None => words.push_str(
            ", nor of last months, nor in the other market; write the symbol as the exchange does",
        ),
    }
    anyhow::Error::msg(words)
}
