//! When a whole book is asked for, so that the changes in a file can be followed from it.
//!
//! A book is wanted where a file begins, and wherever changes are missing, as they cannot be
//! asked for. It has to be as new as the first change behind that, or nobody could follow.

use tickstep_core::units::Nanos;

/// The shortest and the longest time until a book is asked for again.
const AGAIN: (Nanos, Nanos) = (Nanos(500_000_000), Nanos::MINUTE);

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeStep {
    /// It was there before.
    Known,
    /// It is to be written.
    New,
}

/// The book of one instrument.
#[derive(Clone, Debug)]
pub struct BookLine {
    /// Number of the last change that was written.
    last: Option<i64>,
    wanted: bool,
    /// What the first change since it is wanted begins behind.
    since: Option<i64>,
    asked: bool,
    ask_at: Nanos,
    failures: u32,
}

impl BookLine {
    /// Behind a change that was written.
    #[must_use]
    pub const fn new(last: Option<i64>) -> Self {
        let (since, asked, ask_at) = (None, false, Nanos(i64::MIN));
        Self { last, wanted: true, since, asked, ask_at, failures: 0 }
    }

    /// Changes may be missing.
    pub const fn want(&mut self) {
        (self.wanted, self.since) = (true, None);
    }

    /// A file begins.
    pub const fn want_in_file(&mut self) {
        if !self.wanted {
            self.want();
        }
    }

    /// Takes the numbers of a change.
    pub fn change(&mut self, before: i64, last: i64) -> ChangeStep {
        if self.last.is_some_and(|known| last <= known) {
            return ChangeStep::Known;
        }
        if self.last.is_some_and(|known| before > known) {
            self.want();
        }
        self.last = Some(last);
        if self.wanted {
            self.since.get_or_insert(before);
        }
        ChangeStep::New
    }

    /// When a book may be asked for; `None` while none is wanted, or it is asked for.
    #[must_use]
    pub fn ask_at(&self) -> Option<Nanos> {
        (self.wanted && self.since.is_some() && !self.asked).then_some(self.ask_at)
    }

    /// It is asked for.
    pub const fn ask(&mut self) {
        self.asked = true;
    }

    /// A book came that has all changes up to `last`; whether it is to be written.
    pub fn came(&mut self, last: i64, now: Nanos) -> bool {
        self.asked = false;
        match self.since.filter(|_| self.wanted) {
            // Changes went missing while it was under way.
            None => false,
            Some(since) if last < since => {
                self.wait(now);
                false
            }
            Some(_) => {
                (self.wanted, self.since, self.failures) = (false, None, 0);
                true
            }
        }
    }

    /// There was no answer.
    pub fn failed(&mut self, now: Nanos) {
        self.asked = false;
        self.wait(now);
    }

    fn wait(&mut self, now: Nanos) {
        let wait = AGAIN.0.times(1 << self.failures.min(7)).min(AGAIN.1);
        self.failures = self.failures.saturating_add(1);
        self.ask_at = Nanos(now.0.saturating_add(wait.0));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_asked_for_once_changes_need_it() {
        let mut book = BookLine::new(Some(10));
        assert_eq!(book.ask_at(), None);
        assert_eq!(book.change(7, 10), ChangeStep::Known);
        assert_eq!(book.change(10, 12), ChangeStep::New);
        assert!(book.ask_at().is_some());
        book.ask();
        assert_eq!(book.ask_at(), None);
        // One that is older than the first change is of no use.
        assert!(!book.came(9, Nanos(0)));
        assert_eq!(book.ask_at(), Some(AGAIN.0));
        book.ask();
        assert!(book.came(11, Nanos(0)));
        assert_eq!(book.ask_at(), None);
        // What overlaps misses nothing; what is missing needs another book.
        assert_eq!((book.change(11, 14), book.ask_at()), (ChangeStep::New, None));
        assert_eq!(book.change(15, 16), ChangeStep::New);
        assert!(book.ask_at().is_some());
        book.ask();
        book.want();
        assert!(!book.came(20, Nanos(0)), "nothing has come since");
    }
}
