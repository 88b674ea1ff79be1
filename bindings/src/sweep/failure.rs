//! Why a search fails, with the argument of the call that is at fault.

use std::path::Path;

use tickstep_backtest::research::search::SearchError;
use tickstep_backtest::research::space::SpaceError;
use tickstep_backtest::research::store::StoreError;
use tickstep_backtest::research::sweep::SweepError;
use tickstep_backtest::research::validation::{ValidationError, WalkError};
use tickstep_backtest::setup::FindingsError;

use crate::failure::{Class, Failure, Place, of_arguments};

/// Axes by their keys, and what the caller called each.
pub type Names = Vec<(String, String)>;

/// The argument that an axis was given as.
fn axis(names: &Names, key: &str) -> String {
    let written = names.iter().find(|(known, _)| known == key).map_or(key, |(_, name)| name);
    format!("space[{written:?}]")
}

/// A fault of a value in the space, which the table of the configuration cannot hold.
pub fn of_table(failure: Failure, names: &Names) -> Failure {
    failure.called(|key| {
        let (number, _) = key.strip_prefix("sweep.axis[")?.split_once(']')?;
        let (_, written) = names.get(number.parse::<usize>().ok()?)?;
        Some(format!("space[{written:?}]"))
    })
}

/// A fault of a search.
pub fn of_search(error: SearchError, names: &Names) -> Failure {
    match error {
        SearchError::Config(error) => of_arguments(error.into()),
        SearchError::Axis { key, message } => {
            Failure::argument(Class::Config, &axis(names, &key), message)
        }
        SearchError::NoSweep => Failure::argument(Class::Config, "space", error),
        SearchError::Setup(error) => of_arguments(error),
        SearchError::Run(error) => error.into(),
        SearchError::Sweep(error) => of_sweep(error, names),
        SearchError::Validation(error) => of_validation(error, names),
        SearchError::Walk(error) => of_walk(&error),
        SearchError::Findings(FindingsError::Run(error)) => error.into(),
        SearchError::Output(_) => Failure::new(Class::Output, error),
        _ => Failure::new(Class::Config, error),
    }
}

/// A fault of running sets.
pub fn of_sweep(error: SweepError, names: &Names) -> Failure {
    match error {
        SweepError::Space(error) => of_space(error, names),
        SweepError::Metric(error) => {
            let words = error.to_string();
            let words = words.strip_prefix("sweep.objective: ").unwrap_or(&words);
            Failure::argument(Class::Config, "objective", words)
        }
        SweepError::Store(StoreError::Exists(path)) => {
            let words = format!(
                "{} holds a sweep already; go on with it by resume=True, or name another folder",
                path.parent().unwrap_or(&path).display()
            );
            Failure::argument(Class::Output, "out", words)
        }
        SweepError::Store(StoreError::Other { path, what: "the identity", theirs, ours }) => {
            other_search(&path, &theirs, &ours)
        }
        SweepError::Store(error) => Failure::new(Class::Output, error),
        SweepError::NotASweep(dir) => {
            let words = format!("{dir} holds something else than a sweep; name another folder");
            Failure::argument(Class::Output, "out", words)
        }
        SweepError::Threads(_) => Failure::argument(Class::Config, "threads", error),
        SweepError::Interrupted { .. } | SweepError::Stopped { .. } => {
            Failure::new(Class::Interrupted, error)
        }
        _ => Failure::new(Class::Output, error),
    }
}

/// A folder that holds records of another search.
pub fn other_search(path: &Path, theirs: &str, ours: &str) -> Failure {
    let words = format!(
        "{}: the records there are of another sweep: its identity is {theirs} there and {ours} \
         here; go on with the arguments, data, version of tickstep and strategy code that it was \
         begun with (the code of a Python class, of the functions it calls and the constants \
         it reads counts), or name another folder with out=",
        path.display()
    );
    Failure::argument(Class::Output, "out", words)
}

/// A fault of the space of parameters.
pub fn of_space(error: SpaceError, names: &Names) -> Failure {
    let words = error.to_string();
    match error {
        SpaceError::Axis { key, message } => {
            Failure::argument(Class::Config, &axis(names, &key), message)
        }
        SpaceError::NoAxes => {
            let words = "it names no parameter; write space={\"stop_loss\": [0.002, 0.004]}";
            Failure::argument(Class::Config, "space", words)
        }
        SpaceError::Constraint { .. } | SpaceError::Unanswered { .. } => {
            Failure::argument(Class::Config, "where", words)
        }
        SpaceError::NoneLeft { .. } => Failure::argument(Class::Config, "where", words),
        SpaceError::Option { option, message } => Failure::argument(Class::Config, option, message),
        SpaceError::TooMany { .. } => Failure::argument(Class::Config, "space", words),
        SpaceError::Foreign { key, message } => {
            let written = names.iter().find(|(known, _)| *known == key);
            let written = written.map_or(&*key, |(_, name)| name);
            Failure::argument(Class::Param, written, message)
        }
        SpaceError::Excluded { .. } => {
            let place = Place { argument: Some("where".to_owned()), ..Place::default() };
            Failure::new(Class::Param, words).at(place)
        }
        SpaceError::Value { .. } => Failure::argument(Class::Config, "space", words),
    }
}

/// A fault of judging what was found.
pub fn of_validation(error: ValidationError, names: &Names) -> Failure {
    match error {
        ValidationError::Sweep(error) => of_sweep(error, names),
        ValidationError::Walk(error) => of_walk(&error),
        ValidationError::Best { .. } => Failure::new(Class::Config, error),
        _ => Failure::new(Class::Internal, error),
    }
}

fn of_walk(error: &WalkError) -> Failure {
    match error {
        WalkError::Interrupted => Failure::new(Class::Interrupted, error),
        _ => {
            let words = error.to_string();
            let words = words.strip_prefix("walk_forward: ").unwrap_or(&words);
            Failure::argument(Class::Config, "walk_forward", words)
        }
    }
}
