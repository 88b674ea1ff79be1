//! What the tests share: a strategy that trades often, sessions of it at a simulated broker,
//! and the command.

use std::path::{Path, PathBuf};
use std::process::Command;

use rust_decimal::Decimal;
use serde_json::Value;
use tickstep_config::OwnStrategies;
use tickstep_core::event::Bar;
use tickstep_core::instrument::{Instrument, InstrumentSpec};
use tickstep_core::units::Nanos;
use tickstep_journal::{Folder, Outcome, ReadFolder, Reader, RecordKind, decode_outcome};
use tickstep_live::config::LiveConfig;
use tickstep_live::driver::simulated::{SessionPlan, WayOfWrite, session};
use tickstep_live::feed::read_bars;

/// Bars before a session that features warm up on.
pub const WARM_UP: usize = 120;

/// 2023-08-01, 00:00 UTC, when the bundled bars begin.
pub const AUGUST: i64 = 1_690_848_000;

pub fn minute(n: usize) -> Nanos {
    Nanos::SECOND.times(AUGUST + 60 * n as i64)
}

/// A time as a configuration has it.
pub fn told(at: Nanos) -> String {
    let at = civil(at.0 / Nanos::SECOND.0);
    format!("\"{at}\"")
}

/// A second of August 2023 in words.
fn civil(second: i64) -> String {
    let into = second - AUGUST;
    let (day, rest) = (into / 86_400 + 1, into % 86_400);
    format!("2023-08-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

pub fn august() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/FILUSDT-1m-2023-08.csv.gz")
}

/// A backtest's file: a fast cross with stop, target and a longest hold.
pub fn base() -> String {
    format!(
        "[account]\ncurrency = \"USD\"\ncash = 100_000\n\
         [costs]\nmaker_fee = 0\ntaker_fee = 0\nslippage = {{ ticks = 0 }}\n\
         [simulation]\nintrabar = \"ohlc_path\"\n\
         [[instrument]]\nsymbol = \"FILUSDT\"\ntick_size = 0.001\nlot_step = 0.1\nleverage = 10\n\
         data = [{:?}]\n\
         [[strategy]]\nkind = \"sma_cross\"\n\
         sizing = {{ method = \"fixed_quantity\", quantity = 100 }}\n\
         [strategy.params]\nfast = 4\nslow = 14\nstop_loss = 0.003\ntake_profit = 0.004\n\
         max_hold_s = 1800\n",
        august().display().to_string()
    )
}

/// A folder with a backtest's file and a live one on it.
pub struct Desk {
    pub dir: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("base.toml"), base()).unwrap();
        let live = "base = \"base.toml\"\nmode = \"live\"\ntrading_enabled = true\n\
                    state = \"state\"\n\
                    [feed]\nkind = \"match_trader\"\naccount = \"main\"\n\
                    [limits]\nretries = 0\npositions_every_s = 20\nrest_every_s = 60\n\
                    [[instrument]]\nsymbol = \"FILUSDT\"\ninterval_s = 60\n\
                    [venue.sim]\nkind = \"match_trader\"\nurl = \"https://mtr.example.com\"\n\
                    positions = \"hedging\"\n\
                    [[account]]\nname = \"main\"\nvenue = \"sim\"\nnumber = \"950000\"\n";
        std::fs::write(dir.path().join("live.toml"), live).unwrap();
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Lives through the bars `from..to` of August at a broker, into the state folder `name`.
    pub fn session(
        &self,
        name: &str,
        bars: &[Bar],
        (from, to): (usize, usize),
        way: &mut dyn FnMut() -> WayOfWrite,
    ) -> PathBuf {
        let own = OwnStrategies::default();
        let config = LiveConfig::read(&self.path("live.toml"), &[], &[], &own).unwrap();
        let state = self.path(name);
        std::fs::create_dir(&state).unwrap();
        let storage = Folder::open(&state.join("journal")).unwrap();
        let instrument = &instrument();
        let bars = &bars[from - WARM_UP..to];
        let plan = SessionPlan { config: &config, instrument, bars, warm_up: WARM_UP, way };
        session(plan, storage).unwrap();
        state
    }

    /// Runs `tickstep`; what it printed, or its error.
    pub fn tickstep(&self, args: &[&str]) -> Result<String, String> {
        let test = std::env::current_exe().unwrap();
        let built = test.parent().and_then(Path::parent).unwrap().join("examples/own_strategy");
        assert!(built.exists(), "{}; cargo build --examples makes it", built.display());
        let mut command = Command::new(built);
        command.args(args).current_dir(self.dir.path());
        command.env("TICKSTEP_TRIALS", self.path("trials.jsonl"));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Runs the backtest of the bars `from..to` into the folder `out`, with changes.
    pub fn run(&self, out: &str, (from, to): (usize, usize), sets: &[&str]) {
        let period = [
            format!("period.from={}", told(minute(from))),
            format!("period.to={}", told(minute(to))),
            format!("period.warm_up_s={}", 60 * WARM_UP),
        ];
        let mut args = vec!["run", "base.toml", "--out", out, "-q"];
        for set in period.iter().map(String::as_str).chain(sets.iter().copied()) {
            args.extend(["--set", set]);
        }
        self.tickstep(&args).unwrap();
    }

    /// What `tickstep compare --json` says of the first account.
    pub fn compared(&self, run: &str, state: &str) -> Value {
        let text = self.tickstep(&["compare", run, state, "--json"]).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        all["accounts"][0].clone()
    }
}

pub fn instrument() -> Instrument {
    Instrument::new(InstrumentSpec {
        leverage: Decimal::TEN,
        ..InstrumentSpec::plain("FILUSDT", "USD", Decimal::new(1, 3), Decimal::new(1, 1))
    })
    .unwrap()
}

pub fn bars() -> Vec<Bar> {
    read_bars(&[august()], &instrument()).unwrap()
}

/// Everything that a journal says became of orders and positions.
pub fn outcomes(state: &Path) -> Vec<Outcome> {
    let mut reader = Reader::oldest(ReadFolder::new(&state.join("journal"))).unwrap();
    let mut found = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        if record.kind == RecordKind::Outcome as u8 {
            found.push(decode_outcome(record.payload).unwrap());
        }
    }
    found
}

pub fn money(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// The parts of a gap, added up.
pub fn total(parts: &Value) -> Decimal {
    parts.as_object().unwrap().values().map(money).sum()
}

/// Draws of a test, the same each time.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `most`.
    pub fn below(&mut self, most: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most
    }
}
