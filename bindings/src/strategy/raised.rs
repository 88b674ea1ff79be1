//! An exception on its way out of a run: the engine knows none, so it is kept here, the
//! strategies say nothing more, and the call that ran them raises it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use tickstep_backtest::times::utc;
use tickstep_core::units::Nanos;

/// The first exception that a strategy of a call raised.
#[derive(Default)]
pub struct Raised {
    any: AtomicBool,
    first: Mutex<Option<PyErr>>,
}

impl Raised {
    /// Whether there is one; what a strategy asks at every bar.
    #[inline]
    pub fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Keeps an exception, where it is the first.
    pub fn keep(&self, error: PyErr) {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.any.store(true, Ordering::Relaxed);
    }

    /// Keeps what was raised at the close of a bar, with that time added.
    pub fn keep_at(&self, py: Python<'_>, error: PyErr, ts: Nanos) {
        let value = error.value(py);
        // An exception may refuse attributes; then it goes without.
        let known = value.getattr("timestamp").is_ok_and(|at| !at.is_none());
        if !known {
            let _ = value.setattr("timestamp", ts.0);
        }
        // KeyboardInterrupt is no one's fault, so nothing is said of where.
        if error.is_instance_of::<PyException>(py) {
            let words = format!("raised at the bar that closed at {}", utc(ts));
            let noted = value.call_method1("add_note", (&words,));
            if noted.is_err() {
                let _ = value.setattr("__notes__", [words]);
            }
        }
        self.keep(error);
    }

    /// The exception, once.
    pub fn take(&self) -> Option<PyErr> {
        let taken = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.any.store(false, Ordering::Relaxed);
        taken
    }
}
