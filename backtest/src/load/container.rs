//! Files as stored on disk: their bytes, their hash, and the text inside them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::error::{FileFault, LoadError};

/// How a file is packed, told by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Csv,
    Gzip,
    Zstd,
    Zip,
    Json,
    JsonGzip,
    Tar,
    TarGzip,
    Parquet,
    Tape,
}

impl Container {
    pub(crate) fn of(path: &str) -> Result<Self, LoadError> {
        let kinds = [
            (".csv", Self::Csv),
            (".csv.gz", Self::Gzip),
            (".csv.zst", Self::Zstd),
            (".zip", Self::Zip),
            (".json", Self::Json),
            (".json.gz", Self::JsonGzip),
            (".tar", Self::Tar),
            (".tar.gz", Self::TarGzip),
            (".tgz", Self::TarGzip),
            (".parquet", Self::Parquet),
            (".tape", Self::Tape),
        ];
        let name = path.to_ascii_lowercase();
        let kind = kinds.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| kind);
        match kind {
            Some(Self::Parquet) if cfg!(not(feature = "polars")) => {
                Err(FileFault::ParquetNotBuilt.of(path))
            }
            Some(kind) => Ok(kind),
            None if name.ends_with(".feather") || name.ends_with(".arrow") => {
                Err(FileFault::Feather.of(path))
            }
            None => Err(FileFault::UnknownKind.of(path)),
        }
    }
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

/// The bytes inside a file, and the name they have there; that of the file itself
/// unless it is a zip.
pub(crate) fn unpack(
    path: &str,
    kind: Container,
    bytes: Vec<u8>,
) -> Result<(Vec<u8>, String), LoadError> {
    let corrupt = |kind, reason: String| FileFault::Corrupt { kind, reason }.of(path);
    match kind {
        Container::Csv
        | Container::Json
        | Container::Tar
        | Container::Parquet
        | Container::Tape => Ok((bytes, path.to_owned())),
        Container::Gzip | Container::JsonGzip | Container::TarGzip => {
            let mut text = Vec::new();
            let mut decoder = MultiGzDecoder::new(bytes.as_slice());
            decoder.read_to_end(&mut text).map_err(|e| corrupt("gzip", e.to_string()))?;
            Ok((text, path.to_owned()))
        }
        Container::Zstd => {
            let text = unzstd(&bytes).map_err(|reason| corrupt("zstd", reason))?;
            Ok((text, path.to_owned()))
        }
        Container::Zip => unzip(path, &bytes)?.map_err(|reason| corrupt("zip", reason)),
    }
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
