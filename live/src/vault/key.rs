//! Keys of a vault: a passphrase that people remember, or a file of 32 random bytes.

use core::fmt;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use zeroize::{Zeroize, Zeroizing};

use super::disk;
use super::error::VaultError;
use crate::random::random;

/// Bytes of a key.
pub(super) const KEY: usize = 32;
/// Bytes of a salt.
pub(super) const SALT: usize = 16;
/// Shortest passphrase that a vault is locked with, in characters.
const SHORTEST: usize = 12;
/// Longest passphrase that a file may hold, in bytes.
const LONGEST: u64 = 4096;

/// How much work it is to make a key from a passphrase, by Argon2id. A vault has it
/// written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes of it.
    pub lanes: u32,
}

impl Strength {
    /// The second of the choices that RFC 9106 recommends: 64 MiB, 3 passes, 4 lanes.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// Whether it lies within what is taken. A file must not be able to ask for all of
    /// the machine's memory, or for a day of its time.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        let table = [
            ("lanes", self.lanes, 1, 64),
            ("passes", self.passes, 1, 100),
            ("memory_kib", self.memory_kib, 8 * self.lanes.clamp(1, 64), 4 * 1024 * 1024),
        ];
        for (name, value, least, most) in table {
            if value < least || value > most {
                return Err(VaultError::Cost { name, value, least, most });
            }
        }
        Ok(())
    }
}

enum Secret {
    Passphrase(SecretString),
    File(SecretBox<[u8; KEY]>),
}

/// The key of a vault. It is wiped from memory when it goes.
pub struct VaultKey(Secret);

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VaultKey").field(&self.kind()).finish()
    }
}

impl VaultKey {
    /// A key that is made from a passphrase.
    #[must_use]
    pub const fn passphrase(passphrase: SecretString) -> Self {
        Self(Secret::Passphrase(passphrase))
    }

    /// A key that a file holds: 32 bytes and nothing else, which nobody but its owner may
    /// read.
    pub fn read_file(path: &Path) -> Result<Self, VaultError> {
        let wrong = |why: String| VaultError::KeyFile { path: path.to_owned(), why };
        disk::only_owner(path).map_err(wrong)?;
        let read = disk::read(path, KEY as u64 + 1).map_err(|error| wrong(error.to_string()))?;
        let bytes = Zeroizing::new(read);
        if bytes.len() != KEY {
            let length = bytes.len();
            let found = if length > KEY { "more".to_owned() } else { length.to_string() };
            let make = "`accounts make-key` makes one";
            return Err(wrong(format!("it must be 32 bytes long and has {found}; {make}")));
        }
        Ok(Self(Secret::File(SecretBox::init_with_mut(|key: &mut [u8; KEY]| {
            key.copy_from_slice(&bytes);
        }))))
    }

    /// Makes a file with a new key. A file that is there is left alone.
    pub fn make_file(path: &Path) -> Result<Self, VaultError> {
        let wrong = |why: String| VaultError::KeyFile { path: path.to_owned(), why };
        let mut key = Zeroizing::new([0_u8; KEY]);
        random(&mut *key).map_err(|_| VaultError::Random)?;
        let write = || {
            let mut file = disk::new_file(path)?;
            file.write_all(&*key)?;
            file.sync_all()?;
            disk::sync_folder(path)
        };
        write().map_err(|error| {
            if error.kind() == std::io::ErrorKind::AlreadyExists {
                return wrong("there is a file already, and it may be the key of a vault".into());
            }
            // What was begun here is no key.
            let _gone = fs::remove_file(path);
            wrong(error.to_string())
        })?;
        Self::read_file(path)
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self.0 {
            Secret::Passphrase(_) => "passphrase",
            Secret::File(_) => "key file",
        }
    }

    /// Whether it may lock a vault that is made new.
    pub(super) fn fit(&self) -> Result<(), VaultError> {
        let Secret::Passphrase(text) = &self.0 else { return Ok(()) };
        if text.expose_secret().chars().count() < SHORTEST {
            let words = format!("it must have at least {SHORTEST} characters");
            return Err(VaultError::Passphrase(words));
        }
        Ok(())
    }

    /// Whether it is made from a passphrase.
    pub(super) const fn is_passphrase(&self) -> bool {
        matches!(self.0, Secret::Passphrase(_))
    }

    /// The cipher that it stands for. `strength` and `salt` count for a passphrase alone.
    pub(super) fn cipher(
        &self,
        strength: Strength,
        salt: &[u8; SALT],
    ) -> Result<XChaCha20Poly1305, VaultError> {
        let text = match &self.0 {
            Secret::File(key) => return Ok(XChaCha20Poly1305::new(key.expose_secret().into())),
            Secret::Passphrase(text) => text,
        };
        strength.check()?;
        let refused = |_| VaultError::Passphrase("no key can be made from it".to_owned());
        let Strength { memory_kib, passes, lanes } = strength;
        let params = Params::new(memory_kib, passes, lanes, Some(KEY)).map_err(refused)?;
        let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0_u8; KEY]);
        let password = text.expose_secret().as_bytes();
        argon
            .hash_password_into_with_memory(password, salt, &mut *key, memory.as_mut_slice())
            .map_err(refused)?;
        let mut key = chacha20poly1305::Key::from(*key);
        let cipher = XChaCha20Poly1305::new(&key);
        key.zeroize();
        Ok(cipher)
    }
}

/// Reads a passphrase from a file that nobody but its owner may read: all of it, without a
/// line's end.
pub fn read_passphrase(path: &Path) -> Result<SecretString, VaultError> {
    let wrong = |why: String| VaultError::Passphrase(format!("{}: {why}", path.display()));
    disk::only_owner(path).map_err(wrong)?;
    let read = disk::read(path, LONGEST + 1).map_err(|error| wrong(error.to_string()))?;
    let bytes = Zeroizing::new(read);
    if bytes.len() as u64 > LONGEST {
        return Err(wrong(format!("over {LONGEST} bytes are no passphrase")));
    }
    let text = core::str::from_utf8(&bytes).map_err(|_| wrong("it is no UTF-8".to_owned()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(text.strip_suffix('\r').unwrap_or(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reasonable_work_is_taken() {
        let check = |memory_kib, passes, lanes| {
            Strength { memory_kib, passes, lanes }.check().map_err(|e| e.to_string())
        };
        assert_eq!(Strength::DEFAULT.check().ok(), Some(()));
        assert_eq!(check(8, 1, 1), Ok(()));
        for (strength, words) in [
            ((7, 1, 1), "memory_kib = 7 of Argon2id is outside 8 to 4194304"),
            ((31, 1, 4), "memory_kib = 31 of Argon2id is outside 32 to 4194304"),
            ((u32::MAX, 1, 1), "memory_kib = 4294967295"),
            ((64, 0, 1), "passes = 0"),
            ((64, 101, 1), "passes = 101"),
            ((64, 1, 0), "lanes = 0"),
            ((64, 1, u32::MAX), "lanes = 4294967295"),
        ] {
            let error = check(strength.0, strength.1, strength.2).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = VaultKey::make_file(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        let again = VaultKey::make_file(&path).unwrap_err().to_string();
        assert!(again.contains("may be the key of a vault"), "{again}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "it is left alone");
        assert_eq!((bytes.len(), made.kind()), (KEY, "key file"));
        assert_eq!(format!("{made:?}"), "VaultKey(\"key file\")");
        for (length, words) in [(31, "has 31"), (0, "has 0"), (33, "has more")] {
            fs::write(&path, vec![1; length]).unwrap();
            let error = VaultKey::read_file(&path).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let missing = VaultKey::read_file(&folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.contains("none"), "{missing}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_belongs_to_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        VaultKey::make_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = VaultKey::read_file(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_short_passphrase_locks_nothing() {
        let key = VaultKey::passphrase("eleven char".into());
        let error = key.fit().unwrap_err().to_string();
        assert_eq!(error, "passphrase: it must have at least 12 characters");
        assert!(VaultKey::passphrase("twelve chars".into()).fit().is_ok());
        assert_eq!(format!("{key:?}"), "VaultKey(\"passphrase\")");
    }

    #[test]
    fn a_passphrase_is_read_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let read = |bytes: &[u8]| {
            let _gone = fs::remove_file(&path);
            disk::new_file(&path).unwrap().write_all(bytes).unwrap();
            let text = read_passphrase(&path).map_err(|e| e.to_string())?;
            Ok::<_, String>(text.expose_secret().to_owned())
        };
        for text in ["two words \n", "two words \r\n", "two words "] {
            assert_eq!(read(text.as_bytes()).unwrap(), "two words ");
        }
        assert_eq!(read(b"a\n\n").unwrap(), "a\n");
        assert!(read(b"secret\xff").unwrap_err().contains("it is no UTF-8"));
        assert!(read(&vec![b'a'; 4097]).unwrap_err().contains("over 4096 bytes"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let error = read_passphrase(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }
}
