//! Benches only; see the `[[bench]]` targets.
