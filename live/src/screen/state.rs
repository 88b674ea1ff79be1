//! What a screen knows, and what keys do to it.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::curve::Curve;
use super::log::{ScreenLog, Tone};
use crate::runner::{AccountReport, LinkState};
use crate::service::{AccountTally, ServiceStatus, WatchLine, Wish, WishAnswer};

/// Paces that keys go through, in times of real time.
const PACES: [u32; 7] = [1, 5, 10, 30, 60, 120, 240];
/// How long a close may take that a key asked for, in seconds.
const CLOSE_S: u64 = 120;

/// What is shown where there is no room for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Accounts.
    #[default]
    Accounts,
    /// Open positions.
    Positions,
    /// What became of the latest signal on each account.
    Results,
    /// What happened.
    Log,
}

/// A key, as far as a screen knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenKey {
    /// A letter or sign.
    Char(char),
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// A line up.
    Up,
    /// A line down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Ctrl-C.
    Interrupt,
}

/// What is asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to close everything.
    CloseAll,
    /// Whether to close everything and stop trading.
    Kill,
}

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyAct {
    /// Something of the runner.
    Runner(Box<Wish>),
    /// That time runs so many times faster than it does.
    Speed(u32),
    /// The end of the screen.
    Leave,
}

fn runner(wish: Wish) -> Option<KeyAct> {
    Some(KeyAct::Runner(Box::new(wish)))
}

/// What a screen knows.
#[derive(Clone, Debug)]
pub struct Screen {
    /// What it is called, such as `tickstep demo`.
    pub title: String,
    /// What the market and the money are, where no real order is behind them.
    pub pretend: Option<String>,
    /// How many times faster than it does time runs, where keys may change it.
    pub speed: Option<u32>,
    /// Zone of its times.
    pub zone: TimeZone,
    /// Where everything stands, once that was told.
    pub status: Option<ServiceStatus>,
    /// What happened.
    pub log: ScreenLog,
    /// What is shown where there is no room for all.
    pub view: View,
    /// Rows that are above the first one shown.
    pub scroll: usize,
    /// Whether keys are explained.
    pub help: bool,
    /// What is asked.
    pub question: Option<Question>,
    /// What is being done, in place of the keys.
    pub doing: Option<String>,
    /// Whether it joins a runner that ran before, or missed what happened: sessions that are
    /// open then were opened unseen.
    pub joins: bool,
    /// For how long nothing was told, in real seconds, where that is too long.
    pub silent_s: Option<u64>,
    pub(super) curve: Curve,
}

impl Screen {
    /// A screen that knows nothing yet.
    #[must_use]
    pub fn new(title: &str, zone: TimeZone) -> Self {
        Self {
            title: title.to_owned(),
            pretend: None,
            speed: None,
            zone,
            status: None,
            log: ScreenLog::default(),
            view: View::default(),
            scroll: 0,
            help: false,
            question: None,
            doing: None,
            joins: true,
            silent_s: None,
            curve: Curve::default(),
        }
    }

    /// The runner's time.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.status.as_ref().map_or(Nanos(0), |status| status.runner.now)
    }

    /// Takes what a service tells.
    pub fn take(&mut self, line: WatchLine) {
        match line {
            WatchLine::Status(status) => {
                self.silent_s = None;
                if std::mem::take(&mut self.joins) {
                    let accounts = status.runner.accounts.iter();
                    let up = accounts.filter(|a| matches!(a.session, Some(LinkState::Up { .. })));
                    self.log.are_up(up.map(|account| account.id));
                }
                self.status = Some(*status);
                self.curve.add(self.sums().profit());
            }
            WatchLine::Happened(step) => {
                let Self { log, status, speed, .. } = self;
                let name = |account: AccountId| {
                    let of = status.as_ref().map(|s| s.runner.accounts.as_slice());
                    let of = of.unwrap_or_default().get(account.index());
                    of.map_or_else(|| format!("account {}", account.0), |a| a.name.clone())
                };
                log.take(&step, &name, speed.unwrap_or(1));
            }
            WatchLine::Missed(steps) => {
                self.joins = true;
                let words = format!("{steps} steps went by too fast to be shown");
                self.log.say(self.now(), Tone::Warning, &words);
            }
        }
    }

    /// Takes what came of what a key asked for.
    pub fn answered(&mut self, answer: &WishAnswer) {
        let now = self.now();
        let mut say = |tone, words: &str| self.log.say(now, tone, words);
        match answer {
            WishAnswer::Closed { left, refused, .. } if left.is_empty() && refused.is_empty() => {
                say(Tone::Plain, "everything is closed");
            }
            WishAnswer::Closed { left, refused, .. } => {
                refused.iter().for_each(|words| say(Tone::Alarm, &format!("refused: {words}")));
                left.iter().for_each(|words| say(Tone::Alarm, &format!("still open: {words}")));
            }
            WishAnswer::Refused { error } => say(Tone::Alarm, &format!("refused: {error}")),
            // What was done is among what happened.
            WishAnswer::Done { .. }
            | WishAnswer::Status { .. }
            | WishAnswer::Batch { .. }
            | WishAnswer::Audited { .. } => {}
        }
    }

    /// Takes a key; what it asks for. While something is being done that ends the screen, no
    /// key does anything but leave at once.
    pub fn key(&mut self, key: ScreenKey) -> Option<KeyAct> {
        if key == ScreenKey::Interrupt {
            return Some(KeyAct::Leave);
        }
        if self.doing.is_some() {
            return None;
        }
        if let Some(question) = self.question.take() {
            let sure = matches!(key, ScreenKey::Char('y' | 'Y'));
            let wish = match question {
                Question::CloseAll => Wish::Close { account: None, symbol: None, wait_s: CLOSE_S },
                Question::Kill => Wish::Kill { account: None, wait_s: CLOSE_S },
            };
            return runner(wish).filter(|_| sure);
        }
        if self.help {
            self.help = false;
            return None;
        }
        match key {
            ScreenKey::Char('q' | 'Q') => return Some(KeyAct::Leave),
            ScreenKey::Char('p') => return runner(Wish::Pause { account: None }),
            ScreenKey::Char('r') => return runner(Wish::Resume { account: None }),
            ScreenKey::Char('c') => self.question = Some(Question::CloseAll),
            ScreenKey::Char('k') => self.question = Some(Question::Kill),
            ScreenKey::Char('?' | 'h') => self.help = true,
            ScreenKey::Char('+' | '=') => return self.paced(|now, pace| pace > now, false),
            ScreenKey::Char('-' | '_') => return self.paced(|now, pace| pace < now, true),
            ScreenKey::Tab => self.turn(),
            ScreenKey::Up => self.scroll = self.scroll.saturating_sub(1),
            ScreenKey::Down => self.scroll += 1,
            ScreenKey::PageUp => self.scroll = self.scroll.saturating_sub(10),
            ScreenKey::PageDown => self.scroll += 10,
            ScreenKey::Escape | ScreenKey::Char(_) | ScreenKey::Interrupt => {}
        }
        self.scroll = self.scroll.min(self.rows().saturating_sub(1));
        None
    }

    fn paced(&mut self, wanted: impl Fn(u32, u32) -> bool, last: bool) -> Option<KeyAct> {
        let now = self.speed?;
        let mut paces = PACES.into_iter().filter(|pace| wanted(now, *pace));
        let pace = if last { paces.next_back() } else { paces.next() };
        self.speed = pace.or(self.speed);
        pace.map(KeyAct::Speed)
    }

    fn turn(&mut self) {
        self.scroll = 0;
        self.view = match self.view {
            View::Accounts => View::Positions,
            View::Positions => View::Results,
            View::Results => View::Log,
            View::Log => View::Accounts,
        };
    }

    /// Rows of what is in view.
    fn rows(&self) -> usize {
        let Some(status) = &self.status else { return 0 };
        let accounts = &status.runner.accounts;
        match self.view {
            View::Accounts => accounts.len(),
            View::Positions => accounts.iter().map(|a| a.positions.len()).sum(),
            View::Results => status.done.result.as_ref().map_or(0, |r| r.accounts.len()),
            View::Log => self.log.lines().len(),
        }
    }

    /// Money of all accounts.
    #[must_use]
    pub(super) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        let Some(status) = &self.status else { return sums };
        for account in &status.runner.accounts {
            let tally = status.done.accounts.get(&account.name).copied().unwrap_or_default();
            let of = Sums::of(account, &tally);
            sums.equity += of.equity;
            sums.open += of.open;
            sums.net += of.net;
            sums.trades += of.trades;
            sums.won += of.won;
            sums.positions += of.positions;
        }
        sums
    }
}

/// Money and trades, of one account or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub equity: Decimal,
    /// What open positions stand at.
    pub open: Decimal,
    /// What closed ones made since the runner was started.
    pub net: Decimal,
    pub trades: u64,
    pub won: u64,
    pub positions: usize,
}

impl Sums {
    pub fn of(account: &AccountReport, tally: &AccountTally) -> Self {
        Self {
            equity: account.equity,
            open: account.equity - account.cash,
            net: tally.net,
            trades: tally.trades,
            won: tally.won,
            positions: account.positions.len(),
        }
    }

    /// Made since the runner was started, open positions and all.
    pub fn profit(&self) -> Decimal {
        self.net + self.open
    }

    /// What there was before that.
    pub fn before(&self) -> Decimal {
        self.equity - self.profit()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn screen() -> Screen {
        Screen { speed: Some(60), ..Screen::new("a screen", TimeZone::UTC) }
    }

    #[test]
    fn what_is_dangerous_is_asked_first_and_done_for_y_alone() {
        let mut screen = screen();
        for key in ['c', 'n', 'y', 'k', 'q'] {
            assert_eq!(screen.key(ScreenKey::Char(key)), None, "{key}");
        }
        assert_eq!(screen.key(ScreenKey::Char('c')), None);
        let close = Wish::Close { account: None, symbol: None, wait_s: CLOSE_S };
        assert_eq!(screen.key(ScreenKey::Char('y')), runner(close));
        assert_eq!(screen.key(ScreenKey::Char('k')), None);
        let kill = Wish::Kill { account: None, wait_s: CLOSE_S };
        assert_eq!(screen.key(ScreenKey::Char('y')), runner(kill));
        assert_eq!(screen.key(ScreenKey::Char('q')), Some(KeyAct::Leave));
    }

    #[test]
    fn a_pace_is_changed_step_by_step_and_only_where_there_is_one() {
        let mut screen = screen();
        let mut paces = Vec::new();
        for key in "++++-----".chars() {
            paces.push(screen.key(ScreenKey::Char(key)).map(|asked| match asked {
                KeyAct::Speed(speed) => speed,
                other => panic!("{other:?}"),
            }));
        }
        let wanted = [120, 240, 0, 0, 120, 60, 30, 10, 5].map(|n| (n > 0).then_some(n));
        assert_eq!(paces, wanted);
        assert_eq!(screen.speed, Some(5));
        screen.speed = None;
        assert_eq!(screen.key(ScreenKey::Char('+')), None);
    }

    #[test]
    fn nothing_is_asked_for_once_it_ends_but_the_end_itself() {
        let mut screen = Screen { doing: Some("closing".to_owned()), ..screen() };
        assert_eq!(screen.key(ScreenKey::Char('p')), None);
        assert_eq!(screen.key(ScreenKey::Char('q')), None);
        assert_eq!(screen.key(ScreenKey::Interrupt), Some(KeyAct::Leave));
        let mut help = Screen { help: true, doing: None, ..screen };
        assert_eq!(help.key(ScreenKey::Char('p')), None, "a key closes the help and does no more");
        assert_eq!(help.key(ScreenKey::Char('p')), runner(Wish::Pause { account: None }));
    }
}
