//! Bytes of a text file as UTF-8, from whatever encoding they are in.
//!
//! A byte order mark tells UTF-8 and UTF-16, and so does a text whose every other byte is
//! zero. Anything else is UTF-8 or named by a description (`encoding`): bytes alone do not
//! tell one page of national letters from another.

use std::borrow::Cow;

use encoding_rs::{EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error::LoadError;
use super::text_fault::TextFault;
use crate::series::place::RowPlace;

/// Names that programs write and that the registry of web encodings does not have.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("cp949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp950", "big5"),
    ("utf8", "utf-8"),
    ("utf16", "utf-16le"),
];

/// The encoding of a name, such as `utf-16le`, `cp949` or `windows-1252`.
pub(super) fn named(name: &str) -> Option<&'static Encoding> {
    let lower = name.trim().to_ascii_lowercase();
    let known = OTHER_NAMES.iter().find(|(other, _)| *other == lower).map(|(_, known)| *known);
    Encoding::for_label(known.unwrap_or(&lower).as_bytes())
}

/// A text in UTF-8.
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, [u8]>,
    /// The encoding it was in, where that was not UTF-8.
    pub from: Option<&'static str>,
}

/// The text of `bytes`, by its mark, or by the first of `stated` that reads it whole.
pub(super) fn decode<'a>(
    path: &str,
    bytes: &'a [u8],
    stated: &[&'static Encoding],
) -> Result<Decoded<'a>, LoadError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return read(path, &bytes[mark..], encoding);
    }
    if let [only] = stated {
        return read(path, bytes, only);
    }
    for encoding in stated {
        if let Ok(decoded) = read(path, bytes, encoding) {
            return Ok(decoded);
        }
    }
    match by_zeros(bytes) {
        Some(encoding) => read(path, bytes, encoding),
        None => read(path, bytes, UTF_8),
    }
}

/// UTF-16 without a mark: text of which every other byte is zero, from its beginning.
fn by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(64) & !1)?;
    if head.len() < 4 {
        return None;
    }
    let zero_at =
        |odd: usize| head.iter().enumerate().all(|(i, byte)| (*byte == 0) == (i % 2 == odd));
    if zero_at(1) { Some(UTF_16LE) } else { zero_at(0).then_some(UTF_16BE) }
}

fn read<'a>(
    path: &str,
    bytes: &'a [u8],
    encoding: &'static Encoding,
) -> Result<Decoded<'a>, LoadError> {
    if encoding == UTF_8 {
        check_utf8(path, bytes)?;
        return Ok(Decoded { text: Cow::Borrowed(bytes), from: None });
    }
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(Cow::Borrowed(text)) => {
            Ok(Decoded { text: Cow::Borrowed(text.as_bytes()), from: Some(encoding.name()) })
        }
        Some(Cow::Owned(text)) => {
            Ok(Decoded { text: Cow::Owned(text.into_bytes()), from: Some(encoding.name()) })
        }
        None => {
            let place = RowPlace::Line { path: path.into(), line: first_bad(bytes, encoding) };
            let encoding = encoding.name();
            Err(LoadError::Text { place, fault: TextFault::NotDecoded { encoding } })
        }
    }
}

/// The line of the first byte that the encoding cannot have there.
fn first_bad(bytes: &[u8], encoding: &'static Encoding) -> u64 {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let before = text.split('\u{fffd}').next().unwrap_or_default();
    1 + before.bytes().filter(|b| *b == b'\n').count() as u64
}

fn check_utf8(path: &str, text: &[u8]) -> Result<(), LoadError> {
    let Err(e) = std::str::from_utf8(text) else { return Ok(()) };
    let (before, rest) = text.split_at(e.valid_up_to());
    let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
    let byte = rest.first().copied().unwrap_or_default();
    let place = RowPlace::Line { path: path.into(), line };
    let korean = EUC_KR.decode_without_bom_handling_and_without_replacement(text);
    let hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let likely = match korean {
        Some(korean) if korean.chars().any(hangul) => "cp949",
        _ => "windows-1252",
    };
    Err(LoadError::Text { place, fault: TextFault::NotUtf8 { byte, likely } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], stated: &[&str]) -> Result<(String, Option<&'static str>), String> {
        let stated: Vec<_> = stated.iter().map(|name| named(name).unwrap()).collect();
        let decoded = decode("f.csv", bytes, &stated).map_err(|e| e.to_string())?;
        Ok((String::from_utf8(decoded.text.into_owned()).unwrap(), decoded.from))
    }

    #[test]
    fn marks_and_zeros_tell_utf_16() {
        for (bytes, from) in [
            (&b"\xff\xfea\0b\0"[..], Some("UTF-16LE")),
            (b"\xfe\xff\0a\0b", Some("UTF-16BE")),
            (b"a\0b\0", Some("UTF-16LE")),
            (b"\0a\0b", Some("UTF-16BE")),
            (b"\xef\xbb\xbfab", None),
            (b"ab", None),
        ] {
            assert_eq!(text(bytes, &[]), Ok(("ab".to_owned(), from)), "{bytes:?}");
        }
    }

    #[test]
    fn a_stated_encoding_is_read_or_refused_with_its_line() {
        // U+C77C U+C790, the Korean for "date".
        let korean = b"\xc0\xcf\xc0\xda";
        let date = "\u{c77c}\u{c790}".to_owned();
        assert_eq!(text(korean, &["cp949"]), Ok((date.clone(), Some("EUC-KR"))));
        assert_eq!(text(korean, &["utf-8", "cp949"]), Ok((date.clone(), Some("EUC-KR"))));
        assert_eq!(text(date.as_bytes(), &["utf-8", "cp949"]), Ok((date, None)));
        let error = text(korean, &[]).unwrap_err();
        assert!(error.starts_with("f.csv:1: byte 0xc0 is not valid UTF-8"), "{error}");
        assert!(error.contains("encoding = \"cp949\""), "{error}");
        let error = text(b"a\nb\n\xff\xff\n", &["cp949"]).unwrap_err();
        assert!(error.starts_with("f.csv:3: "), "{error}");
        assert!(named("latin1").is_some() && named("klingon").is_none());
    }
}
