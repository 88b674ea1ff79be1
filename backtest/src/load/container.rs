//! Files as stored on disk: their bytes, their hash, and the text inside them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::bar_tape;
use super::error::{FileFault, LoadError};

/// What is in a file, once it is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Csv,
    Json,
    Tar,
    Parquet,
    Tape,
}

/// How a file is packed and what is in it, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    packing: Option<Packing>,
    /// What is inside, where the name says so.
    inside: Option<Container>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
    Zip,
}

/// The name of a file that is standard input.
pub(crate) const STDIN: &str = "-";

impl Packed {
    /// What the ending of a name tells.
    pub(crate) fn of(path: &str) -> Result<Self, LoadError> {
        const UNSAID: &[&str] = &[".txt", ".tsv", ".tab", ".dat", ".asc", ".prn"];
        let name = path.to_ascii_lowercase();
        let kinds = [
            (".csv", Some(Container::Csv)),
            (".json", Some(Container::Json)),
            (".jsonl", Some(Container::Json)),
            (".ndjson", Some(Container::Json)),
            (".tar", Some(Container::Tar)),
            (".parquet", Some(Container::Parquet)),
            (".tape", Some(Container::Tape)),
        ];
        let told = |packing, inside| Ok(Self { packing: Some(packing), inside });
        let (bare, packing) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
            (Some(bare), _) => (bare, Packing::Gzip),
            (_, Some(bare)) => (bare, Packing::Zstd),
            (None, None) => (name.as_str(), Packing::Plain),
        };
        let kind = kinds.into_iter().find(|(end, _)| bare.ends_with(end)).map(|(_, kind)| kind);
        match kind {
            Some(Some(Container::Parquet)) if cfg!(not(feature = "polars")) => {
                Err(FileFault::ParquetNotBuilt.of(path))
            }
            Some(kind) => told(packing, kind),
            None if name.ends_with(".tgz") => told(Packing::Gzip, Some(Container::Tar)),
            None if name.ends_with(".zip") => told(Packing::Zip, None),
            None if packing != Packing::Plain => told(packing, None),
            None if UNSAID.iter().any(|end| bare.ends_with(end)) => told(packing, None),
            None if path == STDIN => Ok(Self { packing: None, inside: None }),
            None if name.ends_with(".feather") || name.ends_with(".arrow") => {
                Err(FileFault::Feather.of(path))
            }
            None => Err(FileFault::UnknownKind.of(path)),
        }
    }
}

/// How bytes are packed, told by how they begin.
fn packing_of(bytes: &[u8]) -> Packing {
    match bytes {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        [b'P', b'K', 3, 4, ..] => Packing::Zip,
        _ => Packing::Plain,
    }
}

/// What unpacked bytes are, told by how they begin.
fn inside_of(bytes: &[u8]) -> Container {
    // The mark of a tar stands in its first header.
    if bytes.get(257..262) == Some(b"ustar") {
        return Container::Tar;
    }
    if bytes.starts_with(b"PAR1") && cfg!(feature = "polars") {
        return Container::Parquet;
    }
    if bytes.starts_with(bar_tape::MAGIC) {
        return Container::Tape;
    }
    let begin = bytes.iter().find(|b| b.is_ascii_graphic());
    if matches!(begin, Some(b'[' | b'{')) { Container::Json } else { Container::Csv }
}

/// A file as it lies on disk.
pub(crate) struct Stored {
    pub bytes: Vec<u8>,
    /// Hex digest of `bytes`.
    pub sha256: String,
}

const CHUNK: usize = 1 << 20;

/// Reads a file whole and hashes it on the way; `go_on` is asked after every megabyte.
pub(crate) fn read(
    file: &Path,
    path: &str,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Stored, LoadError> {
    let unreadable = |source| FileFault::Unreadable { source }.of(path);
    if path == STDIN {
        let bytes = standard_input().map_err(unreadable)?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        return Ok(Stored { bytes, sha256 });
    }
    let mut source = File::open(file).map_err(unreadable)?;
    // One byte more than the file, so that its end is found without growing.
    let size = source.metadata().map_or(0, |meta| meta.len());
    let mut bytes = Vec::with_capacity(usize::try_from(size).map_or(0, |n| n.saturating_add(1)));
    let mut hash = Sha256::new();
    loop {
        let start = bytes.len();
        let limit = CHUNK as u64;
        let read = source.by_ref().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
        hash.update(&bytes[start..]);
        if go_on().is_break() {
            return Err(LoadError::Cancelled);
        }
        if read == 0 {
            break;
        }
    }
    let sha256 = hex::encode(hash.finalize());
    Ok(Stored { bytes, sha256 })
}

/// All that came on standard input. It is read once and kept, since a command looks at its
/// files more than once.
fn standard_input() -> std::io::Result<Vec<u8>> {
    static READ: Mutex<Option<Vec<u8>>> = Mutex::new(None);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if read.is_none() {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        *read = Some(bytes);
    }
    Ok(read.clone().unwrap_or_default())
}

/// What is inside a file.
pub(crate) struct Unpacked {
    pub kind: Container,
    pub bytes: Vec<u8>,
    /// The name that it has inside a zip; that of the file otherwise.
    pub entry: String,
}

/// What is inside a file: as its name says, or where it does not, as its bytes do.
pub(crate) fn unpack(path: &str, packed: Packed, bytes: Vec<u8>) -> Result<Unpacked, LoadError> {
    let corrupt = |kind, reason: String| FileFault::Corrupt { kind, reason }.of(path);
    let (bytes, entry) = match packed.packing.unwrap_or_else(|| packing_of(&bytes)) {
        Packing::Plain => (bytes, path.to_owned()),
        Packing::Gzip => {
            let mut text = Vec::new();
            let mut decoder = MultiGzDecoder::new(bytes.as_slice());
            decoder.read_to_end(&mut text).map_err(|e| corrupt("gzip", e.to_string()))?;
            (text, path.to_owned())
        }
        Packing::Zstd => {
            let text = unzstd(&bytes).map_err(|reason| corrupt("zstd", reason))?;
            (text, path.to_owned())
        }
        Packing::Zip => unzip(path, &bytes)?.map_err(|reason| corrupt("zip", reason))?,
    };
    let kind = packed.inside.unwrap_or_else(|| inside_of(&bytes));
    Ok(Unpacked { kind, bytes, entry })
}

/// Every frame of the file, each checked against the checksum it carries.
fn unzstd(mut bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    while !bytes.is_empty() {
        let mut decoder = StreamingDecoder::new(&mut bytes).map_err(|e| e.to_string())?;
        decoder.read_to_end(&mut text).map_err(|e| e.to_string())?;
        let frame = decoder.into_frame_decoder();
        if let Some(stated) = frame.get_checksum_from_data()
            && frame.get_calculated_checksum().is_some_and(|found| found != stated)
        {
            return Err("the checksum does not match".to_owned());
        }
    }
    Ok(text)
}

/// The one CSV file of an archive; the inner error is damage.
fn unzip(path: &str, bytes: &[u8]) -> Result<Result<(Vec<u8>, String), String>, LoadError> {
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(e) => return Ok(Err(e.to_string())),
    };
    let entries: Result<Vec<String>, _> =
        archive.file_names().map(|name| name.map(Cow::into_owned)).collect();
    let entries = match entries {
        Ok(entries) => entries,
        Err(e) => return Ok(Err(e.to_string())),
    };
    let is_csv = |name: &&String| {
        name.to_ascii_lowercase().ends_with(".csv") && !name.starts_with("__MACOSX/")
    };
    let mut csv = entries.iter().filter(is_csv);
    let (Some(name), None) = (csv.next(), csv.next()) else {
        return Err(FileFault::ZipEntries { entries }.of(path));
    };
    let mut text = Vec::new();
    let read = match archive.by_name(name) {
        Ok(mut entry) => entry.read_to_end(&mut text).map_err(|e| e.to_string()),
        Err(e) => Err(e.to_string()),
    };
    Ok(read.map(|_| (text, name.clone())))
}
