//! The venue whose paths have to be written out.

use super::*;

/// Paths that tests make up; nobody knows the real ones.
const PATHS: &str = include_str!("../../../tests/data/trader_api_paths.toml");

#[test]
fn the_trader_api_is_off_until_every_path_is_there_and_sound() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("live.toml");
    let whole = WHOLE.replace("\"match_trader\"", "\"match_trader_api\"")
        + "\n[venue.demo.paths]\n"
        + PATHS
        + "\"names.lots\" = \"volume\"\n";
    let read = |text: &str| {
        std::fs::write(&file, text).unwrap();
        LiveConfig::read(&file, &[], &[], &own()).map_err(|e| e.to_string())
    };
    let config = read(&whole).unwrap();
    let abilities = config.venue["demo"].abilities().unwrap();
    assert!(abilities.names_intents && abilities.idempotent);
    assert_eq!(LiveConfig::parse(&config.text(), &file, &[], &own()).unwrap(), config);
    // Its market can be the feed, too.
    let fed = whole.replace(
        "kind = \"tape\"\npath = \"day.tape\"",
        "kind = \"match_trader\"\naccount = \"main\"",
    );
    assert!(read(&fed).is_ok(), "{:?}", read(&fed));
    let line = |text: &str, part: &str| text.lines().position(|l| l.contains(part)).unwrap() + 1;
    for (from, to, key, words) in [
        (
            "PATCH /v9/positions/{id}",
            "PATCH /v9/positions",
            "edit",
            "paths.edit: \"PATCH /v9/positions\": {id} stands in it once",
        ),
        ("milliseconds", "hours", "time_unit", "paths.time_unit: seconds or milliseconds"),
        ("open = ", "opn = ", "opn", "did you mean `open`?"),
        ("https://mtr", "http://mtr", "url", "venue.demo.url: without TLS only this machine"),
    ] {
        let text = whole.replacen(from, to, 1);
        let said = read(&text).unwrap_err();
        let at = format!("live.toml:{}:", line(&text, &format!("{key} = ")));
        assert!(said.contains(&at) && said.contains(words), "{said}, not {at}");
    }
    let said = read(&whole.replace("balance = \"GET /v9/account/summary\"\n", "")).unwrap_err();
    assert!(said.contains("venue.demo.paths: balance: has to be there"), "{said}");
}
