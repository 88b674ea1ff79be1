//! What is printed into a folder is the same on every platform and with every set of
//! features: floats are worked on by `core::math` alone, which is `libm`.

use crate::source::{assert_none, bare, code, files, is_tests};

/// Functions whose last bits the system's library, or the compiler's choice of
/// instructions, decides. A square root is exact everywhere, but goes the same way.
const PLATFORM: [&str; 27] = [
    "powf", "powi", "ln", "ln_1p", "log", "log2", "log10", "exp", "exp2", "exp_m1", "sqrt", "cbrt",
    "hypot", "mul_add", "sin", "cos", "tan", "sin_cos", "asin", "acos", "atan", "atan2", "sinh",
    "cosh", "tanh", "gamma", "ln_gamma",
];
/// A matrix product, which picks its instructions by the processor it runs on.
const PICKED: [&str; 2] = ["dot", "general_mat_mul"];
/// Crates whose floats depend on the features that others turn on.
const CRATES: [&str; 3] = ["statrs", "rand_distr", "num_traits"];

/// Which of two zeros these give is left open; `above_zero` and `total_cmp` say.
const ZEROS: [&str; 4] = [".max(0.0)", ".min(0.0)", "f64::max", "f64::min"];

/// The calls of a line that are not the same everywhere.
fn calls(line: &str) -> Vec<&'static str> {
    let called = |name: &&&str| {
        line.contains(&format!(".{name}(")) || line.contains(&format!("f64::{name}"))
    };
    let named = |name: &&&str| line.contains(&format!("{name}::"));
    let calls = PLATFORM.iter().chain(&PICKED).filter(called);
    let zeros = ZEROS.iter().filter(|zero| line.contains(**zero));
    calls.chain(CRATES.iter().filter(named)).chain(zeros).copied().collect()
}

#[test]
fn floats_are_the_same_on_every_platform() {
    let mut found = Vec::new();
    for (name, text) in files() {
        if is_tests(&name) || name == "core/src/math.rs" {
            continue;
        }
        for (n, line) in code(&text).lines().enumerate() {
            for call in calls(&bare(line)) {
                found.push(format!("{name}:{}: {call}: {}", n + 1, line.trim()));
            }
        }
    }
    assert_none("floats that differ by platform; core::math has the same", &found);
}

#[test]
fn the_rule_sees_calls_and_paths() {
    assert_eq!(calls("let a = b.powf(1.5) + c.sqrt();"), ["powf", "sqrt"]);
    assert_eq!(calls("values.map(f64::ln)"), ["ln"]);
    assert_eq!(calls("series.dot(&series.t())"), ["dot"]);
    assert_eq!(calls("use statrs::distribution::Normal;"), ["statrs"]);
    assert_eq!(calls("let a = b.max(0.0);"), [".max(0.0)"]);
    assert!(calls("let a = sqrt(b) + exp(c) + log.len();").is_empty());
}
