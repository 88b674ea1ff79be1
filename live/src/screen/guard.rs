//! The terminal, taken and given back as it was found: at the end, at an error, at a panic.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::{cursor, execute, terminal};
use ratatui::{Frame, Terminal};
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
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Keyboard {
    /// Reads keys from now on. Where none can be read, as without a terminal at the input,
    /// there are none.
    pub fn listen() -> io::Result<Self> {
        let (tell, keys) = mpsc::unbounded_channel();
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let read = move || {
            while !ended.load(Ordering::Relaxed) {
                let told = match event::poll(LOOK) {
                    Ok(false) => Ok(()),
                    Ok(true) => match event::read() {
                        Ok(event) => tell.send(told(&event)).map_err(|_| ()),
                        Err(_) => Err(()),
                    },
                    Err(_) => Err(()),
                };
                if told.is_err() {
                    return;
                }
            }
        };
        let thread = Some(std::thread::Builder::new().name("keys".to_owned()).spawn(read)?);
        Ok(Self { keys, over, thread })
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
        if let Some(thread) = self.thread.take() {
            // What it read last is of no use to anybody.
            let _ = thread.join();
        }
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
