//! Sets that Python asks for one by one, such as an optimiser's.
//!
//! Sets share what is computed once for all of them, and borrow it and the bars; so a
//! thread of its own holds these for as long as anyone may ask, and hands each set to a
//! pool of threads. Any number of Python's threads may ask at once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tickstep_backtest::folder::InstrumentData;
use tickstep_backtest::research::search::{register_run, tried};
use tickstep_backtest::research::space::{Set, Value};
use tickstep_backtest::research::sweep::SetResult;
use tickstep_backtest::research::trials::Registry;
use tickstep_core::trade_hash;

use super::failure::of_space;
use super::found::Found;
use super::options::least;
use super::results::Told;
use super::run::judged;
use super::search::{Search, Shared};
use crate::failure::{Class, Failure};
use crate::value::value_at;

/// How often Ctrl-C is looked for while a set runs.
const TICK: Duration = Duration::from_millis(50);

/// What came of a set; in words why it could not be run.
type Outcome = Result<SetResult, String>;

/// A set to run, and where to say what came of it.
struct Question {
    set: Set,
    answer: Sender<Outcome>,
}

/// Sets that were asked for, in the order they were answered.
#[derive(Default)]
struct Tried {
    sets: Vec<(Set, Outcome)>,
    warning: Option<String>,
}

/// A search whose sets are asked for one by one.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Asked {
    shared: Arc<Shared>,
    registry: Registry,
    /// What tells the data apart in the file of trials.
    data: Vec<InstrumentData>,
    threads: Option<usize>,
    questions: Mutex<Option<Sender<Question>>>,
    tried: Mutex<Tried>,
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Asked {
    #[new]
    #[pyo3(signature = (search, *, threads, trials))]
    fn new(search: &Search, threads: Option<usize>, trials: Option<PathBuf>) -> PyResult<Self> {
        let threads = least(threads)?;
        let registry =
            trials.map_or_else(|| Registry::of_result(&PathBuf::from("runs/ask")), Registry::at);
        let shared = Arc::clone(&search.shared);
        // What cannot be run is refused here, not at the first question.
        drop(shared.sweep(None)?);
        let data = shared.prepared.fingerprint(&shared.base);
        let questions = Mutex::new(None);
        Ok(Self { shared, registry, data, threads, questions, tried: Mutex::default() })
    }

    /// Runs a set, whose values are by the names of the axes: its figures in the order of
    /// [`Asked::figures`], and the fingerprint of its trades.
    fn evaluate(
        &self,
        py: Python<'_>,
        params: &Bound<'_, PyDict>,
    ) -> PyResult<(Vec<Option<f64>>, String)> {
        let set = self.set(params)?;
        let (answer, answered) = channel();
        py.detach(|| self.ask(Question { set: set.clone(), answer }))?;
        let outcome = waited(py, answered)?;
        if self.shared.own.has_raised() {
            return Err(self.shared.own.raised(Failure::new(Class::Strategy, "")).into());
        }
        py.detach(|| self.count(&set, outcome.is_err()))?;
        held(&self.tried).sets.push((set, outcome.clone()));
        let ran = outcome.map_err(|why| {
            Failure::new(Class::Config, format!("the set could not be run: {why}"))
        })?;
        let figures = ran.figures;
        Ok((figures.values, trade_hash::text(figures.trade_hash)))
    }

    /// Names of the figures of a set.
    fn figures(&self) -> Result<Vec<String>, Failure> {
        Ok(self.shared.sweep(None)?.metrics.names())
    }

    /// Axes as JSON, and names of the objectives, each with whether more of it is better.
    fn axes(&self) -> Result<(String, Vec<(String, bool)>), Failure> {
        let json = serde_json::to_string(self.shared.plan.space.axes())
            .map_err(|e| Failure::new(Class::Internal, e))?;
        let metrics = self.shared.sweep(None)?.metrics;
        let higher = metrics
            .objectives()
            .iter()
            .map(|goal| goal.direction == tickstep_core::stats::Direction::Highest)
            .collect::<Vec<_>>();
        let names = metrics.objective_names().map(str::to_owned);
        Ok((json, names.zip(higher).collect()))
    }

    /// Number of sets that were answered.
    fn __len__(&self) -> usize {
        held(&self.tried).sets.len()
    }

    /// What the search amounts to so far.
    #[pyo3(signature = (*, progress))]
    fn found(&self, py: Python<'_>, progress: Option<&Bound<'_, PyAny>>) -> PyResult<Found> {
        let (mut sets, mut outcomes) = (Vec::<Set>::new(), Vec::new());
        for (set, outcome) in &held(&self.tried).sets {
            // A set that was asked for again is the same.
            if sets.iter().all(|known| !known.values().eq(set.values())) {
                sets.push(set.clone());
                outcomes.push(outcome.clone());
            }
        }
        if sets.is_empty() {
            let words = "nothing was evaluated yet; there is nothing to judge";
            return Err(Failure::new(Class::Config, words).into());
        }
        self.shared.own.released(py, progress, |watch| {
            let fail = |e| of_space(e, &self.shared.names);
            let sets = self.shared.plan.space.sets_asked(&sets).map_err(fail)?;
            let result = {
                let sweep = self.shared.sweep(Some(&sets))?;
                sweep
                    .gathered(outcomes)
                    .map_err(|e| super::failure::of_sweep(e, &self.shared.names))?
            };
            let mut told = Told::default();
            told.warnings.extend(held(&self.tried).warning.clone());
            told.count(tried(&self.registry, &self.shared.prepared), &self.registry);
            judged(&self.shared, result, self.threads, told, watch)
        })
    }
}

impl Asked {
    fn set(&self, params: &Bound<'_, PyDict>) -> Result<Set, Failure> {
        let mut values = BTreeMap::new();
        for (name, value) in params.iter() {
            let name: String = name.extract()?;
            let known =
                self.shared.names.iter().find(|(key, given)| *given == name || *key == name);
            let key = known.map_or_else(|| name.clone(), |(key, _)| key.clone());
            let written = value_at(&value, &name)?;
            let value: Value = written.try_into().map_err(|e: toml::de::Error| {
                Failure::argument(Class::Param, &name, e.message())
            })?;
            values.insert(key, value);
        }
        let set = self.shared.plan.space.set(0, &values);
        set.map_err(|e| of_space(e, &self.shared.names))
    }

    /// Hands a question to the thread that answers, which is started for the first.
    fn ask(&self, question: Question) -> Result<(), Failure> {
        let mut questions = held(&self.questions);
        let gone = match &*questions {
            Some(to) => match to.send(question) {
                Ok(()) => return Ok(()),
                Err(unsent) => unsent.0,
            },
            None => question,
        };
        let (to, from) = channel();
        let (shared, threads) = (Arc::clone(&self.shared), self.threads);
        thread::Builder::new()
            .name("tickstep-asked".to_owned())
            .spawn(move || answer(&shared, threads, from))
            .map_err(|e| Failure::argument(Class::Config, "threads", e))?;
        let sent = to.send(gone);
        *questions = Some(to);
        sent.map_err(|_| Failure::new(Class::Internal, "nobody answers"))
    }

    /// Counts a set as the single run that it is.
    fn count(&self, set: &Set, failed: bool) -> Result<(), Failure> {
        let Shared { plan, prepared, .. } = &*self.shared;
        let config = plan.of_set(set)?;
        let told = register_run(&self.registry, &config, prepared, &self.data, failed);
        if let Err(fault) = told {
            held(&self.tried).warning.get_or_insert_with(|| fault.to_string());
        }
        Ok(())
    }
}

/// Waits for an answer; Ctrl-C ends the wait.
fn waited(py: Python<'_>, answered: Receiver<Outcome>) -> PyResult<Outcome> {
    let mut answered = Some(answered);
    while let Some(receiver) = answered.take() {
        let (heard, receiver) = py.detach(move || (receiver.recv_timeout(TICK), receiver));
        match heard {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
        }
        answered = Some(receiver);
    }
    Err(Failure::new(Class::Internal, "the thread that runs sets ended").into())
}

/// Answers until nobody can ask any more.
fn answer(shared: &Shared, threads: Option<usize>, questions: Receiver<Question>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    let (Ok(pool), Ok(sweep)) = (pool, shared.sweep(None)) else { return };
    let cache = sweep.feature_cache();
    pool.in_place_scope(|scope| {
        for Question { set, answer } in questions {
            let (sweep, cache) = (&sweep, &cache);
            scope.spawn(move |_| {
                // Who asked may have gone.
                let _ = answer.send(sweep.evaluate(&set, cache));
            });
        }
    });
}
