//! One archive: cut off, changed, refused, continued.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tickstep_live::fetch::{ArchiveServer, Brought, FetchWatcher, TransferFault, bring};

use crate::server::{Archive, Wrong, sum_of};

#[derive(Default)]
pub struct Notes(pub Vec<String>);

impl FetchWatcher for Notes {
    fn say(&mut self, words: &str) {
        self.0.push(words.to_owned());
    }

    fn bytes(&mut self, _name: &str, there: u64, all: Option<u64>) {
        assert!(all.is_none_or(|all| there <= all));
    }
}

struct Bench {
    archive: Archive,
    path: String,
    bytes: Vec<u8>,
    dir: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let archive = Archive::open().await;
        let (path, bytes) = archive.put("monthly", "2023-08");
        Self { archive, path, bytes, dir: tempfile::tempdir().unwrap() }
    }

    fn file(&self, end: &str) -> PathBuf {
        self.dir.path().join(format!("um/FILUSDT-1m-2023-08.zip{end}"))
    }

    fn put_part(&self, bytes: &[u8]) {
        fs::create_dir_all(self.dir.path().join("um")).unwrap();
        fs::write(self.file(".part"), bytes).unwrap();
    }

    async fn bring(&self) -> (Result<Brought, TransferFault>, Vec<String>) {
        let server = ArchiveServer::new(&self.archive.base).unwrap();
        let mut notes = Notes::default();
        let came = bring(&server, &self.path, &self.file(""), &mut notes).await;
        (came, notes.0)
    }

    /// It is here, right, and nothing else is.
    fn assert_here(&self) {
        assert!(fs::read(self.file("")).unwrap() == self.bytes);
        assert!(!self.file(".part").exists());
        let beside = fs::read_to_string(self.file(".CHECKSUM")).unwrap();
        assert_eq!(beside, format!("{}  FILUSDT-1m-2023-08.zip\n", sum_of(&self.bytes)));
    }

    fn all(&self) -> u64 {
        self.bytes.len() as u64
    }
}

#[tokio::test]
async fn what_is_here_and_right_is_not_brought_again() {
    let bench = Bench::new().await;
    let (came, notes) = bench.bring().await;
    assert_eq!((came.unwrap(), notes.len()), (Brought::New { bytes: bench.all(), kept: 0 }, 0));
    bench.assert_here();
    assert_eq!(bench.bring().await.0.unwrap(), Brought::There { bytes: bench.all() });
    assert_eq!(bench.archive.ranges(&bench.path), [None]);
    // What was changed here is brought anew.
    fs::write(bench.file(""), "other").unwrap();
    let (came, notes) = bench.bring().await;
    assert_eq!(came.unwrap(), Brought::New { bytes: bench.all(), kept: 0 });
    assert!(notes[0].contains("it is not the file that the archive has"), "{notes:?}");
    bench.assert_here();
}

#[tokio::test]
async fn what_is_cut_off_goes_on_where_it_ended() {
    let bench = Bench::new().await;
    bench.archive.goes_wrong(&bench.path, [Wrong::CutOff(5_000), Wrong::CutOff(3_000)]);
    let (came, notes) = bench.bring().await;
    assert_eq!(came.unwrap(), Brought::New { bytes: bench.all(), kept: 0 });
    assert_eq!(notes.len(), 2, "{notes:?}");
    bench.assert_here();
    let from = |at: &str| Some(format!("bytes={at}-"));
    assert_eq!(bench.archive.ranges(&bench.path), [None, from("5000"), from("8000")]);
}

#[tokio::test]
async fn a_part_of_an_earlier_day_is_continued_or_begun_anew() {
    let bench = Bench::new().await;
    bench.put_part(&bench.bytes[..9_000]);
    let came = bench.bring().await.0.unwrap();
    assert_eq!(came, Brought::New { bytes: bench.all(), kept: 9_000 });
    bench.assert_here();
    assert_eq!(bench.archive.ranges(&bench.path), [Some("bytes=9000-".to_owned())]);
    // A server that only gives files whole.
    let bench = Bench::new().await;
    bench.put_part(&bench.bytes[..9_000]);
    bench.archive.goes_wrong(&bench.path, [Wrong::Whole]);
    let came = bench.bring().await.0.unwrap();
    assert_eq!(came, Brought::New { bytes: bench.all(), kept: 0 });
    bench.assert_here();
    // All of it was there, but for its name.
    let bench = Bench::new().await;
    bench.put_part(&bench.bytes);
    let came = bench.bring().await.0.unwrap();
    assert_eq!(came, Brought::New { bytes: bench.all(), kept: bench.all() });
    bench.assert_here();
    // A part of another file.
    let bench = Bench::new().await;
    bench.put_part(b"something else");
    let (came, notes) = bench.bring().await;
    assert_eq!(came.unwrap(), Brought::New { bytes: bench.all(), kept: 0 });
    assert!(notes[0].ends_with("is right; once more"), "{notes:?}");
    bench.assert_here();
}

#[tokio::test]
async fn a_wrong_sum_is_tried_once_more_and_then_named() {
    let bench = Bench::new().await;
    bench.archive.goes_wrong(&bench.path, [Wrong::Flipped]);
    assert_eq!(bench.bring().await.0.unwrap(), Brought::New { bytes: bench.all(), kept: 0 });
    bench.assert_here();
    let bench = Bench::new().await;
    bench.archive.goes_wrong(&bench.path, [Wrong::Flipped, Wrong::Flipped]);
    let Brought::WrongSum { wanted, came } = bench.bring().await.0.unwrap() else {
        panic!("it was kept")
    };
    assert_eq!(wanted, sum_of(&bench.bytes));
    assert!(came != wanted && came.len() == 64);
    assert_eq!(bench.archive.ranges(&bench.path).len(), 2);
    assert!(["", ".part", ".CHECKSUM"].iter().all(|end| !bench.file(end).exists()));
}

#[tokio::test]
async fn who_is_asked_to_wait_waits() {
    let bench = Bench::new().await;
    let checksum = format!("{}.CHECKSUM", bench.path);
    let busy = |status| Wrong::Refused(status, Some(("retry-after", "0")));
    bench.archive.goes_wrong(&checksum, [busy(429)]);
    bench.archive.goes_wrong(&bench.path, [busy(429), busy(503)]);
    let (came, notes) = bench.bring().await;
    assert_eq!(came.unwrap(), Brought::New { bytes: bench.all(), kept: 0 });
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].ends_with("HTTP 429; the server asks to wait 0 s"), "{notes:?}");
    assert_eq!(bench.archive.ranges(&bench.path).len(), 3);
    bench.assert_here();
}

#[tokio::test]
async fn what_is_not_there_or_refused_is_said() {
    let bench = Bench::new().await;
    let missing = bench.path.replace("2023-08", "2019-01");
    let server = ArchiveServer::new(&bench.archive.base).unwrap();
    let to = bench.dir.path().join("FILUSDT-1m-2019-01.zip");
    let came = bring(&server, &missing, &to, &mut Notes::default()).await.unwrap();
    assert_eq!(came, Brought::NotThere);
    let elsewhere = Wrong::Refused(301, Some(("location", "https://example.com/x")));
    bench.archive.goes_wrong(&bench.path, [elsewhere]);
    let said = bench.bring().await.0.unwrap_err().to_string();
    assert!(said.ends_with("HTTP 301, it is at https://example.com/x"), "{said}");
    // Nothing that a server says is taken for a sum but a sum.
    bench.archive.goes_wrong(&format!("{}.CHECKSUM", bench.path), [Wrong::Flipped]);
    let said = bench.bring().await;
    assert!(!bench.file("").exists() || said.0.is_err());
    for (base, words) in [
        ("http://example.com", "without TLS only this machine"),
        ("ftp://127.0.0.1", "must begin with https://"),
        ("archive", "--base archive"),
    ] {
        let said = ArchiveServer::new(base).err().unwrap();
        assert!(said.contains(words), "{said}");
    }
}
