//! Why sets failed, in words: text has no fixed size, so it lies beside the
//! records, a line a set in the order they came, and is sorted at the end.
//!
//! The first line is `set,why`, every other a number and a quoted text. A last
//! line without its end was torn and does not count; neither does a line that
//! cannot be read. Of two lines for one set the later counts.
//!
//! Known limit: lines carry no checksum, so a byte that changes within the text of
//! a finished file is not noticed.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::StoreError;

const TITLE: &[u8] = b"set,why\n";

/// The file, open for further lines.
#[derive(Debug)]
pub(super) struct FailureLog {
    pub(super) path: PathBuf,
    /// With the offset after the last whole line: the next goes there, over what a
    /// failed write may have left.
    tail: Mutex<(File, u64)>,
}

/// Where the words of a set are.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailureLine {
    pub(super) set: u64,
    offset: u64,
    length: usize,
}

impl FailureLog {
    /// The file with its torn end cut off, made where there is none.
    pub(super) fn resume(path: &Path) -> Result<(Self, Vec<FailureLine>), StoreError> {
        let fault = StoreError::io(path);
        let open = || {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = options.open(path)?;
            let (lines, mut end) = scan(&file)?;
            if end < TITLE.len() as u64 {
                file.seek(SeekFrom::Start(0))?;
                file.write_all(TITLE)?;
                end = TITLE.len() as u64;
            }
            file.set_len(end)?;
            Ok((file, end, lines))
        };
        let (file, end, lines) = open().map_err(fault)?;
        Ok((Self { path: path.to_path_buf(), tail: Mutex::new((file, end)) }, lines))
    }

    /// Adds the words of a set in one write.
    pub(super) fn put(&self, set: u64, why: &str) -> Result<(), StoreError> {
        let line = line_of(set, why);
        // A thread that panicked here left no more than a torn end.
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let end = tail.1;
        let write = |file: &mut File| {
            file.seek(SeekFrom::Start(end))?;
            file.write_all(line.as_bytes())
        };
        if let Err(error) = write(&mut tail.0) {
            // At best the torn end goes now, otherwise the next line overwrites it.
            let _ = tail.0.set_len(end);
            return Err(StoreError::Io { path: self.path.clone(), error });
        }
        tail.1 = end + line.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> Result<(), StoreError> {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.0.sync_data().map_err(StoreError::io(&self.path))
    }
}

/// Where every set's words are, by set; nothing where there is no file.
pub(super) fn lines(path: &Path) -> Result<Vec<FailureLine>, StoreError> {
    let scanned = match File::open(path) {
        Ok(file) => scan(&file),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => Err(e),
    };
    Ok(scanned.map_err(StoreError::io(path))?.0)
}

/// The lines by set, and the offset after the last whole one.
fn scan(file: &File) -> io::Result<(Vec<FailureLine>, u64)> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let (mut found, mut offset, mut line) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            break;
        }
        if let Some((set, _)) = parse(&line) {
            found.push(FailureLine { set, offset, length });
        }
        offset += length as u64;
    }
    found.sort_by_key(|l| (l.set, std::cmp::Reverse(l.offset)));
    found.dedup_by_key(|l| l.set);
    Ok((found, offset))
}

/// The words at `line`.
pub(super) fn read(file: &mut File, line: FailureLine) -> io::Result<String> {
    let mut bytes = vec![0; line.length];
    file.seek(SeekFrom::Start(line.offset))?;
    file.read_exact(&mut bytes)?;
    bytes.pop();
    let words = parse(&bytes).map(|(_, words)| words);
    words.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it was changed meanwhile"))
}

/// A sorted file while it is made.
pub(super) struct SortedFailures {
    partial: PathBuf,
    w: BufWriter<File>,
}

/// Makes the file `path` of the lines that `add` adds in order: beside its place,
/// and moved there when it is whole.
pub(super) fn sorted(
    path: &Path,
    add: impl FnOnce(&mut SortedFailures) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let partial = partial(path);
    let made = SortedFailures::new(&partial).and_then(|mut sorted| {
        add(&mut sorted)?;
        sorted.end()?;
        fs::rename(&partial, path).map_err(StoreError::io(path))
    });
    made.inspect_err(|_| {
        // The error is told; what is left of the attempt is of no use.
        let _ = fs::remove_file(&partial);
    })
}

impl SortedFailures {
    fn new(partial: &Path) -> Result<Self, StoreError> {
        let file = File::create(partial).map_err(StoreError::io(partial))?;
        let mut w = BufWriter::new(file);
        w.write_all(TITLE).map_err(StoreError::io(partial))?;
        Ok(Self { partial: partial.to_path_buf(), w })
    }

    /// Adds those of the lines of the file `from` that `keep` names.
    pub(super) fn add(
        &mut self,
        from: &Path,
        lines: &[FailureLine],
        mut keep: impl FnMut(u64) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut file = File::open(from).map_err(StoreError::io(from))?;
        for line in lines {
            if keep(line.set)? {
                let words = read(&mut file, *line).map_err(StoreError::io(from))?;
                let line = line_of(line.set, &words);
                self.w.write_all(line.as_bytes()).map_err(StoreError::io(&self.partial))?;
            }
        }
        Ok(())
    }

    fn end(self) -> Result<(), StoreError> {
        let Self { partial, w } = self;
        let file = w.into_inner().map_err(|e| StoreError::io(&partial)(e.into_error()))?;
        file.sync_all().map_err(StoreError::io(&partial))
    }
}

/// Beside a file that is to come whole or not at all.
pub(super) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn line_of(set: u64, why: &str) -> String {
    // One line each, whatever the words: a torn one is told by its missing end.
    let why = why.replace(char::is_control, " ").replace('"', "\"\"");
    format!("{set},\"{why}\"\n")
}

fn parse(line: &[u8]) -> Option<(u64, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (set, words) = line.split_once(',')?;
    let inside = words.strip_prefix('"')?.strip_suffix('"')?;
    let plain = inside.replace("\"\"", "\u{0}");
    let whole = !plain.contains('"') && !inside.contains('\u{0}');
    whole.then_some(())?;
    Some((set.parse().ok()?, plain.replace('\u{0}', "\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_were_written() {
        for why in ["", "plain", "a \"quoted\", one", "\"", "\"\"", "Länge ≥ 3"] {
            let line = line_of(7, why);
            assert_eq!(parse(line.trim_end_matches('\n').as_bytes()), Some((7, why.to_owned())));
        }
        assert_eq!(line_of(1, "two\nlines\r\n"), "1,\"two lines  \"\n");
        for bad in ["", "set,why", "1,why", "1,\"why", "1,\"w\"hy\"", "x,\"why\"", "1\"why\""] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_torn_end_is_cut_off_and_the_later_line_of_a_set_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("failed.csv");
        fs::write(&path, "set,why\n5,\"old\"\n3,\"c\"\n5,\"new\"\nrubbish\n9,\"to").unwrap();
        let (words, found) = FailureLog::resume(&path).unwrap();
        assert_eq!(found.iter().map(|l| l.set).collect::<Vec<_>>(), [3, 5]);
        words.put(9, "whole").unwrap();
        let lines = lines(&path).unwrap();
        let mut file = File::open(&path).unwrap();
        let texts: Vec<_> = lines.iter().map(|l| read(&mut file, *l).unwrap()).collect();
        assert_eq!(texts, ["c", "new", "whole"]);
    }
}
