//! When a connection is opened, looked after, replaced and given up: a machine without I/O.
//!
//! The exchange ends every connection after 24 hours. Before that another one is opened, and
//! the old one ends when the new one has brought something, so that nothing is missed. One
//! that says nothing is asked whether it is there, by a ping, and given up where no word of
//! any kind comes. After a loss the next attempt comes at once, then after 1 s, 2 s, 4 s and
//! so on up to a minute; an hour that worked is forgotten by none of them sooner than it
//! takes to see that a connection holds.
//!
//! Refuses to do: open more than [`LinkTerms::most`] connections in five minutes, whatever
//! the server does, as the exchange bars an address that opens too many.

use std::collections::VecDeque;

use tickstep_core::units::Nanos;

/// What the exchange counts connections in.
const WINDOW: Nanos = Nanos::MINUTE.times(5);
/// A connection that lasted so long holds: the next loss begins with the shortest wait.
const HOLDS: Nanos = Nanos::MINUTE;
/// Longest wait between two attempts.
const LONGEST: Nanos = Nanos::MINUTE;

/// How connections are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTerms {
    /// After so long without a word a connection is given up; it is asked after half of it.
    pub quiet: Nanos,
    /// How long a connection may take to open.
    pub timeout: Nanos,
    /// Age at which one is replaced.
    pub renew: Nanos,
    /// Connections in five minutes, at most.
    pub most: usize,
}

impl LinkTerms {
    /// Ten minutes before the exchange would end a connection, and a fifth of the
    /// connections that it allows an address.
    #[must_use]
    pub const fn of(quiet: Nanos) -> Self {
        let timeout = Nanos::SECOND.times(10);
        Self { quiet, timeout, renew: Nanos::MINUTE.times(24 * 60 - 10), most: 60 }
    }
}

/// What is to be done about a connection, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAct {
    /// Open it.
    Connect(u64),
    /// Ask whether it is there.
    Ping(u64),
    /// Close it.
    Close(u64, &'static str),
}

/// Whose word it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkWord {
    /// A connection that counts.
    Counts,
    /// One that was given up.
    GivenUp,
}

#[derive(Clone, Copy, Debug)]
struct StreamConnection {
    number: u64,
    since: Nanos,
    up: bool,
    heard: Nanos,
    asked: bool,
}

/// The connection of one address, and the one that replaces it.
#[derive(Clone, Debug)]
pub struct StreamLink {
    terms: LinkTerms,
    /// Brings the market.
    current: Option<StreamConnection>,
    /// Is being opened.
    coming: Option<StreamConnection>,
    /// When another attempt may be made.
    again: Nanos,
    tries: u32,
    /// When connections were opened, in the last five minutes.
    opened: VecDeque<Nanos>,
    last_number: u64,
    /// Whether the market was lost since that was asked last.
    lost: bool,
}

impl StreamLink {
    /// One that is to be opened at once. Numbers of connections follow `number`.
    #[must_use]
    pub const fn new(terms: LinkTerms, number: u64) -> Self {
        Self {
            terms,
            current: None,
            coming: None,
            again: Nanos(i64::MIN),
            tries: 0,
            opened: VecDeque::new(),
            last_number: number,
            lost: false,
        }
    }

    /// Whether a connection is there that brings the market.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.current.is_some()
    }

    /// Whether what it brought was broken off since this was asked last.
    pub const fn take_lost(&mut self) -> bool {
        std::mem::replace(&mut self.lost, false)
    }

    /// A connection is open.
    pub fn up(&mut self, number: u64, now: Nanos) {
        if let Some(coming) = self.coming.as_mut().filter(|c| c.number == number) {
            (coming.up, coming.heard) = (true, now);
            if self.current.is_none() {
                self.current = self.coming.take();
            }
        }
    }

    /// A connection brought something, if only an answer to a ping. What has to be closed
    /// since it took another's place comes with the next look.
    pub fn heard(&mut self, number: u64, now: Nanos) -> LinkWord {
        let mut known = [&mut self.current, &mut self.coming].into_iter().flatten();
        if let Some(connection) = known.find(|c| c.number == number) {
            (connection.heard, connection.asked) = (now, false);
            return LinkWord::Counts;
        }
        LinkWord::GivenUp
    }

    /// A connection brought news of the market: where it was to replace another, it does;
    /// the one that ends by it.
    pub fn brought(&mut self, number: u64) -> Option<LinkAct> {
        let replaces = self.coming.is_some_and(|c| c.number == number && c.up);
        let old = replaces.then_some(self.current).flatten()?;
        self.current = self.coming.take();
        self.tries = 0;
        Some(LinkAct::Close(old.number, "it was replaced by a new one"))
    }

    /// A connection ended, or could not be opened.
    pub fn down(&mut self, number: u64, now: Nanos) {
        if self.current.is_some_and(|c| c.number == number) {
            self.give_up_current(now);
        } else if self.coming.is_some_and(|c| c.number == number) {
            self.coming = None;
            self.failed(now);
        }
    }

    fn give_up_current(&mut self, now: Nanos) {
        let Some(current) = self.current.take() else { return };
        self.lost = true;
        if now - current.since >= HOLDS {
            self.tries = 0;
        }
        // One that is open already is the market's from now on.
        match self.coming.take_if(|coming| coming.up) {
            Some(coming) => self.current = Some(coming),
            None => self.failed(now),
        }
    }

    fn failed(&mut self, now: Nanos) {
        let wait = match self.tries {
            0 => Nanos(0),
            tries => Nanos::SECOND.times(1 << (tries - 1).min(6)).min(LONGEST),
        };
        self.tries = self.tries.saturating_add(1);
        self.again = Nanos(now.0.saturating_add(wait.0));
    }

    /// When a connection may be opened at the earliest.
    fn may_open(&self) -> Nanos {
        let full = self.opened.len() >= self.terms.most;
        let first = self.opened.front().filter(|_| full).map(|at| *at + WINDOW);
        self.again.max(first.unwrap_or(self.again))
    }

    fn wants_another(&self, now: Nanos) -> bool {
        let old = |c: StreamConnection| now - c.since >= self.terms.renew;
        self.coming.is_none() && self.current.is_none_or(old)
    }

    /// What is to be done at `now`.
    pub fn look(&mut self, now: Nanos) -> Vec<LinkAct> {
        let mut acts = Vec::new();
        while self.opened.front().is_some_and(|at| now - *at >= WINDOW) {
            self.opened.pop_front();
        }
        if let Some(coming) = self.coming.filter(|c| !c.up && now - c.since >= self.terms.timeout) {
            acts.push(LinkAct::Close(coming.number, "it took too long to open"));
            self.coming = None;
            self.failed(now);
        }
        let quiet = self.terms.quiet;
        for which in [self.coming, self.current] {
            let Some(one) = which.filter(|c| c.up) else { continue };
            let silent = now - one.heard;
            if silent >= quiet {
                acts.push(LinkAct::Close(one.number, "nothing came, not even an answer to a ping"));
                self.down(one.number, now);
            } else if silent >= Nanos(quiet.0 / 2) && !one.asked {
                acts.push(LinkAct::Ping(one.number));
                let known = [&mut self.current, &mut self.coming].into_iter().flatten();
                known.filter(|c| c.number == one.number).for_each(|c| c.asked = true);
            }
        }
        if self.wants_another(now) && now >= self.may_open() {
            self.last_number += 1;
            let number = self.last_number;
            self.opened.push_back(now);
            self.coming =
                Some(StreamConnection { number, since: now, up: false, heard: now, asked: false });
            acts.push(LinkAct::Connect(number));
        }
        acts
    }

    /// When it has to be looked at again at the latest.
    #[must_use]
    pub fn next(&self) -> Nanos {
        let mut next = match (self.current, self.coming) {
            (_, Some(coming)) if !coming.up => coming.since + self.terms.timeout,
            (_, Some(_)) => Nanos(i64::MAX),
            (None, None) => self.may_open(),
            (Some(current), None) => (current.since + self.terms.renew).max(self.may_open()),
        };
        for one in [self.coming, self.current].into_iter().flatten().filter(|c| c.up) {
            let patience = if one.asked { self.terms.quiet } else { Nanos(self.terms.quiet.0 / 2) };
            next = next.min(one.heard + patience);
        }
        next
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
