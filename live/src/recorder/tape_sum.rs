//! What is known of a file row by row: how many, from when to when, what is missing, and
//! hashes. It is the same sum whether rows are being written or read again.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tickstep_core::units::Nanos;

use super::row::{RowMark, row_mark};
use super::segment_name::{RecordedStream, told_time};

/// Rows after which a hash of everything so far is noted.
pub const MARK_ROWS: u64 = 256;
/// Digits of such a hash.
const MARK_DIGITS: usize = 16;

/// Numbers that are missing, both ends among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hole {
    /// First number that is missing.
    pub from: i64,
    /// Last number that is missing.
    pub to: i64,
}

impl Hole {
    /// How many are missing.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.to - self.from + 1
    }
}

/// What is noted of a finished file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentSums {
    /// Rows, without the header.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Time of the first row, RFC 3339, UTC.
    pub first: Option<String>,
    /// Time of the last row.
    pub last: Option<String>,
    /// Number of the row before its first one, in an earlier file; none where it began anew.
    pub follows: Option<i64>,
    /// Number of its last row.
    pub ends: Option<i64>,
    /// What is missing before and between its rows.
    pub holes: Vec<Hole>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The first 16 digits of the SHA-256 up to each 256th row.
    pub marks: Vec<String>,
}

/// SegmentSums up rows one after the other.
#[derive(Clone)]
pub struct Summing {
    stream: RecordedStream,
    sums: SegmentSums,
    /// Times of the first row and of the last one.
    span: Option<(Nanos, Nanos)>,
    hash: Sha256,
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Summing {
    /// Of a file that follows a row of this number.
    #[must_use]
    pub fn new(stream: RecordedStream, follows: Option<i64>) -> Self {
        let sums = SegmentSums {
            rows: 0,
            bytes: 0,
            first: None,
            last: None,
            follows,
            ends: follows,
            holes: Vec::new(),
            sha256: String::new(),
            marks: Vec::new(),
        };
        Self { stream, sums, span: None, hash: Sha256::new() }
    }

    /// The number of the last row, in this file or an earlier one.
    #[must_use]
    pub const fn ends(&self) -> Option<i64> {
        self.sums.ends
    }

    /// Time of the last row in this file.
    #[must_use]
    pub fn last_at(&self) -> Option<Nanos> {
        self.span.map(|span| span.1)
    }

    /// Rows so far.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.sums.rows
    }

    /// Bytes so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.sums.bytes
    }

    /// What a row says, and what is missing before it, without counting it.
    pub fn look(&self, row: &str) -> Result<(RowMark, Option<Hole>), String> {
        let mark = row_mark(self.stream, row)?;
        let Some((numbers, ends)) = mark.numbers.zip(self.sums.ends) else {
            return Ok((mark, None));
        };
        if numbers.last <= ends {
            let (late, before) = (self.stream.told(numbers.last), self.stream.told(ends));
            return Err(format!("{late} does not come after {before}"));
        }
        let hole = Hole { from: ends + 1, to: numbers.before };
        Ok((mark, (hole.count() > 0).then_some(hole)))
    }

    /// Counts the header.
    pub fn header(&mut self, header: &str) {
        self.bytes_of(header);
    }

    /// Counts a row; what is missing before it.
    pub fn row(&mut self, row: &str) -> Result<(RowMark, Option<Hole>), String> {
        let (mark, hole) = self.look(row)?;
        self.add(row, mark, hole.clone());
        Ok((mark, hole))
    }

    /// Counts a row that was looked at.
    pub(super) fn add(&mut self, row: &str, mark: RowMark, hole: Option<Hole>) {
        self.bytes_of(row);
        self.span = Some((self.span.map_or(mark.at, |span| span.0), mark.at));
        let sums = &mut self.sums;
        sums.rows += 1;
        sums.ends = mark.numbers.map(|numbers| numbers.last).or(sums.ends);
        sums.holes.extend(hole);
        if sums.rows.is_multiple_of(MARK_ROWS) {
            let mut so_far = hex(&self.hash.clone().finalize());
            so_far.truncate(MARK_DIGITS);
            sums.marks.push(so_far);
        }
    }

    fn bytes_of(&mut self, line: &str) {
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        self.sums.bytes += line.len() as u64 + 1;
    }

    /// What is noted of the file as it is now.
    #[must_use]
    pub fn sums(&self) -> SegmentSums {
        let sha256 = hex(&self.hash.clone().finalize());
        let [first, last] = [self.span.map(|s| s.0), self.span.map(|s| s.1)];
        let [first, last] = [first, last].map(|at| at.map(told_time));
        SegmentSums { sha256, first, last, ..self.sums.clone() }
    }
}
