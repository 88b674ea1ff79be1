//! What is asked by REST, when, and what becomes of the answers.

use tickstep_core::units::Nanos;

use super::line::DepthLine;
use super::machine::BinanceMachine;
use super::question::{BinanceAnswer, BinanceQuestion, QuestionOf};

impl BinanceMachine {
    /// Asks for bars and books that are missing, as far as the limit has room; books first,
    /// since changes wait for them.
    pub(super) fn ask_what_is_missing(&mut self, now: Nanos) {
        let call = self.terms.market.depth();
        for at in 0..self.lines.len() {
            let line = &self.lines[at];
            let wants = |d: &DepthLine| d.sync.wants_snapshot() && now >= d.ask_at;
            let due = !line.asked.1 && line.depth.as_ref().is_some_and(wants);
            if due && self.gate.take(call.weight, now) {
                let symbol = line.symbol.clone();
                self.lines[at].asked.1 = true;
                let question = BinanceQuestion::Depth { symbol, limit: call.limit };
                self.question(QuestionOf::Depth { line: at }, question);
            }
        }
        let call = self.terms.market.klines();
        for at in 0..self.lines.len() {
            let line = &self.lines[at];
            let waits = line.asked.0 || line.klines.ask_at().is_none_or(|ask| ask > now);
            // Before the exchange's time is known, nobody knows which bars are the last ones.
            let Some(there) = self.known_there(now).filter(|_| !waits) else { continue };
            if self.gate.take(call.weight, now) {
                let line = &mut self.lines[at];
                let (from, to) = line.klines.span(there);
                line.asked.0 = true;
                let (symbol, interval, limit) = (line.symbol.clone(), line.interval, call.limit);
                let question = BinanceQuestion::Klines { symbol, interval, from, to, limit };
                self.question(QuestionOf::Klines { line: at, to, limit }, question);
            }
        }
    }

    fn question(&mut self, asked: QuestionOf, question: BinanceQuestion) {
        self.last_question += 1;
        let number = self.last_question;
        self.asked.insert(number, asked);
        self.ask(number, question);
    }

    /// When something may be asked at the earliest, where something is missing.
    pub(super) fn next_question(&self, now: Nanos) -> Nanos {
        let (klines, depth) = (self.terms.market.klines(), self.terms.market.depth());
        let mut next = Nanos(i64::MAX);
        for line in &self.lines {
            let may = !line.asked.0 && self.known_there(now).is_some();
            if let Some(at) = line.klines.ask_at().filter(|_| may) {
                next = next.min(at.max(self.gate.free_at(klines.weight, now)));
            }
            let book = line.depth.as_ref().filter(|d| d.sync.wants_snapshot() && !line.asked.1);
            if let Some(book) = book {
                next = next.min(book.ask_at.max(self.gate.free_at(depth.weight, now)));
            }
        }
        next
    }

    pub(super) fn answered(
        &mut self,
        question: u64,
        answer: BinanceAnswer,
        date: Option<Nanos>,
        now: Nanos,
    ) {
        let Some(asked) = self.asked.remove(&question) else { return };
        let at = match asked {
            QuestionOf::Klines { line, .. } => {
                self.lines[line].asked.0 = false;
                line
            }
            QuestionOf::Depth { line } => {
                self.lines[line].asked.1 = false;
                line
            }
        };
        match (asked, answer) {
            (QuestionOf::Klines { to, limit, .. }, BinanceAnswer::Klines { bars, used }) => {
                self.counted(used, now);
                // Without the exchange's time a bar is finished a little later than it is.
                let there = date.unwrap_or(self.there(now) - Nanos::SECOND.times(2));
                let whole = bars.len() < limit as usize
                    || bars.last().is_none_or(|last| last.ts_open >= to);
                let told = self.lines[at].klines.answered(&bars, there, whole, now);
                self.bars(at, told, there, now);
            }
            (QuestionOf::Depth { .. }, BinanceAnswer::Depth { snapshot, used }) => {
                self.counted(used, now);
                let Some(depth) = &mut self.lines[at].depth else { return };
                let step = depth.sync.snapshot(snapshot);
                self.book_came(at, &step, now);
            }
            (_, BinanceAnswer::TooMany { status, retry_after }) => {
                let until = self.gate.refused(status, retry_after, now);
                let seconds = (until - now).0 / Nanos::SECOND.0;
                tracing::warn!(status, seconds, "Binance wants to be asked nothing for a while");
            }
            (asked, other) => {
                let why = match other {
                    BinanceAnswer::Failed(why) => why,
                    _ => "another answer than was asked for".to_owned(),
                };
                tracing::warn!(why, symbol = self.lines[at].symbol, "Binance gave no answer");
                self.failed(asked, now);
            }
        }
    }

    fn counted(&mut self, used: Option<u32>, now: Nanos) {
        self.gate.went_well();
        if let Some(used) = used {
            self.gate.told(used, now);
        }
    }

    fn failed(&mut self, asked: QuestionOf, now: Nanos) {
        match asked {
            QuestionOf::Klines { line, .. } => {
                let told = self.lines[line].klines.failed(now);
                let there = self.there(now);
                self.bars(line, told, there, now);
            }
            QuestionOf::Depth { line } => {
                if let Some(depth) = &mut self.lines[line].depth {
                    depth.wait(now);
                }
            }
        }
    }
}
