//! The trace of a day, as one number.

use std::hash::{DefaultHasher, Hasher};

/// So many bytes are hashed at once, which is faster than a few at a time.
const WHOLE: usize = 1 << 16;

/// Hashes what is written to it.
#[derive(Default)]
pub(super) struct Trace {
    hash: DefaultHasher,
    text: String,
}

impl Trace {
    /// A number that is the same where the trace is.
    pub(super) fn number(mut self) -> u64 {
        self.hash.write(self.text.as_bytes());
        self.hash.finish()
    }
}

impl core::fmt::Write for Trace {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.text.push_str(text);
        if self.text.len() >= WHOLE {
            self.hash.write(self.text.as_bytes());
            self.text.clear();
        }
        Ok(())
    }
}
