//! A configuration as a flat list of keys and values, for people.

/// The configuration as `key = value`, keys as `--set` takes them.
pub(crate) fn parameters(config: &crate::config::Config) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    // A configuration that was read can be written.
    let whole = serde_json::to_value(config).unwrap_or_default();
    flatten("", &whole, &mut flat);
    flat
}

fn flatten(at: &str, value: &serde_json::Value, flat: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                flatten(&at, value, flat);
            }
        }
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            for (i, value) in items.iter().enumerate() {
                flatten(&format!("{at}[{i}]"), value, flat);
            }
        }
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(plain).collect();
            flat.push((at.to_owned(), words.join(", ")));
        }
        value => flat.push((at.to_owned(), plain(value))),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
