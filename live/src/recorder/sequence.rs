//! Rows with numbers that rise by one, of a stream that may miss some and of answers that
//! bring them: a machine without I/O.
//!
//! Invariant: rows come out in the order of their numbers, each once, and none is left out
//! that the stream or an answer brought, unless it is said that the exchange has it no more.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

/// Rows that wait for others, at most; what does not find room is asked for later.
const WAITING: usize = 50_000;
/// How often an answer without a row is asked for again before its rows count as lost.
const EMPTY: u32 = 3;
/// The shortest and the longest time until a question is asked again.
const AGAIN: (Nanos, Nanos) = (Nanos::SECOND, Nanos::MINUTE);

/// A row that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedRow {
    /// Its number.
    pub number: i64,
    /// Its time.
    pub at: Nanos,
    /// Its text, without the end of the line.
    pub text: String,
}

/// Rows of one stream of one instrument.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Number and time of the last row that came out.
    last: Option<(i64, Nanos)>,
    /// The first number that has not begun to exist, as far as was heard.
    end: i64,
    waiting: BTreeMap<i64, NumberedRow>,
    /// How long after something was missed it is asked for: it may only be late.
    patience: Nanos,
    /// The oldest time, before a row that came, of which rows are asked for.
    oldest: Nanos,
    ask_at: Option<Nanos>,
    asked: bool,
    failures: u32,
    empty: u32,
}

impl Sequence {
    /// Behind a row that was written, or from the first row on.
    #[must_use]
    pub const fn new(last: Option<(i64, Nanos)>, patience: Nanos, oldest: Nanos) -> Self {
        Self {
            last,
            end: i64::MIN,
            waiting: BTreeMap::new(),
            patience,
            oldest,
            ask_at: None,
            asked: false,
            failures: 0,
            empty: 0,
        }
    }

    /// It was heard that everything before `end` exists.
    pub fn heard(&mut self, end: i64, now: Nanos) {
        self.end = self.end.max(end);
        self.look(now);
    }

    /// Takes a row of the stream; what can be written now.
    pub fn stream(&mut self, row: NumberedRow, now: Nanos) -> Vec<NumberedRow> {
        self.end = self.end.max(row.number.saturating_add(1));
        self.insert(row);
        self.ready(now)
    }

    fn insert(&mut self, row: NumberedRow) {
        let known = self.last.is_some_and(|(last, _)| row.number <= last);
        // What fits on at once never waits for room.
        let next = self.last.is_none_or(|(last, _)| row.number == last + 1);
        if !known && (next || self.waiting.len() < WAITING) {
            self.waiting.insert(row.number, row);
        }
    }

    /// What follows the last row without a hole.
    fn ready(&mut self, now: Nanos) -> Vec<NumberedRow> {
        let mut out = Vec::new();
        while let Some(first) = self.waiting.first_entry() {
            if self.last.is_some_and(|(last, _)| *first.key() > last + 1) {
                break;
            }
            let row = first.remove();
            self.last = Some((row.number, row.at));
            out.push(row);
        }
        if !out.is_empty() {
            (self.failures, self.empty) = (0, 0);
        }
        self.look(now);
        out
    }

    /// Numbers that are missing, the second not among them.
    #[must_use]
    pub fn missing(&self) -> Option<(i64, i64)> {
        let (last, _) = self.last?;
        let first = self.waiting.keys().next().copied().unwrap_or(self.end);
        (first > last + 1).then_some((last + 1, first))
    }

    fn look(&mut self, now: Nanos) {
        match self.missing() {
            None => self.ask_at = None,
            Some(_) => {
                let at = Nanos(now.0.saturating_add(self.patience.0));
                self.ask_at.get_or_insert(at);
            }
        }
    }

    /// When what is missing may be asked for; `None` while nothing is, or it is asked for.
    #[must_use]
    pub fn ask_at(&self) -> Option<Nanos> {
        self.ask_at.filter(|_| !self.asked)
    }

    /// What is missing is asked for: numbers, the second not among them.
    pub fn ask(&mut self) -> Option<(i64, i64)> {
        let missing = self.missing()?;
        self.asked = true;
        Some(missing)
    }

    /// Whether what is missing is older than what is asked for: then nothing is asked, and
    /// what can be written now is returned.
    pub fn give_up_old(&mut self, now: Nanos) -> Option<Vec<NumberedRow>> {
        let (_, last_at) = self.last?;
        let (_, first) = self.waiting.first_key_value()?;
        self.missing()?;
        (first.at.0.saturating_sub(last_at.0) > self.oldest.0).then(|| self.skip(now))
    }

    /// Takes the rows of an answer to [`ask`](Self::ask); what can be written now.
    pub fn answered(&mut self, rows: Vec<NumberedRow>, now: Nanos) -> Vec<NumberedRow> {
        self.asked = false;
        let asked = self.last.map(|(last, _)| last + 1);
        let later = rows.iter().any(|row| asked.is_none_or(|asked| row.number > asked));
        let mut out = Vec::new();
        for row in rows {
            self.insert(row);
            out.extend(self.ready(now));
        }
        if !out.is_empty() {
            // There may be more, at once.
            self.ask_at = self.ask_at.map(|_| now);
            return out;
        }
        self.empty += 1;
        // It has what comes later, or has said often enough that it has nothing.
        if later || self.empty >= EMPTY {
            return self.skip(now);
        }
        self.wait(now);
        out
    }

    /// There was no answer.
    pub fn failed(&mut self, now: Nanos) {
        self.asked = false;
        self.wait(now);
    }

    fn wait(&mut self, now: Nanos) {
        let wait = AGAIN.0.times(1 << self.failures.min(6)).min(AGAIN.1);
        self.failures = self.failures.saturating_add(1);
        self.ask_at = self.missing().map(|_| Nanos(now.0.saturating_add(wait.0)));
    }

    /// What is missing does not come any more.
    fn skip(&mut self, now: Nanos) -> Vec<NumberedRow> {
        if let (Some((_, first)), Some((_, at))) = (self.missing(), self.last) {
            self.last = Some((first - 1, at));
        }
        (self.ask_at, self.empty) = (None, 0);
        self.ready(now)
    }
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;
