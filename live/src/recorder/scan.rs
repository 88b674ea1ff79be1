//! A file of a recording, read row by row.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::segment_name::RecordedStream;
use super::tape_sum::Summing;

/// Longest row that is read.
const LONGEST: u64 = 64 << 20;

/// What was read of a file.
pub struct Scanned {
    /// Everything before the first row that is wrong.
    pub summing: Summing,
    /// The first line that is wrong, from 1, and what is wrong with it.
    pub wrong: Option<(u64, String)>,
    /// Bytes behind the last whole line.
    pub torn: u64,
}

/// Reads a file that follows a row of this number.
pub fn scan(path: &Path, stream: RecordedStream, follows: Option<i64>) -> io::Result<Scanned> {
    scan_each(path, stream, follows, &mut |_| {})
}

/// The same, and hands on each row.
pub fn scan_each(
    path: &Path,
    stream: RecordedStream,
    follows: Option<i64>,
    each: &mut dyn FnMut(&str),
) -> io::Result<Scanned> {
    let mut file = BufReader::new(File::open(path)?);
    let mut scanned = Scanned { summing: Summing::new(stream, follows), wrong: None, torn: 0 };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut file).take(LONGEST).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            break;
        }
        if line.pop_if(|end| *end == b'\n').is_none() {
            if read == LONGEST {
                scanned.wrong = Some((number, format!("it has more than {LONGEST} bytes")));
            }
            scanned.torn = read;
            break;
        }
        let taken = match std::str::from_utf8(&line) {
            Err(error) => Err(error.to_string()),
            Ok(text) => match stream.header().filter(|_| number == 1) {
                Some(header) if header == text => {
                    scanned.summing.header(header);
                    Ok(())
                }
                Some(header) => Err(format!("it should be {header}")),
                None => scanned.summing.row(text).map(|_| each(text)),
            },
        };
        if let Err(why) = taken {
            scanned.wrong = Some((number, why));
            break;
        }
    }
    Ok(scanned)
}
