//! `tickstep sweep --ask`: another program asks for sets on standard input and is
//! answered on standard output, a JSON line each, as they are done.
//!
//! Every set is registered as the single run it is, so that none is ever counted
//! twice, however often it is asked for.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Config;
use crate::folder::InstrumentData;
use crate::research::ask_tell::{Opening, Reply, Request};
use crate::research::search::{SweepPlan, register_run};
use crate::research::sweep::SweepError;
use crate::research::trials::Registry;
use crate::setup::Prepared;
use anyhow::Context;
use tickstep_core::trade_hash;

use super::terminal::warn;

/// Answers until the input ends, or nobody reads the answers.
pub fn run(
    plan: &SweepPlan,
    prepared: &Prepared,
    data: &[InstrumentData],
    threads: usize,
) -> anyhow::Result<()> {
    let sweep = plan.over(prepared)?;
    let asked = sweep.metrics.asked();
    say(&Opening::new(&plan.space, &asked).line()?)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| SweepError::Threads(e.to_string()))?;
    let cache = sweep.feature_cache();
    let registry = Registry::of_result(&Path::new("runs").join("ask"));
    let counted = Counted { prepared, data, registry, warned: AtomicBool::new(false) };
    let gone = AtomicBool::new(false);
    let answer = |reply: &Reply| {
        let said = reply.line().map_err(io::Error::from).and_then(|line| say(&line));
        if said.is_err() {
            gone.store(true, Ordering::Relaxed);
        }
    };
    let reply = |request: &Request, number: usize| -> Reply {
        let set = match request.of(&plan.space, number) {
            Ok(set) => set,
            Err(error) => return request.failed(error),
        };
        let ran = sweep.evaluate(&set, &cache);
        if let Ok(config) = plan.of_set(&set) {
            counted.add(&config, ran.is_err());
        }
        match ran {
            Err(why) => request.failed(why),
            Ok(ran) => {
                let values = sweep.metrics.answers(&ran.figures.values);
                let trades = ran.figures.values.get(sweep.metrics.trades()).copied().flatten();
                Reply::Done {
                    id: request.id,
                    objectives: asked.iter().cloned().zip(values).collect(),
                    trades: trades.unwrap_or_default() as u64,
                    trade_hash: trade_hash::text(ran.figures.trade_hash),
                }
            }
        }
    };
    pool.in_place_scope(|scope| -> anyhow::Result<()> {
        for (number, line) in io::stdin().lock().split(b'\n').enumerate() {
            let line = line.context("cannot read standard input")?;
            // Bytes that are no text make no JSON, and are answered as such.
            let line = String::from_utf8_lossy(&line);
            if gone.load(Ordering::Relaxed) {
                break;
            }
            if line.trim().is_empty() {
                continue;
            }
            match Request::read(&line) {
                Err(refused) => answer(&refused),
                Ok(request) => {
                    let (reply, answer) = (&reply, &answer);
                    scope.spawn(move |_| answer(&reply(&request, number)));
                }
            }
        }
        Ok(())
    })
}

/// Counts the sets that were asked for in the file of trials.
struct Counted<'a> {
    prepared: &'a Prepared,
    data: &'a [InstrumentData],
    registry: Registry,
    warned: AtomicBool,
}

impl Counted<'_> {
    fn add(&self, config: &Config, failed: bool) {
        let told = register_run(&self.registry, config, self.prepared, self.data, failed);
        if let Err(error) = told
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            warn(format_args!("warning: {error}"));
        }
    }
}

/// A whole line, at once.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}
