//! The native half of the Python package `tickstep`: it takes what Python has, calls the
//! library and hands back what came of it. Nothing is computed here.
//!
//! Invariants: a long call lets other Python threads run and looks for Ctrl-C
//! (`released`); a failure is one of the exceptions of `tickstep.errors`, with its place
//! (`failure`); a panic is `tickstep.InternalError`; tables leave by Arrow's PyCapsule
//! interface (`frame`), so that nothing of polars is compiled.
//!
//! Known limit: the wheel is for CPython with its global lock. It is built for the stable
//! interface of 3.10, which free-threaded builds have only from 3.15 on, by another name
//! (abi3t). For 3.13t and 3.14t the package has to be compiled there, and is of that version
//! alone; all classes are frozen and what they make later is behind locks, so that pyo3 keeps
//! the global lock off, but no test runs there yet.

use pyo3::prelude::*;

mod bars;
mod check;
mod columns_in;
mod data_failure;
mod data_options;
mod drawn;
mod exits;
mod failure;
mod features;
mod frame;
mod job;
mod lookahead;
mod picture;
mod released;
mod run;
mod signals;
mod span;
mod strategy;
mod sweep;
mod value;

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use crate::features::{Feature, feature_columns};
    #[pymodule_export]
    use bars::{
        Bars, bars_of_table, column_places, file_symbols, is_symbol_column, read_bars,
        symbol_of_files,
    };
    #[pymodule_export]
    use drawn::{
        bars_candles, daily_returns, drawdown_curve, equity_curve, months, period_ns, run_candles,
        trade_histogram,
    };
    #[pymodule_export]
    use failure::{unknown_instrument, unknown_name};
    #[pymodule_export]
    use job::{backtest, run_file};
    #[pymodule_export]
    use lookahead::{
        close_time, cut_off, decided_rows, different_decision, different_value, row_closing_at,
        set_rows, with_other_future,
    };
    #[pymodule_export]
    use picture::{bars_printed, bars_svg, printed, run_svg};
    #[pymodule_export]
    use released::panic_for_tests;
    #[pymodule_export]
    use run::Run;
    #[pymodule_export]
    use signals::{Signals, other_time};
    #[pymodule_export]
    use strategy::{Entry, Exit, MoveStop, Now, Position};
    #[pymodule_export]
    use strategy::{check_strategy, hint, param_names, strategy_defaults};
    #[pymodule_export]
    use sweep::asked::Asked;
    #[pymodule_export]
    use sweep::found::Found;
    #[pymodule_export]
    use sweep::judged::judged_by;
    #[pymodule_export]
    use sweep::run::{sweep_checked, sweep_holds, sweep_join, sweep_run, sweep_shard};
    #[pymodule_export]
    use sweep::search::Search;
    #[pymodule_export]
    use value::seconds;

    #[pymodule_export]
    use crate::span::span_text;
    #[pymodule_export]
    use check::{check_bars, check_files};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
