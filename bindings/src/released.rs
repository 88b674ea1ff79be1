//! A long call: Python's other threads run meanwhile, Ctrl-C ends it, progress is shown,
//! and a panic is an exception.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::failure::{Class, Failure};

/// How often Ctrl-C is looked for and progress shown.
const TICK: Duration = Duration::from_millis(50);

/// What the work tells while it goes on, and by which it is told to stop.
#[derive(Default)]
pub struct Watch {
    stop: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    note: Mutex<String>,
    /// How often Python was served since the call began.
    ticks: AtomicU32,
    /// Where the work is done in the thread that holds Python: it serves Python itself.
    here: Option<Here>,
}

/// What a thread that works and serves Python by turns has to do.
struct Here {
    progress: Option<Py<PyAny>>,
    served: Mutex<Instant>,
    raised: Mutex<Option<PyErr>>,
}

impl Watch {
    /// Tells how far the work is; `Break` when it is to end.
    pub fn at(&self, done: u64, total: u64) -> ControlFlow<()> {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.go_on()
    }

    /// `Break` when the work is to end.
    pub fn go_on(&self) -> ControlFlow<()> {
        if let Some(here) = &self.here {
            self.serve(here);
        }
        if self.stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Looks for Ctrl-C and shows progress, where that is due.
    fn serve(&self, here: &Here) {
        let mut served = here.served.lock().unwrap_or_else(PoisonError::into_inner);
        if served.elapsed() < TICK {
            return;
        }
        *served = Instant::now();
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            here.progress.as_ref().map_or(Ok(()), |progress| self.show(progress.bind(py)))
        });
        if let Err(error) = outcome {
            here.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Words that are shown beside the progress.
    pub fn say(&self, words: String) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    /// Time since the call began, as far as Python was served.
    pub fn elapsed(&self) -> Duration {
        TICK * self.ticks.load(Ordering::Relaxed)
    }

    fn show(&self, to: &Bound<'_, PyAny>) -> PyResult<()> {
        let note = self.note.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        to.call1((done, total, note)).map(drop)
    }
}

/// Does `work` in a thread of its own while this one serves Python: `progress` is called
/// with what is done, the total and a note.
pub fn released<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> Result<T, Failure> + Send,
) -> PyResult<T> {
    let watch = &Watch::default();
    thread::scope(|scope| {
        let (tell, told) = channel();
        let worker = scope.spawn(move || {
            let outcome = guarded(|| work(watch));
            // The receiver is there until the thread is joined.
            let _ = tell.send(());
            outcome
        });
        let mut raised = None;
        // Receivers are not shared between threads; this one goes along.
        let mut told = Some(told);
        while let Some(receiver) = told.take() {
            let (heard, receiver) = py.detach(move || (receiver.recv_timeout(TICK), receiver));
            if heard != Err(RecvTimeoutError::Timeout) {
                break;
            }
            told = Some(receiver);
            watch.ticks.fetch_add(1, Ordering::Relaxed);
            let served = py.check_signals().and_then(|()| match progress {
                Some(progress) if raised.is_none() => watch.show(progress),
                _ => Ok(()),
            });
            if let Err(error) = served {
                watch.stop.store(true, Ordering::Relaxed);
                raised.get_or_insert(error);
            }
        }
        let outcome = py.detach(|| worker.join()).unwrap_or_else(|panic| Err(internal(&*panic)));
        if let Some(raised) = raised {
            return Err(raised);
        }
        if let Some(progress) = progress {
            watch.show(progress)?;
        }
        Ok(outcome?)
    })
}

/// Does `work` in this thread, which goes on holding Python: for work that calls it all the
/// time. A signal is an exception in what it calls, and between.
pub fn attached<T>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> Result<T, Failure>,
) -> PyResult<T> {
    let here = Here {
        progress: progress.map(|progress| progress.clone().unbind()),
        served: Mutex::new(Instant::now()),
        raised: Mutex::default(),
    };
    let watch = Watch { here: Some(here), ..Watch::default() };
    let outcome = guarded(|| work(&watch));
    let raised = watch
        .here
        .as_ref()
        .and_then(|here| here.raised.lock().unwrap_or_else(PoisonError::into_inner).take());
    if let Some(raised) = raised {
        return Err(raised);
    }
    py.check_signals()?;
    if let Some(progress) = progress {
        watch.show(progress)?;
    }
    Ok(outcome?)
}

/// Does `work`, of which a panic is a failure.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(internal(&*panic)))
}

fn internal(panic: &(dyn Any + Send)) -> Failure {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it said nothing");
    Failure::new(
        Class::Internal,
        format!("tickstep failed where it must not: {said}; please report it with the input"),
    )
}

/// Panics as a defect would, so that a test can see what becomes of it.
#[pyfunction]
pub fn panic_for_tests(py: Python<'_>) -> PyResult<()> {
    let none: Option<()> = None;
    released(py, None, |_| none.ok_or_else(|| unreachable!("asked to panic")))
}
