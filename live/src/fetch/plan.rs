//! All archives of a span: which of them came, which are not there, and what to try with them.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::archive::{ArchiveBars, ArchiveMarket};
use super::bring::{Brought, bring};
use super::span::{DaySpan, Period, days_instead};
use super::transfer::{ArchiveServer, FetchWatcher, TransferFault};

/// Where the public archive is.
pub const PUBLIC_ARCHIVE: &str = "https://data.binance.vision";
/// Files that are named one by one at most.
const NAMED: usize = 6;

/// What is fetched, and where to.
pub struct FetchPlan {
    /// The server.
    pub server: ArchiveServer,
    /// The bars.
    pub bars: ArchiveBars,
    /// The days.
    pub span: DaySpan,
    /// Today, UTC.
    pub today: Date,
    /// The folder.
    pub out: PathBuf,
}

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchedBars {
    /// Each archive in the order of time.
    pub archives: Vec<(Period, Brought)>,
}

impl Brought {
    const fn is_here(&self) -> bool {
        matches!(self, Self::There { .. } | Self::New { .. })
    }
}

/// Fetches what a plan says.
///
/// # Errors
/// When an archive does not come whole. What came before it stays; the same plan goes on.
pub async fn fetch(
    plan: &FetchPlan,
    watcher: &mut dyn FetchWatcher,
) -> Result<FetchedBars, TransferFault> {
    let mut fetched = FetchedBars::default();
    for period in plan.span.periods() {
        let came = one(plan, period, watcher).await?;
        let instead = match (period, &came) {
            (Period::Month(month), Brought::NotThere) => days_instead(month, plan.today),
            _ => Vec::new(),
        };
        if instead.is_empty() {
            fetched.archives.push((period, came));
            continue;
        }
        watcher.say(&format!("{} is not there yet; its days are", plan.bars.name(period)));
        for day in instead {
            fetched.archives.push((day, one(plan, day, watcher).await?));
        }
    }
    Ok(fetched)
}

/// Where else bars of a symbol are, of which nothing is in the span: in a month before this
/// one, or in the other market.
pub async fn elsewhere(
    plan: &FetchPlan,
    periods: &[Period],
    watcher: &mut dyn FetchWatcher,
) -> Option<(ArchiveMarket, Period)> {
    let recent = plan.today.first_of_month().checked_sub(2.months()).ok().map(Period::Month);
    let own = recent.map(|period| (Some(plan.bars.clone()), period));
    let other = plan.bars.of_market(plan.bars.market.other());
    let last = periods.last().map(|period| (other.clone(), *period));
    for (bars, period) in [own, last, recent.map(|period| (other, period))].into_iter().flatten() {
        let Some(bars) = bars else { continue };
        let checksum = format!("{}.CHECKSUM", bars.path(period));
        if plan.server.text(&checksum, watcher).await.is_ok() {
            return Some((bars.market, period));
        }
    }
    None
}

async fn one(
    plan: &FetchPlan,
    period: Period,
    watcher: &mut dyn FetchWatcher,
) -> Result<Brought, TransferFault> {
    let to = plan.bars.file(&plan.out, period);
    bring(&plan.server, &plan.bars.path(period), &to, watcher).await
}

impl FetchedBars {
    /// Periods with archives that are here.
    pub fn here(&self) -> impl Iterator<Item = Period> {
        self.archives.iter().filter(|(_, came)| came.is_here()).map(|(period, _)| *period)
    }

    /// Periods that the archive does not have, though it has earlier and later ones.
    #[must_use]
    pub fn holes(&self) -> Vec<Period> {
        let (Some(first), Some(last)) = (self.here().next(), self.here().last()) else {
            return Vec::new();
        };
        self.not_there().filter(|period| *period > first && period.first() < last.first()).collect()
    }

    /// Periods that the archive does not have.
    pub fn not_there(&self) -> impl Iterator<Item = Period> {
        let missing = |(period, came): &(Period, Brought)| {
            matches!(came, Brought::NotThere).then_some(*period)
        };
        self.archives.iter().filter_map(missing)
    }

    /// Whether everything that the archive has of the span is here, and something is.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let wrong = |came: &Brought| matches!(came, Brought::WrongSum { .. });
        let any_wrong = self.archives.iter().any(|(_, came)| wrong(came));
        self.here().next().is_some() && self.holes().is_empty() && !any_wrong
    }

    /// The line of `tickstep run` that takes what is here; `None` where nothing is.
    #[must_use]
    pub fn next_line(&self, plan: &FetchPlan) -> Option<String> {
        self.here().next()?;
        let mut files = Vec::new();
        for kind in [Period::Month(plan.today), Period::Day(plan.today)] {
            let here: Vec<Period> =
                self.here().filter(|period| period.folder() == kind.folder()).collect();
            files.extend(words_of(plan, kind, &here));
        }
        let [maker, taker] = plan.bars.market.usual_fees();
        Some(format!(
            "tickstep run {} --set costs.maker_fee={maker} --set costs.taker_fee={taker} --set \
             costs.slippage.ticks=1 --set strategy.params.pressure_rule=buy_share",
            files.join(" ")
        ))
    }
}

/// Files as they are written on a command line: a pattern, where there are many and it
/// matches no other.
fn words_of(plan: &FetchPlan, kind: Period, here: &[Period]) -> Vec<String> {
    let folder = plan.bars.folder(&plan.out, kind);
    let stem = plan.bars.stem();
    let is_one = |name: &str| name.starts_with(&stem) && name.ends_with(".zip");
    if here.len() > NAMED && count(&folder, is_one) == here.len() {
        return vec![quoted(&folder.join(format!("{stem}*.zip")))];
    }
    here.iter().map(|period| quoted(&plan.bars.file(&plan.out, *period))).collect()
}

fn count(folder: &Path, is_one: impl Fn(&str) -> bool) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(&is_one)).count()
}

/// A path as a shell takes it; `tickstep run` reads patterns itself.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    match text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
