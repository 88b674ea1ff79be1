//! What a recorder asks for by REST, when, and what becomes of the answers.

use tickstep_core::units::Nanos;

use super::book_line::BookLine;
use super::machine::{RecordAct, RecordMachine, RecordQuestion};
use super::sequence::Sequence;
use super::wire::{recorded_bars, recorded_book, recorded_trades};
use crate::feed::binance::{RestCall, RestReply};

impl RecordMachine {
    /// An answer came.
    pub(crate) fn answer(&mut self, question: u64, reply: RestReply, now: Nanos) {
        if let Some((line, what)) = self.asked.remove(&question) {
            self.answered(line, what, reply, now);
        }
        self.tick(now);
    }

    fn answered(&mut self, line: usize, what: RecordQuestion, reply: RestReply, now: Nanos) {
        let why = match reply {
            RestReply::Body { bytes, used } => {
                self.gate.went_well();
                if let Some(used) = used {
                    self.gate.told(used, now);
                }
                match self.take_body(line, what, &bytes, now) {
                    Ok(()) => return,
                    Err(why) => why,
                }
            }
            RestReply::TooMany { status, retry_after } => {
                let until = self.gate.refused(status, retry_after, now);
                let seconds = (until - now).0 / Nanos::SECOND.0;
                format!("HTTP {status}: nothing is asked for {seconds} s")
            }
            RestReply::Failed(why) => why,
        };
        let of = &mut self.lines[line];
        let words = format!("{}: the exchange gave no answer: {why}", of.name);
        match what {
            RecordQuestion::Bars => of.bars.failed(now),
            RecordQuestion::Trades => of.trades.iter_mut().for_each(|trades| trades.failed(now)),
            RecordQuestion::Book => of.book.iter_mut().for_each(|book| book.failed(now)),
        }
        self.say(words);
    }

    fn take_body(
        &mut self,
        line: usize,
        what: RecordQuestion,
        bytes: &[u8],
        now: Nanos,
    ) -> Result<(), String> {
        let of = &mut self.lines[line];
        let rows = match what {
            RecordQuestion::Bars => of.bars.answered(recorded_bars(bytes, of.length)?, now),
            RecordQuestion::Trades => {
                let rows = recorded_trades(bytes)?;
                of.trades.as_mut().map(|trades| trades.answered(rows, now)).unwrap_or_default()
            }
            RecordQuestion::Book => {
                let last = recorded_book(bytes)?;
                if of.book.as_mut().is_some_and(|book| book.came(last, now)) {
                    self.write_raw(line, bytes, now);
                }
                return Ok(());
            }
        };
        self.write_rows(line, what, rows);
        Ok(())
    }

    /// Asks for what is missing of an instrument, as far as the limit has room.
    pub(super) fn ask(&mut self, at: usize, now: Nanos) {
        for (what, due, RestCall { path, limit, weight }) in self.questions(at) {
            if due.is_none_or(|due| due > now) || !self.gate.take(weight, now) {
                continue;
            }
            let line = &mut self.lines[at];
            let (symbol, interval, millis) =
                (&line.symbol, line.interval, line.length.0 / 1_000_000);
            let call = match what {
                RecordQuestion::Book => {
                    line.book.iter_mut().for_each(BookLine::ask);
                    format!("{path}?symbol={symbol}&limit={limit}")
                }
                RecordQuestion::Bars => {
                    let Some((from, to)) = line.bars.ask() else { continue };
                    let (from, to) = (from.saturating_mul(millis), to.saturating_mul(millis) - 1);
                    format!(
                        "{path}?symbol={symbol}&interval={interval}&startTime={from}\
                         &endTime={to}&limit={limit}"
                    )
                }
                RecordQuestion::Trades => {
                    let missing = line.trades.as_mut().and_then(Sequence::ask);
                    let Some((from, _)) = missing else { continue };
                    format!("{path}?symbol={symbol}&fromId={from}&limit={limit}")
                }
            };
            self.last_question += 1;
            self.asked.insert(self.last_question, (at, what));
            self.acts.push_back(RecordAct::Ask { number: self.last_question, call });
        }
    }

    /// What may have to be asked of an instrument, and when.
    pub(super) fn questions(&self, at: usize) -> [(RecordQuestion, Option<Nanos>, RestCall); 3] {
        let (line, market) = (&self.lines[at], self.terms.market);
        let trades = line.trades.as_ref().and_then(Sequence::ask_at);
        [
            (RecordQuestion::Book, line.book.as_ref().and_then(BookLine::ask_at), market.depth()),
            (RecordQuestion::Bars, line.bars.ask_at(), market.klines()),
            (RecordQuestion::Trades, trades, market.agg_trades()),
        ]
    }
}
