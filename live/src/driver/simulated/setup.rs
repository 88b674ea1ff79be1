//! The runner of a simulation.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_journal::{Memory, Reader};

use super::market;
use super::options::{Options, START};
use crate::broker::{Abilities, BracketStyle, PositionStyle};
use crate::driver::{KeptError, Recovered, replay};
use crate::record::{ConfigChange, ConfigText};
use crate::runner::{
    AccountSetup, HostSetup, Intervals, OrderRules, Runner, SessionTerms, Settings, VenueSetup,
};

/// Builds it, whatever the text says.
pub(super) fn build(options: Options) -> impl Fn(&str, Nanos) -> Result<Runner, String> {
    move |_, _| Ok(runner(options))
}

/// The same configuration anew.
pub(super) fn unchanged() -> ConfigChange {
    ConfigChange {
        who: "nobody".to_owned(),
        why: "nothing changes".to_owned(),
        configured: ConfigText::default(),
        values: Vec::new(),
    }
}

/// One in so many is replayed from its beginning, which takes long.
const WHOLE: u64 = 8;

/// Does again what a journal says. From its beginning every snapshot on the way is compared.
pub(super) fn replayed(disk: Memory, options: Options) -> Result<(), KeptError> {
    let whole = options.rebuilds && options.seed % WHOLE == 1;
    let reader = if whole { Reader::oldest(disk) } else { Reader::latest(disk) };
    replay(reader?, &build(options), &mut Recovered::default()).map(drop)
}

pub(super) fn runner(options: Options) -> Runner {
    let Options { seed, accounts, bars, names_intents, .. } = options;
    let setup = |account| AccountSetup {
        name: format!("account {account}"),
        engine: market::engine(seed, bars, account),
        rules: OrderRules { oldest: Some(Nanos::SECOND.times(5)), ..OrderRules::default() },
        venue: VenueSetup::Broker {
            identity: market::account_number(AccountId(account)),
            host: 0,
            abilities: Abilities {
                bracket: BracketStyle::Attached,
                positions: PositionStyle::Hedging,
                idempotent: false,
                names_intents,
            },
            currency: "USD".to_owned(),
            symbols: vec![Some(market::SYMBOL.to_owned())],
            most_apart: Vec::new(),
            log_in: true,
        },
    };
    let host = HostSetup {
        name: "simulated".to_owned(),
        server: "simulated".to_owned(),
        per_minute: options.per_minute,
        feed: 0,
        per_day: None,
        sessions: SessionTerms::default(),
        intervals: Intervals::default(),
    };
    // All at once: places that logins wait for are the one thing that accounts share, and a
    // slow one is to move no other's requests.
    let settings = Settings { logins_at_once: u32::from(accounts), ..Settings::default() };
    Runner::new(START, settings, &[host], (0..accounts).map(setup).collect())
        .expect("the setup is sound")
}
