//! What is refused, with its place and what would be right.

use super::*;

/// What is written instead of what, and what is said of it.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "name = \"main\"",
        "nam = \"main\"",
        "live.toml:38:1: unknown field `nam`, expected one of `name`, `venue`, `url`, `number`, `template`, `enabled`, `cash`, `initial_balance`; did you mean `name`?",
    ),
    (
        "venue = \"demo\"",
        "venue = \"dmo\"",
        "live.toml:39:9: account[0].venue: no venue is called dmo; there is demo; did you mean `demo`?",
    ),
    (
        "template = \"half\"",
        "template = \"hlf\"",
        "live.toml:41:12: account[0].template: no template is called hlf; there is half; did you mean `half`?",
    ),
    ("template = \"half\"", "", "no account follows it; name it in an [[account]], or remove it"),
    (
        "number = \"950552\"",
        "",
        "account[0].number: the broker's number of the account is not stated; write number = \"950552\"",
    ),
    (
        "factor = 0.5",
        "factor = 0",
        "template.half.size.factor: 0 is out of range; it must be above 0, at most 1000",
    ),
    ("maker_fee = 0.0004\n", "", "FILUSDT: maker_fee not stated, and costs have no default"),
    (
        "tick_size = 0.001\n",
        "",
        "instrument[0].tick_size: FILUSDT has no tick_size, and no data tells it here; write tick_size = 0.001",
    ),
    ("trading_enabled = true\n", "", "missing field `trading_enabled`"),
    ("state = \"state\"\n", "state = \"state\"\nstate = \"other\"\n", "duplicate key"),
    ("positions = \"hedging\"\n", "", "missing field `positions`"),
    ("cash = 100_000", "cash = 0", "reference.cash: 0 is out of range; it must be above 0"),
    (
        "https://mtr",
        "https://me:secret@mtr",
        "venue.demo.url: is to be an address and nothing else; logins are in the vault",
    ),
    ("https://mtr", "http://mtr", "venue.demo.url: without TLS only this machine is spoken to"),
    (
        "hedging\"",
        "hedging\"\nper_minute = 2",
        "venue.demo.per_minute: 2 is out of range; it must be 3 to 1000000",
    ),
    ("hedging\"", "hedging\"\npaths = { opn = \"/x\" }", "did you mean `open`?"),
    (
        "hedging\"",
        "hedging\"\nsymbols = { FILUSD = \"x\" }",
        "no instrument is called FILUSD; there is FILUSDT, NEARUSDT; did you mean `FILUSDT`?",
    ),
    (
        "hedging\"",
        "hedging\"\nper_day = 500",
        "venue.demo: the only account of a server could be read back every 1879 s with 450 requests a minute and 500 a day",
    ),
    (
        "kind = \"match_trader\"",
        "kind = \"match_trader_api\"",
        "venue.demo.paths: are not documented for this interface; write them out, or use kind = \"match_trader\"",
    ),
    ("kind = \"match_trader\"", "kind = \"match_tradr\"", "did you mean `match_trader`?"),
    (
        "[[strategy]]",
        "[journal]\nrotate_hours = 0\n[[strategy]]",
        "journal.rotate_hours: 0 is out of range; it must be 1 to 720",
    ),
    ("[[strategy]]", "[journal]\nkeep_file = 3\n[[strategy]]", "did you mean `keep_files`?"),
    (
        "[[strategy]]",
        "[store]\nlogs_days = 40_000\n[[strategy]]",
        "store.logs_days: 40000 is out of range; it must be 1 to 36500",
    ),
    ("[[strategy]]", "[store]\nmax_mb = 3\n[[strategy]]", "did you mean `max_mib`?"),
    (
        "[[strategy]]",
        "[alerts]\nquiet_s = 90_000\n[[strategy]]",
        "alerts.quiet_s: 90000 is out of range; it must be 0 to 86400",
    ),
    ("[[strategy]]", "[alerts]\nzone = \"Mars/Base\"\n[[strategy]]", "alerts.zone: "),
    ("[[strategy]]", "[alerts.telegram]\ntoken = \"bot\"\n[[strategy]]", "missing field `chats`"),
    (
        "[[strategy]]",
        "[alerts.telegram]\ntoken = \"main\"\nchats = []\n[[strategy]]",
        "alerts.telegram.token: main is an account, whose login is for its broker alone",
    ),
    (
        "[[strategy]]",
        "[alerts.webhook]\nkey = \"hook\"\nurl = \"http://hooks.example.com\"\n[[strategy]]",
        "alerts.webhook.url: without TLS only this machine is spoken to",
    ),
    (
        "[[strategy]]",
        "[alerts.webhook]\nkey = \"\"\nurl = \"https://hooks.example.com\"\n[[strategy]]",
        "alerts.webhook.key: it is empty",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\ndeny = [\"BTC\"]",
        "template.half.deny: no instrument is called BTC; there is FILUSDT, NEARUSDT",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\nallow = []",
        "template.half.allow: leaves no instrument to trade",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\nmin_quantity = 2\nmax_quantity = 1",
        "template.half.max_quantity: 1 is out of range; it must be at least min_quantity",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\noldest_signal_ms = 40_000",
        "template.half.oldest_signal_ms: 40000 is out of range; it must be 1 to 30000",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\n[template.half.risk]\ndaily_los = 0.1",
        "did you mean `daily_loss`?",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\n[template.half.risk]\ndaily_loss = 2",
        "template.half.risk.daily_loss",
    ),
    (
        "[[strategy]]",
        "[limits]\nmax_readback_s = 0\n[[strategy]]",
        "limits.max_readback_s: 0 is out of range; it must be 1 to 3600",
    ),
    (
        "[[strategy]]",
        "[limits]\nlogins_at_once = 0\n[[strategy]]",
        "limits.logins_at_once: 0 is out of range; it must be 1 to 1000",
    ),
    (
        "path = \"day.tape\"",
        "pth = \"day.tape\"",
        "unknown field `pth`, expected one of `path`, `speed`, `funding`; did you mean `path`?",
    ),
    (
        "kind = \"tape\"\npath = \"day.tape\"",
        "kind = \"match_trader\"\naccount = \"man\"",
        "feed.account: no account is called man; there is main; did you mean `main`?",
    ),
];

fn fault(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    parse(&WHOLE.replacen(from, to, 1), &[]).unwrap_err()
}

#[test]
fn faults_name_their_place_and_what_would_be_right() {
    for (from, to, words) in FAULTS {
        let said = fault(from, to);
        assert!(said.contains(words), "{to}\n  said:   {said}\n  wanted: {words}");
        assert!(!said.contains("secret"), "{said}");
    }
    let one = WHOLE.split("[[account]]").next().unwrap().replace("[reference]", "[account]");
    let words =
        "account: is a list here, [[account]]; what a backtest calls [account] is [reference]";
    assert!(parse(&one, &[]).unwrap_err().contains(words));
    let twice = WHOLE.replace(
        "[template.half]",
        "[[account]]\nname = \"b\"\nvenue = \"demo\"\nnumber = 950552\n[template.half]",
    );
    assert!(
        parse(&twice, &[])
            .unwrap_err()
            .contains("account[1].number: 950552 is the number of main too")
    );
    let twice = twice.replace("\"b\"", "\"main\"").replace("950552\n[", "950553\n[");
    assert!(
        parse(&twice, &[]).unwrap_err().contains("two accounts are called main; names must differ")
    );
}

#[test]
fn a_fault_of_the_base_is_told_in_the_base() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let live = dir.path().join("live.toml");
    let rest = WHOLE.replace("[reference]\ncurrency = \"USDT\"\ncash = 100_000\n", "");
    write("live.toml", &format!("base = \"fil.toml\"\n{rest}"));
    let read = || LiveConfig::read(&live, &[], &[], &own()).map_err(|e| e.to_string());
    write("fil.toml", "[account]\ncurrency = \"USDT\"\ncash = 0\n");
    let said = read().unwrap_err();
    assert!(
        said.ends_with("fil.toml:3:8: account.cash: 0 is out of range; it must be above 0"),
        "{said}"
    );
    write("fil.toml", "[acount]\ncurrency = \"USDT\"\n");
    let said = read().unwrap_err();
    assert!(said.contains("fil.toml:1:2: unknown field of a backtest's file"), "{said}");
    assert!(said.ends_with("did you mean `account`?"), "{said}");
    write("fil.toml", "[account]\ncurrency = \"USDT\"\ncash = 5\n[sweep]\nx = 1\n");
    assert_eq!(read().unwrap().reference.cash, d("5"));
    write("live.toml", &format!("base = \"fil.toml\"\n{rest}\n[reference]\ncash = 7"));
    assert_eq!(read().unwrap().reference.cash, d("7"));
    assert_eq!(read().unwrap().reference.currency, "USDT");
}
