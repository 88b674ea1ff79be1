//! What the venue carried out, held against what the service believes.

use std::collections::BTreeSet;
use std::time::Duration;

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_live::service::Handle;

use super::world::{World, number};

/// Positions that the service manages, each with its account.
pub async fn managed(handle: &Handle) -> BTreeSet<(String, String)> {
    let status = handle.status().await.unwrap();
    let accounts = status.runner.accounts.into_iter();
    accounts
        .flat_map(|account| {
            let of = number(account.id.0);
            let ids = account.positions.into_iter().flat_map(|p| p.at_broker);
            ids.map(move |id| (of.clone(), id)).collect::<Vec<_>>()
        })
        .collect()
}

/// What is under way or in doubt.
async fn unsettled(handle: &Handle) -> Vec<String> {
    let look = |runner: &tickstep_live::runner::Runner, _: &_, _| {
        let accounts = (0..runner.accounts().len()).map(|a| AccountId(a as u16));
        accounts.flat_map(|a| runner.unsettled(a)).collect::<Vec<_>>()
    };
    handle.control().look(look).await.unwrap()
}

/// Waits until nothing is under way and the truth is what is believed; panics with what is
/// not, where it never is.
pub async fn reconciled(world: &World, handle: &Handle) {
    let mut last = String::new();
    for _ in 0..400 {
        let left = unsettled(handle).await;
        let known = managed(handle).await;
        let report = world.desk.with(|exchange, now| exchange.report(now, Some(&known)));
        assert_eq!(report.duplicates, [], "carried out more than once");
        let forgotten = report.forgotten.clone().unwrap_or_default();
        let same = report.open == known.len();
        if left.is_empty() && forgotten.is_empty() && report.unbracketed.is_empty() && same {
            return;
        }
        last = format!("{left:?} {report:?} managed {known:?}");
        tokio::time::sleep(Duration::from_millis(50).max(world.clock.real(Nanos::SECOND))).await;
    }
    panic!("not reconciled: {last}");
}
