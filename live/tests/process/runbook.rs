//! The commands of `RUNBOOK.md`, one after the other, on a runner with open positions.

use serde_json::json;

use crate::fixture::Fixture;
use crate::managed;

const RUNBOOK: &str = include_str!("../../RUNBOOK.md");

/// The commands of its blocks, in their order.
fn commands() -> impl Iterator<Item = &'static str> {
    let mut inside = false;
    RUNBOOK.lines().filter(move |line| {
        let fence = line.starts_with("```");
        inside = if fence { *line == "```sh" } else { inside };
        inside && !fence
    })
}

/// The words of a command, without the quotes around words that belong together.
fn words(command: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (n, part) in command.split('"').enumerate() {
        match n % 2 {
            0 => all.extend(part.split_whitespace().map(str::to_owned)),
            _ => all.push(part.to_owned()),
        }
    }
    all
}

/// Waits until some account holds a position.
async fn holds(fixture: &Fixture) {
    for _ in 0..1_200 {
        if !managed(&fixture.status().await).is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nothing was opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_runbook_does_what_it_says() {
    let mut fixture = Fixture::start(2).await;
    fixture.run().await;
    holds(&fixture).await;
    let incident = fixture.folder().join("incident.md");
    let mut done = Vec::new();
    for command in commands() {
        let mut words = words(command);
        if words.remove(0) == "export" {
            // The fixture says it to each command.
            continue;
        }
        for word in &mut words {
            match word.as_str() {
                "main" => "a1".clone_into(word),
                "incident.md" => *word = incident.display().to_string(),
                "before-restart" => *word = fixture.folder().join("copy").display().to_string(),
                _ => {}
            }
        }
        if words[0] == "incident" {
            // Whenever it is, all of today is around the time that is named.
            words.extend(["--around", "50000000"].map(str::to_owned));
        }
        let args: Vec<&str> = words.iter().map(String::as_str).collect();
        match args[0] {
            "run" => fixture.run_with(&args[2..]).await,
            "stop" => {
                let (code, said) = fixture.command(&args).await;
                assert_eq!(code, 0, "{command}: {said}");
                let said = fixture.ended().await;
                assert!(said.contains("all is saved"), "{said}");
            }
            // An account that was just closed may not be well.
            "status" => assert!(fixture.command(&args).await.0 < 3, "{command}"),
            _ => {
                let (code, said) = fixture.command(&args).await;
                assert_eq!(code, 0, "{command}: {said}");
                if args[0] == "kill" && args.len() == 3 {
                    let audit = fixture.control(json!({ "do": "audit", "known": null })).await;
                    assert_eq!(audit["report"]["open"], 0, "{command}: {said}");
                }
            }
        }
        done.push(args[0].to_owned());
    }
    for step in
        ["kill", "pause", "status", "audit", "verify", "backup", "stop", "replay", "run", "resume"]
    {
        assert!(done.iter().any(|name| name == step), "the runbook says nothing of {step}");
    }
    let text = std::fs::read_to_string(&incident).unwrap();
    assert!(text.contains("prices do not look right"), "{text}");
    // After `resume` it trades again.
    holds(&fixture).await;
}
