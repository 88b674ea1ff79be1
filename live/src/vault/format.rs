//! How a vault is laid out in its file.
//!
//! ```text
//! magic 8 | format 2 | length of the file 4
//! key 1 (0 file, 1 passphrase) | memory 4 | passes 4 | lanes 4 | salt 16
//! check: nonce 24, tag 16
//! number of entries 4
//! entry: length of the name 1 | name | enabled 1 | nonce 24 | length 4 | locked login | tag 16
//! seal: nonce 24, tag 16
//! SHA-256 of all before 32
//! ```
//!
//! Numbers are little-endian. What is locked is bound to where it stands: the check to the
//! header, an entry to header, name and flag, the seal to everything before it. So nothing
//! can be moved, swapped, renamed, left out or taken from an older file of the same key.
//! The SHA-256 is no protection: it tells a damaged file from a wrong key. That the whole
//! file is an older one cannot be seen.

use std::collections::BTreeMap;
use std::path::Path;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::VaultEntry;
use super::credential::Credential;
use super::error::VaultError;
use super::key::{SALT, Strength};
use crate::random::random;

const MAGIC: &[u8; 8] = b"tsvault\n";
/// The format that is written, and the only one that is read.
const FORMAT: u16 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const HASH: usize = 32;
/// Bytes before the header's own.
const FRONT: usize = MAGIC.len() + 2 + 4;
const HEADER: usize = FRONT + 1 + 3 * 4 + SALT;
/// Largest file that is read, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// What a locked text is for; two that are for different things cannot stand for each other.
#[derive(Clone, Copy)]
enum Use {
    Check = 0,
    Entry = 1,
    Seal = 2,
}

/// What tells how the key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether the key is made from a passphrase.
    pub passphrase: bool,
    /// How much work that is.
    pub strength: Strength,
    /// What makes two keys of one passphrase differ.
    pub salt: [u8; SALT],
}

fn bound(of: Use, what: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![of as u8];
    what.iter().for_each(|bytes| out.extend_from_slice(bytes));
    out
}

/// Locks `text` in place, under a nonce that was never used.
fn lock(
    cipher: &XChaCha20Poly1305,
    bound: &[u8],
    text: &mut [u8],
) -> Result<([u8; NONCE], [u8; TAG]), VaultError> {
    let mut nonce = [0; NONCE];
    random(&mut nonce).map_err(|_| VaultError::Random)?;
    let sealed = cipher.encrypt_inout_detached(&XNonce::from(nonce), bound, text.into());
    // It refuses only texts of gigabytes.
    Ok((nonce, sealed.map_err(|_| VaultError::Random)?.into()))
}

/// Unlocks `text` in place; `false` where key, text or what it is bound to is another.
fn unlock(
    cipher: &XChaCha20Poly1305,
    bound: &[u8],
    (nonce, tag): ([u8; NONCE], [u8; TAG]),
    text: &mut [u8],
) -> bool {
    let (nonce, tag) = (XNonce::from(nonce), Tag::from(tag));
    cipher.decrypt_inout_detached(&nonce, bound, text.into(), &tag).is_ok()
}

/// The bytes of a vault.
pub(super) fn write(
    header: Header,
    cipher: &XChaCha20Poly1305,
    entries: &BTreeMap<String, VaultEntry>,
) -> Result<Vec<u8>, VaultError> {
    let texts: Vec<_> = entries.values().map(|entry| entry.credential.written()).collect();
    let entry = |(name, text): (&String, &Zeroizing<Vec<u8>>)| {
        1 + name.len() + 1 + NONCE + 4 + text.len() + TAG
    };
    let inside = entries.keys().zip(&texts).map(entry).sum::<usize>();
    let length = HEADER + NONCE + TAG + 4 + inside + NONCE + TAG + HASH;
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&count(length).to_le_bytes());
    out.push(u8::from(header.passphrase));
    let Strength { memory_kib, passes, lanes } = header.strength;
    for number in [memory_kib, passes, lanes] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&header.salt);
    let head = head(&out);
    let put = |out: &mut Vec<u8>, (nonce, tag): ([u8; NONCE], [u8; TAG])| {
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&tag);
    };
    put(&mut out, lock(cipher, &bound(Use::Check, &[&head]), &mut [])?);
    out.extend_from_slice(&count(entries.len()).to_le_bytes());
    for ((name, entry), mut text) in entries.iter().zip(texts) {
        let enabled = u8::from(entry.enabled);
        let to = bound(Use::Entry, &[&head, &[enabled], name.as_bytes()]);
        let (nonce, tag) = lock(cipher, &to, &mut text)?;
        out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(name.as_bytes());
        out.push(enabled);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&count(text.len()).to_le_bytes());
        out.extend_from_slice(&text);
        out.extend_from_slice(&tag);
    }
    let seal = lock(cipher, &bound(Use::Seal, &[&out]), &mut [])?;
    put(&mut out, seal);
    let hash: [u8; HASH] = Sha256::digest(&out).into();
    out.extend_from_slice(&hash);
    Ok(out)
}

/// What locked texts are bound to of the header: all of it but the length of the file, which
/// the seal is bound to.
fn head(bytes: &[u8]) -> Vec<u8> {
    [&bytes[..FRONT - 4], &bytes[FRONT..HEADER]].concat()
}

/// Lengths are checked before anything is written.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// An entry that is still locked.
struct Locked<'a> {
    name: &'a str,
    enabled: u8,
    text: &'a [u8],
    nonce: [u8; NONCE],
    tag: [u8; TAG],
}

/// A vault whose bytes are in order, and that is still locked.
pub(super) struct LockedVault<'a> {
    path: &'a Path,
    head: Vec<u8>,
    /// How its key is made.
    pub header: Header,
    check: ([u8; NONCE], [u8; TAG]),
    entries: Vec<Locked<'a>>,
    sealed: &'a [u8],
    seal: ([u8; NONCE], [u8; TAG]),
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn tagged(&mut self) -> Option<([u8; NONCE], [u8; TAG])> {
        Some((self.take()?, self.take()?))
    }

    fn header(&mut self) -> Option<Header> {
        let [passphrase] = self.take()?;
        let strength =
            Strength { memory_kib: self.number()?, passes: self.number()?, lanes: self.number()? };
        let salt = self.take()?;
        (passphrase < 2).then_some(Header { passphrase: passphrase == 1, strength, salt })
    }

    fn entry(&mut self) -> Option<Locked<'a>> {
        let [length] = self.take()?;
        let name = core::str::from_utf8(self.bytes(usize::from(length))?).ok()?;
        let [enabled] = self.take()?;
        let nonce = self.take()?;
        let length = usize::try_from(self.number()?).ok()?;
        let text = self.bytes(length)?;
        Some(Locked { name, enabled, text, nonce, tag: self.take()? })
    }
}

/// Reads the bytes of a vault as far as they can be read without its key.
pub(super) fn read<'a>(path: &'a Path, bytes: &'a [u8]) -> Result<LockedVault<'a>, VaultError> {
    let (path_, damaged) = (path.to_owned(), |what: &str| damage(path, what));
    let mut rest = Rest(bytes);
    let whole = bytes.len() as u64;
    match rest.take::<8>() {
        Some(magic) if magic == *MAGIC => {}
        _ => return Err(VaultError::NotAVault { path: path_ }),
    }
    let short = |told| VaultError::Truncated { path: path.to_owned(), found: whole, told };
    let shortest = (HEADER + 2 * (NONCE + TAG) + 4 + HASH) as u64;
    let found = u16::from_le_bytes(rest.take().ok_or_else(|| short(shortest))?);
    if found != FORMAT {
        return Err(VaultError::Version { path: path_, found, known: FORMAT });
    }
    let told = u64::from(rest.number().ok_or_else(|| short(shortest))?);
    if whole < told.max(shortest) {
        return Err(short(told.max(shortest)));
    }
    let (body, hash) = bytes.split_at(bytes.len() - HASH);
    let sum: [u8; HASH] = Sha256::digest(body).into();
    if whole != told || sum != hash {
        return Err(damaged("its sum is wrong"));
    }
    rest.0 = &body[FRONT..];
    let header = rest.header().ok_or_else(|| damaged("the header cannot be read"))?;
    let unreadable = || damaged("the entries cannot be read");
    let check = rest.tagged().ok_or_else(unreadable)?;
    let count = rest.number().ok_or_else(unreadable)?;
    let entries = (0..count).map(|_| rest.entry()).collect::<Option<Vec<_>>>();
    let entries = entries.ok_or_else(unreadable)?;
    let sealed = &body[..body.len() - rest.0.len()];
    let seal = rest.tagged().filter(|_| rest.0.is_empty()).ok_or_else(unreadable)?;
    Ok(LockedVault { path, head: head(bytes), header, check, entries, sealed, seal })
}

fn damage(path: &Path, what: &str) -> VaultError {
    VaultError::Damaged { path: path.to_owned(), what: what.to_owned() }
}

impl LockedVault<'_> {
    /// Unlocks every entry.
    pub fn unlock(
        self,
        cipher: &XChaCha20Poly1305,
    ) -> Result<BTreeMap<String, VaultEntry>, VaultError> {
        let path = self.path;
        if !unlock(cipher, &bound(Use::Check, &[&self.head]), self.check, &mut []) {
            let kind = if self.header.passphrase { "passphrase" } else { "key file" };
            return Err(VaultError::WrongKey { path: path.to_owned(), kind });
        }
        if !unlock(cipher, &bound(Use::Seal, &[self.sealed]), self.seal, &mut []) {
            return Err(damage(path, "its seal is broken"));
        }
        let mut found = BTreeMap::new();
        for Locked { name, enabled, text, nonce, tag } in self.entries {
            let mut text = Zeroizing::new(text.to_vec());
            let to = bound(Use::Entry, &[&self.head, &[enabled], name.as_bytes()]);
            let opened = unlock(cipher, &to, (nonce, tag), &mut text);
            let read = opened.then(|| Credential::read(&text)).flatten();
            let credential = read.ok_or_else(|| damage(path, &format!("entry {name}")))?;
            let entry = VaultEntry { enabled: enabled == 1, credential };
            found.insert(name.to_owned(), entry);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use chacha20poly1305::KeyInit as _;

    use super::*;

    const START: usize = HEADER + NONCE + TAG + 4;

    fn header() -> Header {
        let strength = Strength { memory_kib: 0, passes: 0, lanes: 0 };
        Header { passphrase: false, strength, salt: [7; SALT] }
    }

    fn cipher() -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&[3; 32].into())
    }

    fn entry(password: &str) -> VaultEntry {
        let (email, account) = (String::new(), "1".to_owned());
        let credential = Credential { email, password: password.into(), broker: None, account };
        VaultEntry { enabled: true, credential }
    }

    /// Seals bytes anew, as only somebody with the key could.
    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - NONCE - TAG - HASH);
        let seal = lock(&cipher(), &bound(Use::Seal, &[&bytes]), &mut []).unwrap();
        bytes.extend_from_slice(&seal.0);
        bytes.extend_from_slice(&seal.1);
        let hash: [u8; HASH] = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&hash);
        bytes
    }

    fn unlocked(bytes: &[u8]) -> Result<BTreeMap<String, VaultEntry>, String> {
        let locked = read(Path::new("v"), bytes).map_err(|error| error.to_string())?;
        locked.unlock(&cipher()).map_err(|error| error.to_string())
    }

    #[test]
    fn each_entry_is_bound_to_its_name_flag_and_header_by_itself() {
        let entries = [("one", "first"), ("two", "other")];
        let entries = entries.map(|(name, password)| (name.to_owned(), entry(password))).into();
        let good = write(header(), &cipher(), &entries).unwrap();
        assert_eq!(unlocked(&sealed(good.clone())).unwrap().len(), 2);
        let length = (good.len() - START - NONCE - TAG - HASH) / 2;
        let broken = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            unlocked(&sealed(bytes)).unwrap_err()
        };
        // The two change names; a flag is turned; the text of one stands in the other.
        let swapped = broken(&|bytes| {
            bytes[START + 1..START + 4].copy_from_slice(b"two");
            bytes[START + length + 1..START + length + 4].copy_from_slice(b"one");
        });
        let turned = broken(&|bytes| bytes[START + 4] = 0);
        let moved = broken(&|bytes| {
            let body = bytes[START + 5..START + length].to_vec();
            bytes[START + length + 5..START + 2 * length].copy_from_slice(&body);
        });
        for (error, name) in [(swapped, "two"), (turned, "one"), (moved, "two")] {
            assert!(error.contains(&format!("(entry {name})")), "{error}");
        }
        // One header of the same key in the place of another.
        let salted = broken(&|bytes| bytes[HEADER - 1] ^= 1);
        assert!(salted.contains("the key file is not the one"), "{salted}");
    }

    #[test]
    fn what_is_locked_for_one_use_does_not_open_for_another() {
        let sealed = lock(&cipher(), &bound(Use::Check, &[b"x"]), &mut []).unwrap();
        assert!(unlock(&cipher(), &bound(Use::Check, &[b"x"]), sealed, &mut []));
        for other in [Use::Entry, Use::Seal] {
            assert!(!unlock(&cipher(), &bound(other, &[b"x"]), sealed, &mut []));
        }
    }
}
