//! A runner that trades a minute of the market, in a time that the test sets: nothing comes
//! too late, however busy the machine is.

use std::path::Path;
use std::time::Duration;

use tickstep_config::OwnStrategies;
use tickstep_core::units::Nanos;
use tickstep_live::clock::{Tempo, TimeSource};
use tickstep_live::config::LiveConfig;
use tickstep_live::runner::Happening;
use tickstep_live::service::{Assembled, Assembly, Events, Handle, Heard, ServiceStatus, Ways};

use crate::capture::Minute;
use crate::exchange::{Exchange, patiently};

/// A step of time, in milliseconds.
const STEP_MS: i64 = 100;

pub fn nanos(ms: i64) -> Nanos {
    Nanos(ms * 1_000_000)
}

/// Time that stands at the beginning of a minute.
pub fn time_of(minute: &Minute) -> &'static Tempo {
    Tempo::by_hand(nanos(minute.script[0].at_ms / 1_000 * 1_000))
}

pub struct Trading {
    pub assembled: Assembled,
    pub handle: Handle,
    tempo: &'static Tempo,
    events: Events,
    /// Bars that were told.
    bars: usize,
}

impl Trading {
    /// A runner that is configured so.
    pub async fn start(text: &str, ways: Ways, tempo: &'static Tempo) -> Self {
        let own = OwnStrategies::default();
        let config = LiveConfig::parse(text, Path::new("live.toml"), &[], &own).unwrap();
        let again = LiveConfig::parse(&config.text(), Path::new("again"), &[], &own).unwrap();
        assert_eq!(again, config);
        let time = TimeSource::Paced(tempo);
        let assembly = Assembly { config, own, ways, time, forget_changes: false };
        let assembled = assembly.start().await.unwrap();
        let handle = assembled.service.handle();
        let events = handle.events();
        Self { assembled, handle, tempo, events, bars: 0 }
    }

    /// Plays the minute, and shows the status after each step of time.
    pub async fn play(
        &mut self,
        exchange: &Exchange,
        minute: &Minute,
        mut seen: impl FnMut(ServiceStatus),
    ) {
        exchange.clients(1).await;
        let first = self.tempo.now().0 / 1_000_000;
        let mut goes_on = true;
        for step in 0.. {
            if !goes_on {
                break;
            }
            let ms = first + step * STEP_MS;
            self.tempo.set(nanos(ms));
            goes_on = exchange.play_until(ms);
            // Whoever waits for a time sees that it has come, a little earlier or later.
            tokio::time::sleep(Duration::from_millis(25)).await;
            seen(self.handle.status().await.unwrap());
            let over = minute.bars.iter().filter(|bar| bar.opens_ms + 1_000 <= ms).count();
            self.told(over).await;
        }
    }

    /// Waits until as many bars were told, once the first of them was.
    async fn told(&mut self, bars: usize) {
        let wait = async {
            while self.bars < bars {
                match self.events.next().await {
                    Some(Heard::Happened(happened)) => {
                        let bar = |what: &&Happening| matches!(what, Happening::Bar { .. });
                        self.bars += happened.what.iter().filter(bar).count();
                    }
                    Some(Heard::Missed(steps)) => panic!("{steps} steps were not seen"),
                    None => panic!("the runner has ended"),
                }
            }
        };
        patiently("a bar", wait).await;
    }

    /// Lets time go on until the status is as is wanted.
    pub async fn until(&self, what: &str, mut wanted: impl FnMut(&ServiceStatus) -> bool) {
        let goes_on = async {
            while !wanted(&self.handle.status().await.unwrap()) {
                self.tempo.set(self.tempo.now() + nanos(STEP_MS));
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        };
        patiently(what, goes_on).await;
    }

    pub async fn end(self) {
        self.handle.control().stop(Duration::from_secs(5));
        self.assembled.service.join().await;
    }
}
