//! Invariant 11 for a whole service: what it says at its loudest, what it keeps and what it
//! publishes have no password and no token in them.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickstep_core::units::Nanos;
use tickstep_live::cli::log_args::log_happenings;
use tickstep_live::exchange::{Deed, TroubleRates};
use tickstep_live::runner::{Act, Reach};
use tickstep_live::service::ActBy;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::world::{PASSWORD, World};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What may be a token of the simulated venue: a JWT, or a SHA-256 in Base64.
fn tokens(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let pieces = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    let is_token = |piece: &&str| {
        let has = |of: fn(&u8) -> bool| piece.bytes().any(|b| of(&b));
        let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        piece.starts_with("eyJ") || (piece.len() == 43 && mixed && has(u8::is_ascii_digit))
    };
    pieces.filter(is_token).map(str::to_owned).collect()
}

fn has_no_secret(what: &str, bytes: &[u8]) {
    let found = bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes());
    assert!(!found, "{what} has the password");
    assert_eq!(tokens(bytes), Vec::<String>::new(), "{what} has tokens");
}

fn files_of(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_of(&path, into);
        } else if path.is_file() {
            into.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_token_is_recognised() {
    let token = "aB3-_".repeat(8) + "xyz";
    assert_eq!(tokens(format!("x {token} y eyJhbGci.z").as_bytes()), [token.as_str(), "eyJhbGci"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_under_faults_shows_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
    tracing_subscriber::registry().with(layer).init();
    let mut world = World::new(5, 300, 21, TroubleRates::all(20_000)).await;
    world.mistyped = Some(4);
    let service = world.start();
    let handle = service.handle();
    let logs = tokio::spawn(log_happenings(handle.clone()));
    let mut shown = String::new();
    // A day's work under faults, however fast the machine is.
    let opened =
        |world: &World| world.desk.with(|exchange, _| exchange.truth().count(Deed::Opened));
    let mut looks = 0;
    while looks < 8 || opened(&world) <= 10 {
        world.pass(Nanos::MINUTE.times(2)).await;
        shown += &format!("{:?}", handle.status().await);
        looks += 1;
    }
    shown += &format!(
        "{:?}",
        handle.command(&ActBy::new("test", "a pause").unwrap(), Act::Pause(Reach::All)).await
    );
    handle.stop(Duration::from_secs(5));
    shown += &format!("{:?}", service.join().await);
    logs.await.unwrap();
    // It was heard, as were the libraries below it.
    assert!(world.desk.census().troubles > 10);
    let said = lines.0.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&said);
    for part in
        ["hyper_util", "\"order_sent\"", "\"position_opened\"", "account 3", "BadCred", "a pause"]
    {
        assert!(text.contains(part) || shown.contains(part), "{part} is not in the logs");
    }
    has_no_secret("what was logged", &said);
    has_no_secret("what was shown", shown.as_bytes());
    let mut files = Vec::new();
    files_of(world.state.path(), &mut files);
    assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 10_000);
    for (name, bytes) in files {
        has_no_secret(&name, &bytes);
    }
}
