//! The nearest of the names there are, for a name that there is not.

/// `; did you mean x?`, where one of the names is near enough, else nothing.
///
/// ```
/// use tickstep_config::hint;
/// assert_eq!(hint("fats", ["fast", "slow"].into_iter()), "; did you mean `fast`?");
/// assert_eq!(hint("colour", ["fast", "slow"].into_iter()), "");
/// ```
#[must_use]
pub fn hint<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known
        .map(|k| (strsim::damerau_levenshtein(given, k), k))
        .min()
        .filter(|(distance, k)| *distance <= k.chars().count().max(given.chars().count()) / 2);
    near.map_or_else(String::new, |(_, k)| format!("; did you mean `{k}`?"))
}
