//! The screen on a terminal of its own, which it leaves as it found it however it ends.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use tickstep_live::screen::TerminalGuard;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tickstep-live");
const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
/// Lines that went by above the last ones and are kept.
const KEPT: usize = 200;

/// A terminal with a program on it.
struct Pty {
    keys: File,
    screen: File,
    before: Termios,
    shown: Arc<Mutex<Shown>>,
    child: Child,
}

/// What a terminal was sent, and what it shows.
struct Shown {
    sent: String,
    parser: vt100::Parser,
}

impl Shown {
    fn text(&self) -> String {
        self.parser.screen().contents()
    }
}

/// A terminal: where keys are pressed, and what a program is started on.
fn pty() -> (File, File) {
    let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keys).unwrap();
    unlockpt(&keys).unwrap();
    let name = ptsname(&keys, Vec::new()).unwrap();
    let mut screen = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        screen.read(true).write(true),
        OFlags::NOCTTY.bits() as i32,
    );
    let screen = screen.open(name.to_str().unwrap()).unwrap();
    let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&screen, size).unwrap();
    (File::from(keys), screen)
}

impl Pty {
    fn start(mut command: Command) -> Self {
        let (keys, screen) = pty();
        let before = tcgetattr(&screen).unwrap();
        let handle = || Stdio::from(screen.try_clone().unwrap());
        command.env("LANG", "C.UTF-8").env_remove("LC_ALL").env("TERM", "xterm-256color");
        let child = command.stdin(handle()).stdout(handle()).stderr(handle()).spawn().unwrap();
        let size = |n: u16| std::num::NonZero::new(n).unwrap();
        let parser = vt100::Parser::new(size(ROWS), size(COLUMNS), KEPT);
        let shown = Arc::new(Mutex::new(Shown { sent: String::new(), parser }));
        let (mut from, to) = (keys.try_clone().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It ends with an error when nobody has the terminal any more.
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                let mut shown = to.lock().unwrap();
                shown.sent.push_str(&String::from_utf8_lossy(&bytes[..read]));
                shown.parser.process(&bytes[..read]);
            }
        });
        Self { keys, screen, before, shown, child }
    }

    fn demo(more: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["demo", "--zone", "UTC"]).args(more);
        Self::start(command)
    }

    fn text(&self) -> String {
        self.shown.lock().unwrap().text()
    }

    /// Waits until the program shows a text; it must not end before.
    fn wait_for(&mut self, text: &str) {
        while !self.text().contains(text) {
            assert_eq!(self.child.try_wait().unwrap(), None, "{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn is_raw(&self) -> bool {
        tcgetattr(&self.screen).unwrap().local_modes != self.before.local_modes
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end; the terminal is as it was, and what was shown after that.
    fn ends(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let after = tcgetattr(&self.screen).unwrap();
        let modes =
            |of: &Termios| (of.input_modes, of.output_modes, of.control_modes, of.local_modes);
        assert_eq!(modes(&after), modes(&self.before), "the terminal is as it was found");
        // What was written before this has been read when this has.
        self.screen.write_all(b"\r\n--end--").unwrap();
        while !self.text().contains("--end--") {
            std::thread::sleep(Duration::from_millis(10));
        }
        let shown = self.shown.lock().unwrap();
        let screen = shown.parser.screen();
        assert!(!screen.alternate_screen(), "the screen is given back: {}", screen.contents());
        assert!(!screen.hide_cursor(), "the cursor is there again");
        (status, screen.contents())
    }
}

#[test]
fn a_key_ends_it_with_the_summary_on_the_terminal_as_it_was() {
    let mut pty = Pty::demo(&["--speed", "120"]);
    pty.wait_for("SIMULATED BROKER");
    assert!(pty.is_raw() && pty.shown.lock().unwrap().parser.screen().alternate_screen());
    pty.wait_for("strength");
    assert!(pty.shown.lock().unwrap().sent.contains("\u{1b}[38;"), "there are colours");
    pty.press("?");
    pty.wait_for("close everything; it asks first");
    pty.press("xq");
    let (status, rest) = pty.ends();
    assert!(status.success(), "{rest}");
    assert!(rest.contains("of every account are what the simulated broker has"), "{rest}");
}

#[test]
fn a_request_to_end_gives_the_terminal_back_too() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut pty = Pty::demo(&[]);
        pty.wait_for("user12");
        pty.signal(signal);
        let (status, rest) = pty.ends();
        assert!(status.success(), "{rest}");
        assert!(rest.contains("at broker"), "{rest}");
    }
}

#[test]
fn it_ends_when_its_terminal_goes() {
    let (mut keys, screen) = pty();
    let handle = || Stdio::from(screen.try_clone().unwrap());
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--zone", "UTC"]).env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
    let mut child = command.stdin(handle()).stdout(handle()).stderr(handle()).spawn().unwrap();
    drop((command, screen));
    let mut sent = Vec::new();
    while !String::from_utf8_lossy(&sent).contains("user12") {
        let mut bytes = [0; 4096];
        let read = keys.read(&mut bytes).unwrap();
        sent.extend_from_slice(&bytes[..read]);
    }
    drop(keys);
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), Signal::HUP).unwrap();
    child.wait().unwrap();
}

#[test]
fn ctrl_c_twice_ends_it_at_once() {
    let mut pty = Pty::demo(&[]);
    pty.wait_for("user12");
    pty.press("\u{3}");
    pty.wait_for("Ctrl-C ends at once");
    pty.press("\u{3}");
    // It may have closed everything in between.
    let (_, rest) = pty.ends();
    assert!(rest.contains("ended at once") || rest.contains("at broker"), "{rest}");
}

#[test]
fn without_colours_none_is_sent() {
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--zone", "UTC", "--seconds", "3"]).env("NO_COLOR", "1");
    let pty = Pty::start(command);
    let shown = Arc::clone(&pty.shown);
    pty.ends();
    let shown = &shown.lock().unwrap().sent;
    let colour = |code: u32| shown.contains(&format!("\u{1b}[{code}m"));
    assert!((30..38).chain(90..98).all(|code| !colour(code)), "{shown:?}");
    assert!(!shown.contains("\u{1b}[38;"), "{shown:?}");
}

/// Takes the terminal and panics, where the test below runs this one alone.
#[test]
fn panics_where_it_is_told_to() {
    if std::env::var_os("PANIC_ON_THE_SCREEN").is_none() {
        return;
    }
    let mut terminal = TerminalGuard::take().unwrap();
    terminal.draw(|frame| frame.render_widget("a screen", frame.area())).unwrap();
    panic!("a fault of the program");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_why() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "terminal::panics_where_it_is_told_to", "--nocapture"]);
    // Of a panic with its backtrace the first line may have left the 24 that are looked at.
    command.env("PANIC_ON_THE_SCREEN", "1").env("RUST_BACKTRACE", "0");
    let (status, rest) = Pty::start(command).ends();
    assert!(!status.success());
    assert!(rest.contains("a fault of the program"), "{rest}");
}
