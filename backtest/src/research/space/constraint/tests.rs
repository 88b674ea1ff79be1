use proptest::prelude::*;

use super::*;

fn axes() -> Vec<Axis> {
    let axis = |key: &str, values: &[&str]| {
        Axis::list(key, values.iter().map(|v| v.parse().unwrap()).collect()).unwrap()
    };
    vec![
        axis("strategy.params.fast", &["5", "0.1"]),
        axis("strategy.params.slow", &["10", "0.3"]),
        axis("costs.slippage.ticks", &["0", "0.2"]),
        axis("risk.slippage.ticks", &["1"]),
        axis("mode", &["auto", "fixed"]),
        axis("use_filter", &["true", "false"]),
        axis("odd-key.x", &["7"]),
    ]
}

/// At the first value of every axis, then at the last.
fn answers(text: &str) -> Result<(bool, bool), SpaceError> {
    let axes = axes();
    let constraint = Constraint::read(text, &axes)?;
    let last: Vec<u32> = axes.iter().map(|a| a.count() - 1).collect();
    Ok((constraint.holds(&axes, &[0; 7])?, constraint.holds(&axes, &last)?))
}

#[test]
fn conditions_answer() {
    for (text, wanted) in [
        ("fast < slow", (true, true)),
        // Exact: as floats 0.1 + 0.2 is not 0.3.
        ("fast + costs.slippage.ticks == slow", (false, true)),
        ("strategy.params.fast * 2 <= params.slow", (true, true)),
        ("slow - fast - 5 == 0", (true, false)),
        ("slow / fast == 2", (true, false)),
        ("2 + 3 * 2 == 8 and (2 + 3) * 2 == 10 and 8 / 2 / 2 == 2", (true, true)),
        ("-fast + 1 > -5", (true, true)),
        ("mode == \"auto\" or use_filter", (true, false)),
        ("mode != 'fixed'", (true, false)),
        ("not use_filter", (false, true)),
        ("not fast == 5", (false, true)),
        ("use_filter == true", (true, false)),
        ("true or false and false", (true, true)),
        ("not true or true", (true, true)),
        ("costs.slippage.ticks != 0 and fast / costs.slippage.ticks < 1", (false, true)),
        ("`odd-key.x` == 7 and (fast < slow) == true", (true, true)),
    ] {
        assert_eq!(answers(text), Ok(wanted), "{text}");
    }
}

#[test]
fn faults_have_a_column_and_words() {
    for (text, column, words) in [
        ("fast < slwo", 8, "no axis is `slwo`; did you mean `slow`?"),
        ("ticks > 1", 1, "ambiguous; it may be costs.slippage.ticks, risk.slippage.ticks"),
        ("mode == auto", 9, "a text is quoted: \"auto\""),
        ("mode == 3", 6, "text is compared with a number"),
        ("mode < \"b\"", 6, "by == and != only"),
        ("fast + 1", 1, "this is a number; it must be true or false"),
        ("fast and slow < 1", 1, "it must be true or false"),
        ("mode + 1 < 2", 1, "this is text; it must be a number"),
        ("1 < fast < slow", 10, "write `a < b and b < c`"),
        ("fast <", 7, "is missing"),
        ("", 1, "is missing"),
        ("(fast < slow", 1, "this ( is not closed"),
        ("fast < slow)", 12, "this ) has no ("),
        ("fast slow", 6, "a sign is missing"),
        ("fast = slow", 6, "write `==`"),
        ("a && b", 3, "write `and`"),
        ("fast < 1e5x", 8, "1e5x is no number"),
        ("mode == \"auto", 9, "is not closed"),
        ("fast < * 3", 8, "missing before this"),
    ] {
        match answers(text) {
            Err(SpaceError::Constraint { column: at, message, .. }) => {
                assert!(at == column && message.contains(words), "{text}: {at}: {message}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(answers(&"(".repeat(100)).unwrap_err().to_string().contains("nested"));
    assert!(answers(&"1+".repeat(600)).unwrap_err().to_string().contains("1000 characters"));
    let zero = answers("fast / costs.slippage.ticks > 1").unwrap_err().to_string();
    assert!(zero.contains("column 6: it divides by zero"), "{zero}");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text: String) {
        let _ = answers(&text);
    }

    #[test]
    fn arbitrary_words_never_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "fast", "slow", "mode", "use_filter", "and", "or", "not", "(", ")", "<", "==",
                "+", "-", "*", "/", "3", "0.1", "\"auto\"", "true", "79228162514264337593543950335",
            ]),
            0..12,
        )
    ) {
        let _ = answers(&words.join(" "));
    }
}
