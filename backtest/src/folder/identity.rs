//! Hashes that tell files, configurations and searches apart.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of all that makes one search what it is: configuration, axes, data,
/// version. Two searches of one identity give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Identity(pub [u8; 32]);

impl Identity {
    /// The identity of anything that can be written as JSON.
    ///
    /// Panics where it cannot, as a map cannot whose keys are no texts: a fault of the
    /// caller, and two searches must not share an identity by it.
    #[must_use]
    pub fn of(what: &impl Serialize) -> Self {
        let json = serde_json::to_vec(what).expect("what identifies a search is JSON");
        Self(Sha256::digest(json).into())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.to_string()
    }
}

impl TryFrom<String> for Identity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{text} is not 64 lower-case hex digits");
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 64 || !text.bytes().all(digits) {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes).map_err(|_| bad())?;
        Ok(Self(bytes))
    }
}

/// SHA-256 of a file's bytes, hex.
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut bytes = vec![0; 1 << 16];
    loop {
        match file.read(&mut bytes)? {
            0 => break,
            n => hash.update(&bytes[..n]),
        }
    }
    Ok(hex::encode(hash.finalize()))
}
