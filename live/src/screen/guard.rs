//! The terminal, taken and given back as it was found: at the end, at an error, at a panic.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::{cursor, execute, terminal};
use ratatui::{Frame, Terminal};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use tokio::sync::mpsc;

use super::state::ScreenKey;

/// Whether the terminal is taken.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// How long it may take until keys are not read any more.
const LOOK: Duration = Duration::from_millis(50);

/// The terminal behind standard output, all of it, until it is dropped.
pub struct TerminalGuard(Terminal<CrosstermBackend<BufWriter<File>>>);

/// Standard output without its lock, which another thread may hold when this one panics.
fn output() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Gives the terminal back, where it is taken.
fn give_back() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let raw = terminal::disable_raw_mode();
    let mut output = output()?;
    execute!(output, terminal::LeaveAlternateScreen, cursor::Show)?;
    raw
}

impl TerminalGuard {
    /// Takes the terminal. A panic anywhere gives it back before it says why.
    pub fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |why| {
                // Where it cannot be given back, the reason still matters more.
                let _ = give_back();
                before(why);
            }));
        });
        let mut to = output()?;
        terminal::enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let entered = execute!(to, terminal::EnterAlternateScreen, cursor::Hide);
        let made = entered.and_then(|()| Terminal::new(CrosstermBackend::new(BufWriter::new(to))));
        made.map(Self).inspect_err(|_| {
            let _ = give_back();
        })
    }

    /// Draws.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if TAKEN.load(Ordering::SeqCst) {
            self.0.draw(picture)?;
            self.0.backend_mut().flush()?;
        }
        Ok(())
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // There is nobody to tell, and nothing more that could be done.
        let _ = give_back();
    }
}

/// The keys that are pressed, read by a thread until it is dropped.
pub struct Keyboard {
    keys: mpsc::UnboundedReceiver<Option<ScreenKey>>,
    over: Arc<AtomicBool>,
    /// Told by the thread when it reads no more.
    read: std::sync::mpsc::Receiver<()>,
}

/// Where keys come from: standard input, or the terminal of the process.
fn input() -> io::Result<Box<dyn AsFd + Send>> {
    let input = io::stdin();
    Ok(if input.is_terminal() { Box::new(input) } else { Box::new(File::open("/dev/tty")?) })
}

/// Waits until there is something to read, for a moment at most. A terminal that has gone
/// is an error: whoever reads from it is told at once, again and again, that there is
/// nothing, so that the reader of keys would never end.
fn wait_for_input(input: &dyn AsFd) -> io::Result<()> {
    let mut from = [PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN)];
    let wait = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
    match rustix::event::poll(&mut from, Some(&wait)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    if from[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

impl Keyboard {
    /// Reads keys from now on. Where none can be read, as without a terminal at the input,
    /// there are none.
    pub fn listen() -> io::Result<Self> {
        let (tell, keys) = mpsc::unbounded_channel();
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let (done, read) = std::sync::mpsc::channel();
        let listen = move || -> io::Result<()> {
            let input = input()?;
            while !ended.load(Ordering::Relaxed) {
                wait_for_input(&*input)?;
                while event::poll(Duration::ZERO)? {
                    tell.send(told(&event::read()?)).map_err(io::Error::other)?;
                }
            }
            Ok(())
        };
        let thread = std::thread::Builder::new().name("keys".to_owned());
        thread.spawn(move || {
            // Without keys the screen goes on.
            let _ = listen();
            let _ = done.send(());
        })?;
        Ok(Self { keys, over, read })
    }

    /// The next key, or `None` where something else changed, such as the terminal's size.
    pub async fn next(&mut self) -> Option<ScreenKey> {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // So that it takes no key from whoever has the terminal next; one that hangs on a
        // terminal that has just gone is left to itself.
        let _ = self.read.recv_timeout(LOOK * 4);
    }
}

fn told(event: &Event) -> Option<ScreenKey> {
    let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
    if *kind == KeyEventKind::Release {
        return None;
    }
    Some(match code {
        KeyCode::Char('c' | 'C') if modifiers.contains(KeyModifiers::CONTROL) => {
            ScreenKey::Interrupt
        }
        KeyCode::Char(c) => ScreenKey::Char(*c),
        KeyCode::Tab => ScreenKey::Tab,
        KeyCode::Esc => ScreenKey::Escape,
        KeyCode::Up => ScreenKey::Up,
        KeyCode::Down => ScreenKey::Down,
        KeyCode::PageUp => ScreenKey::PageUp,
        KeyCode::PageDown => ScreenKey::PageDown,
        _ => return None,
    })
}
