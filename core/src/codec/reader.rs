//! Bytes read in order, and what may be wrong with them.

/// The version that is written.
pub const VERSION: u8 = 3;

/// Bytes that are no event or no intent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}, {field}: {fault}")]
pub struct DecodeError {
    /// Place of the byte that is wrong, counted from 0.
    pub at: usize,
    /// Name of the field that should be there.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: DecodeFault,
}

/// What is wrong with bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// Too few of them.
    #[error("the bytes end here, {0} more are needed")]
    Ended(usize),
    /// Too many of them.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
    /// Written by another release.
    #[error("version {0} is not known here; read it with the release that wrote it or a newer one")]
    Version(u8),
    /// A code that stands for nothing.
    #[error("code {0} stands for nothing")]
    Unknown(u8),
    /// A quantity below zero.
    #[error("{0} is below zero")]
    Negative(i64),
    /// A decimal of more than 96 bits or 28 decimals, or a fraction that is written shorter.
    #[error("no decimal has this mantissa and scale")]
    Decimal,
    /// A text that is not UTF-8.
    #[error("it is no text")]
    Text,
    /// A float that is no number.
    #[error("it is no finite number")]
    NotFinite,
    /// A list longer than the bytes at hand.
    #[error("{members} members do not fit into the {left} bytes that are left")]
    Long {
        /// Members that the list should have.
        members: u64,
        /// Bytes after its length.
        left: usize,
    },
}

/// Bytes that are read in order.
#[derive(Debug)]
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    field: &'static str,
    version: u8,
}

impl<'b> Reader<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, field: "version", version: 0 }
    }

    /// Names what is read next.
    pub(super) const fn name(&mut self, field: &'static str) -> &mut Self {
        self.field = field;
        self
    }

    /// Takes the next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.bytes[self.at..].first_chunk::<N>() {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.fault(self.at, DecodeFault::Ended(N - self.left()))),
        }
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The length of a list whose members take at least `size` bytes each.
    pub(super) fn length(&mut self, size: usize) -> Result<usize, DecodeError> {
        let members = u64::from_le_bytes(self.array()?);
        let left = self.left();
        let fits = usize::try_from(members).ok().filter(|n| *n <= left / size);
        fits.ok_or_else(|| self.fault(self.at - 8, DecodeFault::Long { members, left }))
    }

    /// The byte that was read last stands for nothing.
    pub(super) fn unknown(&self, code: u8) -> DecodeError {
        self.fault(self.at - 1, DecodeFault::Unknown(code))
    }

    /// The version of the bytes.
    pub(super) const fn of_version(&self) -> u8 {
        self.version
    }

    /// Checks that the byte read last, a code, is among those that the version of the
    /// bytes has: up to `last[version - 1]`.
    pub(super) fn among(&self, code: u8, last: [u8; VERSION as usize]) -> Result<(), DecodeError> {
        let known = last.get(usize::from(self.version).wrapping_sub(1));
        if known.is_some_and(|last| code <= *last) { Ok(()) } else { Err(self.unknown(code)) }
    }

    /// What is wrong with a value that began at byte `at`.
    pub(super) const fn fault(&self, at: usize, fault: DecodeFault) -> DecodeError {
        DecodeError { at, field: self.field, fault }
    }

    /// Place of the next byte, counted from 0.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The first byte; versions from 1 to [`VERSION`] are known.
    pub(super) fn version(&mut self) -> Result<(), DecodeError> {
        match self.byte()? {
            version if (1..=VERSION).contains(&version) => {
                self.version = version;
                Ok(())
            }
            version => Err(self.fault(0, DecodeFault::Version(version))),
        }
    }

    /// Checks that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        match self.name("end").left() {
            0 => Ok(()),
            left => Err(self.fault(self.at, DecodeFault::Trailing(left))),
        }
    }

    const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}
