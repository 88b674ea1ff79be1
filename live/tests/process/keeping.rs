//! What a person does with a state beside trading: looks at it, reviews it, copies it, and
//! goes on from the copy.

use std::path::Path;

use serde_json::Value;

use crate::fixture::Fixture;
use crate::reconciled;

/// The line of an output that begins so.
fn line<'o>(output: &'o str, begin: &str) -> &'o str {
    output.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{output}"))
}

async fn replayed(fixture: &Fixture, state: &Path) -> (String, String) {
    let state = state.to_str().unwrap();
    let (code, said) = fixture.command(&["verify", "--state", state]).await;
    assert_eq!(code, 0, "{said}");
    let head = line(&said, "head ").to_owned();
    let (code, said) = fixture.command(&["replay", "--state", state]).await;
    assert_eq!(code, 0, "{said}");
    (head, line(&said, "orders ").to_owned())
}

/// What health and times look like, while it trades.
async fn status_shows_health(fixture: &Fixture) {
    let (code, said) = fixture.command(&["status"]).await;
    assert!(code < 3, "{said}");
    let word = ["healthy", "degraded", "critical"][code as usize];
    assert!(said.contains(&format!("health: {word}")), "{code}: {said}");
    for part in ["API ", "latency ", "errors ", "positions", "feed FILUSDT", "memory", " MiB"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for queue in ["queue acts and replies", "queue feeds", "queue database"] {
        assert!(said.contains(queue), "{queue}: {said}");
    }
    // In the zone that the configuration states, which is Seoul's where it states none.
    let started = line(&said, "started ");
    let bytes: Vec<char> = started.chars().skip("started ".len()).take(23).collect();
    let stamp: String = bytes.iter().collect();
    let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00 KST", "{started}");
    let (_, utc) = fixture.command(&["status", "--zone", "UTC"]).await;
    assert!(line(&utc, "started ").contains(" UTC, now "), "{utc}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_looked_at_copied_and_gone_on_with() {
    let mut fixture = Fixture::start(2).await;
    let nobody = fixture.command(&["status"]).await;
    assert_eq!(nobody.0, 3, "{}", nobody.1);
    fixture.run().await;
    while fixture.opens().await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    status_shows_health(&fixture).await;
    let (code, said) = fixture.command(&["pause", "--why", "a review"]).await;
    assert_eq!(code, 0, "{said}");
    let folder = fixture.folder().to_owned();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    // While it is at work.
    let vault = path("vault");
    let (code, said) = fixture.command(&["backup", &path("copy"), "--vault", &vault]).await;
    assert!(code == 0 && said.contains("each file with its sum"), "{said}");
    let (code, said) = fixture.command(&["backup", &path("copy"), "--vault", &vault]).await;
    assert!(code != 0 && said.contains("there is something already"), "{said}");
    reviewed(&fixture).await;
    fixture.terminate().await;
    // And after it has ended: the same state, to the last hash.
    let (code, said) = fixture.command(&["backup", &path("last"), "--vault", &vault]).await;
    assert_eq!(code, 0, "{said}");
    let again = ["restore", &path("last"), "--state", &path("again")];
    let (code, said) = fixture.command(&again).await;
    assert!(code == 0 && said.contains("every file is as it was backed up"), "{said}");
    let own = replayed(&fixture, &fixture.state()).await;
    assert_eq!(own, replayed(&fixture, &folder.join("again")).await);
    assert_eq!(
        std::fs::read(&vault).unwrap(),
        std::fs::read(path("again/accounts.vault")).unwrap()
    );
    let (code, said) = fixture.command(&again).await;
    assert!(code != 0 && said.contains("nothing is laid over a state"), "{said}");
    // The copy that was made amid its work replays, too, and a runner goes on with it.
    std::fs::rename(fixture.state(), path("away")).unwrap();
    let (code, said) = fixture
        .command(&["restore", &path("copy"), "--state", &path("state"), "--vault", &path("vault2")])
        .await;
    assert_eq!(code, 0, "{said}");
    replayed(&fixture, &fixture.state()).await;
    fixture.run().await;
    reconciled(&fixture).await;
    fixture.terminate().await;
    changed_is_told(&fixture, &folder).await;
}

/// A file of a backup that is another one is named, and nothing is restored.
async fn changed_is_told(fixture: &Fixture, folder: &Path) {
    let file = folder.join("copy/live.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (copy, none) = (folder.join("copy"), folder.join("none"));
    let (copy, none) = (copy.to_str().unwrap(), none.to_str().unwrap());
    let (code, said) = fixture.command(&["restore", copy, "--state", none]).await;
    let told = said.contains("live.db: it is not as it was backed up");
    assert!(code != 0 && told && !folder.join("none").exists(), "{said}");
}

/// The pages of a month and of an incident.
async fn reviewed(fixture: &Fixture) {
    let status: Value = fixture.status().await;
    let now = status["runner"]["now"].as_i64().unwrap();
    let seoul = jiff::tz::TimeZone::get("Asia/Seoul").unwrap();
    let now = jiff::Timestamp::from_nanosecond(i128::from(now)).unwrap().to_zoned(seoul);
    let month = now.strftime("%Y-%m").to_string();
    // Accounts are valued every five minutes, and measured every one.
    let wanted =
        ["# Review of ", "## Uptime", "## Accounts", "| a1 |", "(a review)", "were measured"];
    let mut page = String::new();
    for _ in 0..600 {
        let (code, said) = fixture.command(&["review", "--month", &month]).await;
        assert_eq!(code, 0, "{said}");
        page = said;
        if wanted.iter().all(|part| page.contains(part)) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    wanted.iter().for_each(|part| assert!(page.contains(part), "{part}: {page}"));
    let at = now.strftime("%Y-%m-%dT%H:%M").to_string();
    let (code, said) = fixture.command(&["incident", &at, "--around", "60"]).await;
    assert_eq!(code, 0, "{said}");
    for part in ["# Incident between ", "| order_sent |", "(a review)", "```toml", "| a2 |"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = fixture.command(&["incident", "--from", &at, "--json"]).await;
    assert!(code == 0 && said.starts_with("{\"incident\":"), "{said}");
}
