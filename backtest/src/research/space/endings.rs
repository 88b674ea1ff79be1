//! Short names of keys, as people read them.

/// The shortest ending of each key, whole words between dots, that no other of them
/// has too.
///
/// ```
/// use tickstep_backtest::research::space::endings;
/// let keys = ["strategy.params.stop", "strategy.params.length", "risk.stop"];
/// assert_eq!(endings(&keys), ["params.stop", "length", "risk.stop"]);
/// ```
#[must_use]
pub fn endings(keys: &[&str]) -> Vec<String> {
    let has = |key: &str, ending: &str| {
        key.strip_suffix(ending).is_some_and(|start| start.is_empty() || start.ends_with('.'))
    };
    let shortest = |key: &str| {
        let alone = |end: &str| keys.iter().all(|other| *other == key || !has(other, end));
        let starts = key.rmatch_indices('.').map(|(at, _)| &key[at + 1..]);
        starts.into_iter().find(|end| !end.is_empty() && alone(end)).unwrap_or(key).to_owned()
    };
    keys.iter().map(|key| shortest(key)).collect()
}
