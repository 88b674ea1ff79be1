use super::*;

fn value(text: &str) -> Value {
    text.parse().unwrap()
}

fn range(from: &str, to: &str, step: &str) -> Result<Axis, SpaceError> {
    Axis::range("k", &value(from), &value(to), &value(step))
}

fn read(text: &str) -> Result<Axis, String> {
    toml::from_str(&format!("key = \"k\"\n{text}")).map_err(|e| e.message().to_owned())
}

fn shown_values(axis: &Axis) -> String {
    axis.values().map(|v| v.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn ranges_are_exact_and_inclusive() {
    for (text, wanted) in [
        ("from = 0.1\nto = 0.3\nstep = 0.1", "0.1 0.2 0.3"),
        ("from = 3\nto = 9\nstep = 2", "3 5 7 9"),
        ("from = 3\nto = 8\nstep = 2", "3 5 7"),
        ("from = -1\nto = 1\nstep = 0.5", "-1.0 -0.5 0.0 0.5 1.0"),
        ("from = 1\nto = 20\nstep = 2\nlog = true", "1 2 4 8 16"),
        ("from = 0.1\nto = 0.4\nstep = 1.5\nlog = true", "0.1 0.15 0.225 0.3375"),
        ("from = 5\nto = 5\nstep = 1", "5"),
        ("values = [true, false]", "true false"),
        ("values = [1, 2.5]", "1 2.5"),
    ] {
        let axis = read(text).unwrap();
        assert_eq!(shown_values(&axis), wanted, "{text}");
        let back: Axis = toml::from_str(&toml::to_string(&axis).unwrap()).unwrap();
        assert_eq!(shown_values(&back), wanted, "{text}");
        for (level, v) in axis.values().enumerate() {
            assert_eq!(axis.level_of(&v).unwrap() as usize, level);
        }
    }
}

#[test]
fn continuous_axes_have_the_levels_of_their_decimals() {
    let axis = read("from = 0.5\nto = 2\ndecimals = 2\nlog = true").unwrap();
    assert_eq!((axis.count(), axis.continuous_spacing()), (151, Some(Spacing::Log)));
    assert_eq!(axis.level_of(&value("0.514")).unwrap(), 1);
    assert_eq!(axis.value(150), Some(value("2.0")));
    assert_eq!(axis.value(151), None);
    let json = serde_json::to_string(&axis).unwrap();
    assert_eq!(json, r#"{"key":"k","from":0.5,"to":2.0,"decimals":2,"log":true}"#);
    assert_eq!(serde_json::from_str::<Axis>(&json).unwrap(), axis);
    let whole = read("from = 1\nto = 9\ndecimals = 0").unwrap();
    assert_eq!(whole.value(8), Some(Value::Int(9)));
}

#[test]
fn what_means_nothing_is_refused_in_words() {
    for (text, words) in [
        ("values = []", "no values"),
        ("values = [1, 1.0]", "there twice"),
        ("values = [1, true]", "one kind"),
        ("from = 1\nto = 2", "and decimals"),
        ("from = 1\nto = 2\nstep = 1\ndecimals = 2", "and decimals"),
        ("from = 2\nto = 1\nstep = 1", "exchange them"),
        ("from = 1\nto = 2\nstep = 0", "above zero"),
        ("from = 1\nto = 2\nstep = \"a\"", "step a is text"),
        ("from = 0\nto = 8\nstep = 2\nlog = true", "above zero"),
        ("from = 0\nto = 8\ndecimals = 2\nlog = true", "above zero"),
        ("from = 1\nto = 1.005\ndecimals = 2", "more than 2 decimals"),
        ("from = 1\nto = 9e9\nstep = 1", "4294967295"),
        ("from = 0.1\nto = 9\nstep = 1.00001\nlog = true", "12 decimals"),
        ("from = 1\nto = 2\nsteps = 1", "unknown field"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
    for key in ["", "a..b", "a b", "a=b", ".a"] {
        assert!(Axis::list(key, vec![Value::Int(1)]).is_err(), "{key}");
    }
}

#[test]
fn values_of_no_level_are_told_what_there_is() {
    let said = |axis: &Axis, v: &str| axis.level_of(&value(v)).unwrap_err().to_string();
    let axis = range("0.1", "0.3", "0.1").unwrap();
    assert_eq!(said(&axis, "0.15"), "k: 0.15 is not in 0.1 to 0.3 in steps of 0.1");
    assert_eq!(said(&axis, "0.4"), "k: 0.4 is not in 0.1 to 0.3 in steps of 0.1");
    assert_eq!(said(&axis, "true"), "k: true is true or false; it must be a number");
    let list = Axis::list("k", vec![value("a"), value("b")]).unwrap();
    assert_eq!(said(&list, "c"), "k: c is not one of a, b");
}
