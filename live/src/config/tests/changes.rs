//! Settings that change, and texts that read back to the same.

use proptest::prelude::*;

use super::*;

#[test]
fn changes_reach_values_and_lists_and_say_what_they_changed() {
    let config = parse(WHOLE, &[]).unwrap();
    let changed = |changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        config.changed(&changes, &own()).map_err(|e| e.to_string())
    };
    let told = |changes: &[&str]| {
        let new = changed(changes).unwrap();
        let each = config.changes_to(&new);
        let told = each.iter().map(|c| format!("{} {:?} {:?}", c.key, c.old, c.new));
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(&["trading_enabled=true"]), Vec::<String>::new());
    assert_eq!(
        told(&["template.half.size.factor=0.25", "account.main.enabled=false"]),
        [
            "account.main.enabled Some(\"true\") Some(\"false\")",
            "template.half.size.factor Some(\"\\\"0.5\\\"\") Some(\"\\\"0.25\\\"\")",
        ]
    );
    let more = "account+={ name = \"b\", venue = \"demo\", number = \"7\" }";
    assert_eq!(changed(&[more]).unwrap().account_names().collect::<Vec<_>>(), ["main", "b"]);
    assert_eq!(changed(&[more, "account-=b"]).unwrap(), config);
    let fewer = changed(&["instrument-=NEARUSDT"]).unwrap();
    assert_eq!(fewer.instrument.len(), 1);
    let deny = changed(&["template.half.deny+=\"NEARUSDT\""]).unwrap();
    assert_eq!(deny.template["half"].deny, ["NEARUSDT"]);
    assert_eq!(
        deny.changed(&["template.half.deny-=NEARUSDT".to_owned()], &own()),
        Ok(config.clone())
    );
    for (change, words) in [
        (
            "account.man.enabled=false",
            "--set account.man.enabled=false: no account is called man; there is main; did you mean `main`?",
        ),
        (
            "account-=man",
            "--set account-=man: man is not in the list; there is main; did you mean `main`?",
        ),
        ("instrument+={ symbol = \"FILUSDT\" }", "FILUSDT is there already"),
        ("trading_enabled+=1", "trading_enabled is no list; write key=value"),
        (
            "template.half.size.factor=2000",
            "template.half.size.factor: 2000 is out of range; it must be above 0, at most 1000",
        ),
        ("limits.timeout_mss=1", "did you mean `timeout_ms`?"),
        ("instrument-=FILUSDT", ""),
    ] {
        match changed(&[change]) {
            Ok(_) => assert!(words.is_empty(), "{change} was taken"),
            Err(said) => assert!(said.contains(words) && !words.is_empty(), "{change}: {said}"),
        }
    }
}

/// A value of any kind that is allowed at its place.
fn changes() -> impl proptest::strategy::Strategy<Value = Vec<String>> {
    let quantity = (1_i64..1_000_000, 0_u32..6).prop_map(|(n, scale)| Decimal::new(n, scale));
    let sizes = (0..4, quantity.clone()).prop_map(|(which, q)| {
        let factor = q.min(Decimal::ONE_THOUSAND);
        match which {
            0 => "{ method = \"own\" }".to_owned(),
            1 => format!("{{ method = \"multiplier\", factor = {factor} }}"),
            2 => format!("{{ method = \"balance_ratio\", factor = {factor} }}"),
            _ => format!("{{ method = \"fixed_quantity\", quantity = {q} }}"),
        }
    });
    let name = "[a-z][a-z0-9-]{0,6}";
    let accounts = proptest::collection::btree_map(name, any::<bool>(), 0..4);
    (sizes, quantity, 1_u32..30_000, any::<bool>(), accounts, 0_i64..100_000).prop_map(
        |(size, most, age, deny, accounts, floor)| {
            let mut changes = vec![
                format!("template.half.size={size}"),
                format!("template.half.max_quantity={most}"),
                format!("template.half.oldest_signal_ms={age}"),
                format!("template.half.free_margin_floor={}", Decimal::new(floor, 2)),
                format!("template.half.risk={{ daily_loss = 0.0{age} }}"),
            ];
            if deny {
                changes.push("template.half.deny+=\"FILUSDT\"".to_owned());
            }
            for (at, (name, enabled)) in accounts.into_iter().enumerate() {
                let rest = format!("number = {at}, enabled = {enabled}");
                let named = format!("name = \"x{name}\", venue = \"demo\"");
                changes.push(format!("account+={{ {named}, {rest} }}"));
            }
            changes
        },
    )
}

proptest! {
    #[test]
    fn any_configuration_reads_back_from_its_text(changes in changes()) {
        let config = LiveConfig::parse(WHOLE, Path::new("live.toml"), &changes, &own()).unwrap();
        let again = LiveConfig::parse(&config.text(), Path::new("text"), &[], &own());
        prop_assert_eq!(again.as_ref(), Ok(&config));
        // What is told as changed, made to the first, gives the other.
        let first = parse(WHOLE, &[]).unwrap();
        prop_assert_eq!(first.changes_to(&config).is_empty(), first == config);
        prop_assert!(config.changes_to(&config).is_empty());
    }
}
