//! `watch`: the screen of a runner that runs.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::console::Console;
use super::remote::{who, zone};
use super::remote_args::StateArgs;
use crate::logs::LogSettings;
use crate::screen::{
    Acting, Keyboard, Left, Look, Screen, TerminalGuard, Watched, show, tell_plainly,
};
use crate::service::WatchStream;

/// How often a screen is told where everything stands.
const EVERY: Duration = Duration::from_millis(500);

/// Shows a runner on the terminal as it runs: accounts, positions, the latest signal, latency,
/// requests and what happens; keys pause, close and kill. Plain lines where output is no
/// terminal.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// Which runner
    #[command(flatten)]
    pub state: StateArgs,
    /// Zone of the times
    #[arg(long, value_name = "ZONE", default_value_t = LogSettings::default().zone)]
    pub zone: String,
}

/// Watches until `over`, until a key ends it, or the runner ends.
pub async fn watch(
    args: &WatchArgs,
    on_screen: bool,
    console: &mut Console<'_>,
    over: impl Future<Output = ()>,
) -> anyhow::Result<ExitCode> {
    let zone = zone(&args.zone)?;
    let (look, who, state) = (Look::of(console.env), who(console), args.state.folder(console));
    let mut watched = Watched::There(WatchStream::open(&state, &who, EVERY).await?);
    let mut screen = Screen::new("tickstep watch", zone);
    let left = if on_screen {
        let mut terminal = TerminalGuard::take()?;
        let mut keys = Keyboard::listen()?;
        let acting = (&Acting::There(state), who.as_str());
        let mut taken = (&mut terminal, &mut keys);
        show(&mut screen, &mut taken, look, &mut watched, acting, &|_| {}, over).await?
    } else {
        tell_plainly(&mut screen, &mut watched, console.output, over).await?
    };
    match left {
        Left::Key | Left::Over => {}
        Left::Ended => writeln!(console.output, "the runner has ended")?,
        Left::Lost(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}
