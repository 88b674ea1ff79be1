//! `demo`: a market, a broker, twelve accounts and a runner, all in this program.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::console::Console;
use super::remote::{who, zone};
use crate::demo::{Demo, FASTEST};
use crate::logs::LogSettings;
use crate::screen::{
    Acting, Keyboard, Look, Screen, TerminalGuard, Tone, Watched, show, tell_plainly,
};

/// How often a screen is told where everything stands.
const EVERY: Duration = Duration::from_millis(250);
/// How long it lasts where nobody sees a screen.
const UNSEEN_S: u64 = 60;
/// What is said while it ends.
const ENDING: &str = "closing everything, then the summary; Ctrl-C ends at once";

/// Shows a scalper on twelve accounts of a simulated broker, on real candles that are in the
/// program: nothing else is needed. Ends with a summary that is held against the broker.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// How many times faster than real time the market's time runs; keys change it
    #[arg(long, default_value_t = 60, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(FASTEST)))]
    pub speed: u32,
    /// Real seconds that it lasts [default: until q is pressed or the candles are over, which
    /// takes 23 minutes at 60 times; 60 where output is no terminal]
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// Zone of the times
    #[arg(long, value_name = "ZONE", default_value_t = LogSettings::default().zone)]
    pub zone: String,
}

/// Runs until `over`, until its time is over or a key ends it; on a screen, or as plain lines
/// where there is none. A second `over` ends it at once.
pub async fn demo<O: Future<Output = ()>>(
    args: &DemoArgs,
    on_screen: bool,
    console: &mut Console<'_>,
    over: impl Fn() -> O,
) -> anyhow::Result<ExitCode> {
    let zone = zone(&args.zone)?;
    let (look, who) = (Look::of(console.env), who(console));
    let demo = Demo::start(args.speed).await?;
    let mut screen = Screen::new("tickstep demo", zone);
    screen.pretend = Some("SIMULATED BROKER".to_owned());
    screen.speed = Some(args.speed);
    screen.joins = false;
    let words = format!("other commands reach it by --state {}", demo.state().display());
    screen.log.say(demo.tempo().now(), Tone::Plain, &words);
    let seconds = args.seconds.or((!on_screen).then_some(UNSEEN_S));
    let time = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => demo.over().await,
        }
    };
    let ends = async {
        tokio::select! {
            () = over() => {}
            () = time => {}
            () = demo.over() => {}
        }
    };
    let mut watched = Watched::Here(demo.handle().watch(EVERY));
    let mut settled = None;
    let ending = async {
        tokio::select! {
            left = demo.settle() => settled = Some(left),
            () = over() => {}
        }
    };
    if on_screen {
        let mut terminal = TerminalGuard::take()?;
        let mut keys = Keyboard::listen()?;
        let acting = (&Acting::Here(demo.handle()), who.as_str());
        let paced = |speed| demo.tempo().set_speed(speed);
        let mut taken = (&mut terminal, &mut keys);
        show(&mut screen, &mut taken, look, &mut watched, acting, &paced, ends).await?;
        screen.doing = Some(ENDING.to_owned());
        show(&mut screen, &mut taken, look, &mut watched, acting, &paced, ending).await?;
    } else {
        tell_plainly(&mut screen, &mut watched, console.output, ends).await?;
        tell_plainly(&mut screen, &mut watched, console.output, ending).await?;
    }
    let Some(left) = settled else {
        writeln!(console.output, "ended at once; what was open ended with the simulated broker")?;
        return Ok(ExitCode::FAILURE);
    };
    let left = left?;
    left.iter().try_for_each(|words| writeln!(console.output, "still open: {words}"))?;
    let summary = demo.finish().await?;
    writeln!(console.output, "{}", summary.words())?;
    let well = left.is_empty() && summary.agrees();
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
