//! What strategies are called that their user did not name.

/// Names of strategies, given as (name, kind): further unnamed ones of a kind are numbered.
///
/// ```
/// let given = [(None, "scalper"), (Some("mine"), "scalper"), (None, "scalper")];
/// assert_eq!(tickstep_config::names(given.into_iter()), ["scalper", "mine", "scalper#2"]);
/// ```
pub fn names<'a>(of: impl Iterator<Item = (Option<&'a str>, &'a str)>) -> Vec<String> {
    let mut unnamed: Vec<&str> = Vec::new();
    of.map(|(name, kind)| {
        if let Some(name) = name {
            return name.to_owned();
        }
        unnamed.push(kind);
        match unnamed.iter().filter(|k| **k == kind).count() {
            1 => kind.to_owned(),
            n => format!("{kind}#{n}"),
        }
    })
    .collect()
}
