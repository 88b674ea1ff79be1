//! Pictures of the screen, held against files.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use tickstep_live::screen::{Look, Question, Screen, ScreenKey, draw};

use super::sample::{screen, status};

const PLAIN: Look = Look { colour: false, unicode: true };

fn picture(screen: &Screen, (width, height): (u16, u16), look: Look) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, screen, look)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(of: &Buffer) -> String {
    let row = |y: u16| {
        let cells = (0..of.area.width).map(|x| of.cell((x, y)).unwrap().symbol());
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..of.area.height).map(row).collect()
}

/// That a picture is the one in the file; with GOLDEN=write it is written there.
fn same(found: &str, file: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screen").join(file);
    if std::env::var("GOLDEN").is_ok_and(|word| word == "write") {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap();
    assert!(found == wanted, "{file} has\n{wanted}\nand the screen\n{found}");
}

#[test]
fn it_is_as_it_was_looked_at() {
    let mut screen = screen(status());
    same(&text(&picture(&screen, (80, 24), PLAIN)), "80x24.txt");
    same(&text(&picture(&screen, (120, 40), PLAIN)), "120x40.txt");
    for file in ["80x24_positions.txt", "80x24_results.txt", "80x24_log.txt"] {
        screen.key(ScreenKey::Tab);
        same(&text(&picture(&screen, (80, 24), PLAIN)), file);
    }
    screen.key(ScreenKey::Char('?'));
    screen.speed = Some(60);
    same(&text(&picture(&screen, (80, 24), PLAIN)), "80x24_help.txt");
}

#[test]
fn before_the_first_word_it_waits_and_on_no_terminal_it_breaks() {
    let empty = Screen::new("tickstep watch", jiff::tz::TimeZone::UTC);
    let shown = text(&picture(&empty, (80, 24), PLAIN));
    assert!(shown.contains("waiting for the runner"), "{shown}");
    let mut full = screen(status());
    for keys in ["", "?", "c"] {
        keys.chars().for_each(|key| assert!(full.key(ScreenKey::Char(key)).is_none()));
        for width in (1..60).chain([79, 80, 109, 110, 250]) {
            for height in (1..26).chain([40, 100]) {
                picture(&full, (width, height), PLAIN);
            }
        }
        full.key(ScreenKey::Escape);
    }
    let small = text(&picture(&full, (30, 10), PLAIN));
    assert!(small.starts_with("40 columns and 12 rows are"), "{small}");
}

#[test]
fn colours_repeat_what_signs_say_and_are_left_out_where_unwanted() {
    let screen = screen(status());
    let colours = |look| {
        let picture = picture(&screen, (120, 40), look);
        let mut found: Vec<Color> = picture.content.iter().map(|cell| cell.fg).collect();
        found.sort_by_key(|colour| format!("{colour:?}"));
        found.dedup();
        found
    };
    assert_eq!(colours(PLAIN), [Color::Reset]);
    let all = [Color::Green, Color::Red, Color::Reset, Color::Yellow];
    assert_eq!(colours(Look { colour: true, ..PLAIN }), all);
    // The words are the same either way.
    let with = text(&picture(&screen, (120, 40), Look { colour: true, ..PLAIN }));
    assert_eq!(with, text(&picture(&screen, (120, 40), PLAIN)));
}

#[test]
fn a_terminal_without_letters_beyond_ascii_gets_none() {
    let mut screen = screen(status());
    let look = Look { colour: false, unicode: false };
    for size in [(80, 24), (120, 40), (60, 15)] {
        for _ in 0..4 {
            screen.key(ScreenKey::Tab);
            assert!(text(&picture(&screen, size, look)).is_ascii());
        }
        screen.key(ScreenKey::Char('?'));
        assert!(text(&picture(&screen, size, look)).is_ascii());
        screen.key(ScreenKey::Escape);
    }
}

#[test]
fn words_of_a_broker_move_no_cursor() {
    let mut screen = screen(status());
    screen.key(ScreenKey::Tab);
    screen.key(ScreenKey::Tab);
    let shown = text(&picture(&screen, (80, 24), PLAIN));
    assert!(shown.contains("rejected: off quotes [2J"), "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn a_hundred_accounts_are_scrolled_through() {
    let mut many = status();
    let first = many.runner.accounts[0].clone();
    many.runner.accounts = (1..=100)
        .map(|n| {
            let mut account = first.clone();
            account.name = format!("a{n:03}");
            account
        })
        .collect();
    let mut screen = screen(many);
    let shows = |screen: &Screen, name: &str| {
        text(&picture(screen, (80, 24), PLAIN)).lines().any(|line| line.starts_with(name))
    };
    assert!(shows(&screen, "a001") && shows(&screen, "a012") && !shows(&screen, "a050"));
    (0..5).for_each(|_| drop(screen.key(ScreenKey::PageDown)));
    assert!(!shows(&screen, "a001") && shows(&screen, "a051"));
    (0..20).for_each(|_| drop(screen.key(ScreenKey::PageDown)));
    assert!(shows(&screen, "a100"), "the end is the last page");
    screen.key(ScreenKey::Up);
    assert!(!shows(&screen, "a100") || shows(&screen, "a099"));
}

#[test]
fn trouble_stands_out() {
    let mut screen = screen(status());
    screen.silent_s = Some(7);
    screen.question = Some(Question::Kill);
    let mut told = status();
    told.runner.trading = false;
    told.runner.disk_full = true;
    screen.status = Some(told);
    let buffer = picture(&screen, (120, 24), PLAIN);
    let shown = text(&buffer);
    let first = shown.lines().next().unwrap();
    for words in ["NO ANSWER FOR 7 s", "TRADING OFF", "DISK FULL", "LIVE"] {
        assert!(first.contains(words), "{first}");
    }
    assert!(shown.contains("and open nothing more? y does it"), "{shown}");
    assert!(buffer.cell((0, 0)).unwrap().modifier.contains(Modifier::REVERSED));
}
