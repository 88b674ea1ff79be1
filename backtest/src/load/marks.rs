//! Numbers as people and spreadsheets write them: `1,234.5`, `1.234,5`, `1 234,5`, `289.39M`.
//!
//! Which mark is which is told by all values of a file together, or it is refused: `1,234`
//! alone is a thousand or one and a bit. A thousands mark stands between groups of three.

use serde::Deserialize;

use super::number::{Num, NumError};

/// What separates the fraction from the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum DecimalMark {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

/// What stands between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ThousandsMark {
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ".")]
    Point,
    /// A space of any width, also one that does not break.
    #[serde(rename = " ")]
    Space,
    #[serde(rename = "'")]
    Apostrophe,
}

/// How the numbers of a file are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub decimal: DecimalMark,
    pub thousands: Option<ThousandsMark>,
    /// A number of four digits or more without the mark is no number.
    pub always: bool,
    /// `K`, `M`, `B` and `T` after a number are its thousands, millions and so on.
    pub suffixes: bool,
}

/// Longest number that is read, in bytes.
const LONGEST: usize = 64;

impl Marks {
    /// Whether these are the marks of every program: a point, and nothing else.
    pub fn is_plain(self) -> bool {
        !self.suffixes && self.thousands.is_none() && self.decimal == DecimalMark::Point
    }

    /// Whether one mark would stand for both.
    pub fn is_contrary(self) -> bool {
        self.thousands.is_some() && self.is_thousands(self.decimal_char())
    }

    /// The number of a cell.
    pub fn num(self, cell: &[u8]) -> Result<Num, NumError> {
        let text = str::from_utf8(cell).map_err(|_| NumError::NotANumber)?.trim();
        let (text, zeros) = if self.suffixes { without_suffix(text) } else { (text, 0) };
        let mut plain = [0_u8; LONGEST];
        let mut len = 0;
        let mut put = |byte: u8| {
            let slot = plain.get_mut(len).ok_or(NumError::TooLong)?;
            *slot = byte;
            len += 1;
            Ok(())
        };
        let mut groups = Groups::default();
        for c in text.chars() {
            if c.is_ascii_digit() {
                groups.digit(c);
                put(c as u8)?;
            } else if c == self.decimal_char() {
                groups.end()?;
                put(b'.')?;
            } else if self.is_thousands(c) {
                groups.mark()?;
            } else if matches!(c, '+' | '-') {
                put(c as u8)?;
            } else if matches!(c, 'e' | 'E') {
                groups.end()?;
                put(c as u8)?;
            } else {
                return Err(NumError::NotANumber);
            }
        }
        groups.end()?;
        if self.always && self.thousands.is_some() && groups.marks == 0 && groups.digits > 3 {
            return Err(NumError::NotANumber);
        }
        let num = Num::parse(plain.get(..len).unwrap_or_default())?;
        times(num, zeros)
    }

    const fn decimal_char(self) -> char {
        match self.decimal {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }

    const fn is_thousands(self, c: char) -> bool {
        match self.thousands {
            None => false,
            Some(ThousandsMark::Comma) => c == ',',
            Some(ThousandsMark::Point) => c == '.',
            Some(ThousandsMark::Space) => {
                matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
            }
            Some(ThousandsMark::Apostrophe) => matches!(c, '\'' | '\u{2019}'),
        }
    }

    /// What these marks are, for people; nothing where they are plain.
    pub fn words(self) -> Option<String> {
        let mut words = Vec::new();
        if self.decimal == DecimalMark::Comma {
            words.push("decimal comma");
        }
        match self.thousands {
            None => {}
            Some(ThousandsMark::Comma) => words.push("a comma between thousands"),
            Some(ThousandsMark::Point) => words.push("a point between thousands"),
            Some(ThousandsMark::Space) => words.push("a space between thousands"),
            Some(ThousandsMark::Apostrophe) => words.push("an apostrophe between thousands"),
        }
        if self.suffixes {
            words.push("values in K, M or B, which their source has rounded");
        }
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// Groups of digits on their way: one to three, then three each.
#[derive(Default)]
struct Groups {
    digits: usize,
    marks: usize,
    ended: bool,
    /// The first digit is a zero, which no number of thousands begins with.
    zero: bool,
}

impl Groups {
    fn digit(&mut self, c: char) {
        self.zero |= c == '0' && self.digits == 0 && self.marks == 0;
        self.digits += usize::from(!self.ended);
    }

    fn mark(&mut self) -> Result<(), NumError> {
        let first = self.marks == 0 && (1..=3).contains(&self.digits) && !self.zero;
        if self.ended || !(first || self.marks > 0 && self.digits == 3) {
            return Err(NumError::NotANumber);
        }
        (self.digits, self.marks) = (0, self.marks + 1);
        Ok(())
    }

    fn end(&mut self) -> Result<(), NumError> {
        if !self.ended && self.marks > 0 && self.digits != 3 {
            return Err(NumError::NotANumber);
        }
        self.ended = true;
        Ok(())
    }
}

/// The text before `K`, `M`, `B` or `T`, and how many zeros that stands for.
fn without_suffix(text: &str) -> (&str, u32) {
    let zeros = match text.as_bytes().last().map(u8::to_ascii_uppercase) {
        Some(b'K') => 3,
        Some(b'M') => 6,
        Some(b'B') => 9,
        Some(b'T') => 12,
        _ => return (text, 0),
    };
    let bare = text.get(..text.len() - 1).unwrap_or_default().trim_end();
    if bare.ends_with(|c: char| c.is_ascii_digit()) { (bare, zeros) } else { (text, 0) }
}

fn times(num: Num, zeros: u32) -> Result<Num, NumError> {
    let taken = num.scale.min(zeros);
    let left = 10_i128.pow(zeros - taken);
    let mantissa = num.mantissa.checked_mul(left).ok_or(NumError::TooLong)?;
    Num::new(mantissa, num.scale - taken).ok_or(NumError::TooLong)
}

/// The marks that all values of a file have in common, told one value after another.
pub(crate) struct MarksTold {
    left: Vec<Marks>,
    suffixes: bool,
    /// A value that is read differently by those that are left.
    seen: Option<Box<[u8]>>,
    /// A value of four digits or more that has no mark where others have one.
    bare: Option<Box<[u8]>>,
}

/// What the values of a file tell of their marks.
pub(crate) enum MarksVerdict {
    Told(Marks),
    /// This value, and every other, can be read in two ways.
    Ambiguous(Box<[u8]>),
}

impl MarksTold {
    pub fn new() -> Self {
        use DecimalMark::{Comma, Point};
        let thousands = [
            None,
            Some(ThousandsMark::Comma),
            Some(ThousandsMark::Point),
            Some(ThousandsMark::Space),
            Some(ThousandsMark::Apostrophe),
        ];
        let pair = |decimal| {
            thousands.into_iter().filter_map(move |thousands| {
                let same = matches!(
                    (decimal, thousands),
                    (Point, Some(ThousandsMark::Point)) | (Comma, Some(ThousandsMark::Comma))
                );
                (!same).then_some(Marks { decimal, thousands, always: true, suffixes: true })
            })
        };
        Self {
            left: pair(Point).chain(pair(Comma)).collect(),
            suffixes: false,
            seen: None,
            bare: None,
        }
    }

    /// Takes a value; one without a digit tells nothing.
    pub fn see(&mut self, cell: &[u8]) {
        if !cell.iter().any(u8::is_ascii_digit) {
            return;
        }
        if self.seen.is_none() && Num::parse(cell).is_err() {
            self.seen = Some(cell.into());
        }
        let kept: Vec<Marks> =
            self.left.iter().copied().filter(|marks| marks.num(cell).is_ok()).collect();
        // A value that no marks can read is a fault of its row, not of the marks.
        if !kept.is_empty() {
            self.left = kept;
            self.suffixes |= cell.trim_ascii_end().last().is_some_and(u8::is_ascii_alphabetic);
        } else if self.bare.is_none() {
            let lenient = |marks: &Marks| Marks { always: false, ..*marks }.num(cell).is_ok();
            self.bare = self.left.iter().any(lenient).then(|| cell.into());
        }
    }

    pub fn verdict(self) -> MarksVerdict {
        let suffixes = self.suffixes;
        let first = self.left.first().copied().unwrap_or_default();
        let told = MarksVerdict::Told(Marks { suffixes, ..first });
        if let (Some(cell), Some(_)) = (self.bare, first.thousands) {
            return MarksVerdict::Ambiguous(cell);
        }
        let Some(cell) = self.seen else { return told };
        let mut read = self.left.iter().filter_map(|marks| marks.num(&cell).ok());
        match read.next() {
            Some(num) if read.any(|other| other != num) => MarksVerdict::Ambiguous(cell),
            _ => told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn marks(decimal: DecimalMark, thousands: Option<ThousandsMark>) -> Marks {
        Marks { decimal, thousands, always: false, suffixes: true }
    }

    #[test]
    fn numbers_of_people() {
        use DecimalMark::{Comma, Point};
        let us = marks(Point, Some(ThousandsMark::Comma));
        let german = marks(Comma, Some(ThousandsMark::Point));
        let french = marks(Comma, Some(ThousandsMark::Space));
        let swiss = marks(Point, Some(ThousandsMark::Apostrophe));
        for (marks, text, mantissa, scale) in [
            (us, "1,100.1", 11_001, 1),
            (us, "12,345,678", 12_345_678, 0),
            (us, "-1,100.10", -11_001, 1),
            (us, "289.39M", 289_390_000, 0),
            (us, "5.5K", 5_500, 0),
            (us, "1.2345678K", 12_345_678, 4),
            (us, "1e-05", 1, 5),
            (us, "+7", 7, 0),
            (german, "1.234,5", 12_345, 1),
            (german, "0,001", 1, 3),
            (french, "1 234,5", 12_345, 1),
            (french, "1\u{a0}234\u{202f}567", 1_234_567, 0),
            (swiss, "1'234.5", 12_345, 1),
        ] {
            assert_eq!(marks.num(text.as_bytes()), Ok(Num { mantissa, scale }), "{text}");
        }
        for text in ["1,10.1", "1,1000", ",100", "1,,100", "1,100,", "1.5,000", "K", "", "1,10"] {
            assert!(us.num(text.as_bytes()).is_err(), "{text}");
        }
        assert!(german.num(b"100.1").is_err());
    }

    fn told(cells: &[&str]) -> Option<Marks> {
        let mut told = MarksTold::new();
        cells.iter().for_each(|cell| told.see(cell.as_bytes()));
        match told.verdict() {
            MarksVerdict::Told(marks) => Some(marks),
            MarksVerdict::Ambiguous(_) => None,
        }
    }

    #[test]
    fn all_values_together_tell_the_marks() {
        use DecimalMark::{Comma, Point};
        let without =
            |decimal, thousands| Some(Marks { decimal, thousands, always: true, suffixes: false });
        let plain = Marks { always: true, ..Marks::default() };
        assert_eq!(told(&["1.5", "1.234", "null", ""]), Some(plain));
        // One value with a mark among others without: a slip, not a way of writing.
        assert_eq!(told(&["4.25", "2476.0", "4,251"]), Some(plain));
        assert_eq!(told(&["4,251", "4.25", "2476.0"]), None);
        assert_eq!(told(&["1,234", "1,234.5"]), without(Point, Some(ThousandsMark::Comma)));
        assert_eq!(told(&["1,234", "1,2"]), without(Comma, None));
        assert_eq!(told(&["1,234", "0,234"]), without(Comma, None));
        assert_eq!(told(&["1,234", "2,345"]), None);
        assert_eq!(told(&["1,234", "1234,567"]), without(Comma, None));
        assert_eq!(told(&["1,234"]), None);
        assert_eq!(told(&["12 345", "1.5"]), without(Point, Some(ThousandsMark::Space)));
        // The same number by either decimal mark.
        assert_eq!(told(&["12 345"]), without(Point, Some(ThousandsMark::Space)));
        assert_eq!(told(&["5.5K", "100"]), Some(Marks { suffixes: true, ..plain }));
        // A mark of each kind in a file that has no reading: the row is told later.
        assert_eq!(told(&["1,2", "1.2"]), without(Comma, None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for marks in MarksTold::new().left {
                let _ = marks.num(&bytes);
            }
        }

        #[test]
        fn what_is_written_with_marks_is_read_back(whole in 0_u64..10_000_000_000, cents in 0_u32..100) {
            let mut digits = whole.to_string();
            let mut at = digits.len();
            while at > 3 {
                at -= 3;
                digits.insert(at, ',');
            }
            let text = format!("{digits}.{cents:02}");
            let plain = Num::parse(format!("{whole}.{cents:02}").as_bytes());
            let us = marks(DecimalMark::Point, Some(ThousandsMark::Comma));
            prop_assert_eq!(us.num(text.as_bytes()), plain);
        }
    }
}
