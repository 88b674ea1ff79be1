//! What is saved and taken up again: a session that was cut anywhere goes on as one that
//! never was, to the last digit; what changed meanwhile keeps what still has its place.
#![allow(clippy::unwrap_used)]

mod other;
mod pending;
mod world;

use proptest::prelude::*;
use tickstep_core::codec::{decode_state, encode_state};
use tickstep_core::order::Intent;
use tickstep_core::session::{SessionState, replay};

use world::{BROKER, PAPER, Seen, World, config, tape};

fn bytes_of(state: &SessionState) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_state(state, &mut bytes);
    bytes
}

/// Runs a tape to a cut; once on, and once from what was saved there.
fn cut_and_not(seed: u64, minutes: i64, cut: usize) -> (Seen, Seen, Vec<u8>, Vec<u8>) {
    let steps = tape(seed, minutes);
    let cut = cut % (steps.len() + 1);
    let mut whole = World::new();
    steps[..cut].iter().for_each(|step| whole.step(step));
    whole.session.flush(&mut whole.seen);
    let state = whole.session.state().unwrap();
    let saved = bytes_of(&state);
    let read = decode_state(&saved).unwrap();
    assert_eq!(read, state);
    let mut parts = whole.restored(&steps[..cut], &read);
    assert_eq!(bytes_of(&parts.session.state().unwrap()), saved, "saved again, it is the same");
    whole.forget();
    for step in &steps[cut..] {
        whole.step(step);
        parts.step(step);
    }
    for world in [&mut whole, &mut parts] {
        world.session.flush(&mut world.seen);
    }
    let ends = [&whole, &parts].map(|w| bytes_of(&w.session.state().unwrap()));
    let [end, again] = ends;
    (whole.seen, parts.seen, end, again)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_session_that_was_cut_goes_on_as_one_that_never_was(
        seed in any::<u64>(), minutes in 20_i64..240, cut in any::<usize>(),
    ) {
        let (whole, parts, end, again) = cut_and_not(seed, minutes, cut);
        prop_assert_eq!(&whole.intents, &parts.intents);
        prop_assert_eq!(&whole.events, &parts.events);
        prop_assert!(whole == parts);
        prop_assert_eq!(end, again);
    }
}

#[test]
fn what_an_account_was_told_replays_balances_parts_and_refusals_included() {
    for seed in 0..30 {
        let mut world = World::new();
        tape(seed, 200).iter().for_each(|step| world.step(step));
        world.session.flush(&mut world.seen);
        for account in [PAPER, BROKER] {
            let told = world.seen.events.iter().filter(|(of, _)| *of == account);
            let again = replay(config(), 3, told.map(|(_, event)| event)).unwrap();
            let asked = world.seen.intents.iter().filter(|(of, _)| *of == account);
            assert_eq!(again.intents, asked.map(|(_, intent)| *intent).collect::<Vec<_>>());
            let ledger = world.session.accounts()[account.index()].engine().ledger();
            assert_eq!(again.equity, ledger.equity(), "{seed}");
        }
    }
}

#[test]
fn the_tapes_have_in_them_what_they_should() {
    let mut all = Seen::default();
    let mut states = 0;
    for seed in 0..20 {
        let mut world = World::new();
        tape(seed, 200).iter().for_each(|step| world.step(step));
        states += bytes_of(&world.session.state().unwrap()).len();
        all.events.append(&mut world.seen.events);
        all.intents.append(&mut world.seen.intents);
        all.trades.append(&mut world.seen.trades);
        all.decisions.append(&mut world.seen.decisions);
    }
    let count = |name: &str| all.trades.iter().filter(|t| t.exit.name() == name).count();
    for reason in ["stop", "target", "trailing_stop", "time", "opposite", "signal", "flatten"] {
        assert!(count(reason) > 5, "{reason}: {}", count(reason));
    }
    let refused = |name: &str| {
        use tickstep_core::decision::Outcome;
        let by = |d: &&tickstep_core::decision::Decision| matches!(d.outcome, Outcome::Refused(rule) if rule.name() == name);
        all.decisions.iter().filter(by).count()
    };
    for rule in ["kill_switch", "paused", "position_count", "cool_down", "partial_close"] {
        assert!(refused(rule) > 0, "{rule}");
    }
    let amended = all.intents.iter().filter(|(_, i)| matches!(i, Intent::Amend { .. })).count();
    let cancelled = all.intents.iter().filter(|(_, i)| matches!(i, Intent::Cancel(_))).count();
    assert!(amended > 50 && cancelled > 20, "{amended}, {cancelled}");
    assert!(states > 20 * 1_000, "{states}");
}
