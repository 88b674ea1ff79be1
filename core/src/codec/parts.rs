//! The parts that events and intents are made of.

use alloc::string::String;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::reader::{DecodeError, DecodeFault, Reader};
use crate::instrument::InstrumentId;
use crate::order::{OrderId, SlotId};
use crate::units::{Fraction, Lots, Nanos, Side, Ticks};

/// A value with a layout of bytes.
pub(super) trait Coded: Sized {
    /// Appends the value's bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads a value that [`Coded::put`] wrote; names what is wrong with other bytes.
    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// Codes of an enum without fields, stated once for both directions.
macro_rules! codes {
    ($what:ident: $($variant:ident = $code:literal),+) => {
        impl Coded for $what {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$variant => $code),+ });
            }

            fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
                match from.byte()? {
                    $($code => Ok(Self::$variant),)+
                    code => Err(from.unknown(code)),
                }
            }
        }
    };
}
pub(super) use codes;

/// A structure is its fields, in the order of their declaration.
macro_rules! fields {
    ($what:ident: $($field:ident),+) => {
        impl Coded for $what {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $($field.put(out);)+
            }

            fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self { $($field: Coded::get(from.name(stringify!($field)))?),+ })
            }
        }
    };
}
pub(super) use fields;

codes!(Side: Buy = 0, Sell = 1);

/// Types around an integer whose every value is one of theirs.
macro_rules! integers {
    ($($what:ident($integer:ident)),+) => {$(
        impl Coded for $what {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.0.to_le_bytes());
            }

            fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self($integer::from_le_bytes(from.array()?)))
            }
        }
    )+};
}

integers!(Nanos(i64), Ticks(i64), InstrumentId(u16), SlotId(u16), OrderId(u64));

/// Plain integers.
macro_rules! plain {
    ($($integer:ident),+) => {$(
        impl Coded for $integer {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }

            fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
                from.array().map(Self::from_le_bytes)
            }
        }
    )+};
}

plain!(u8, u32, u64, i64, i128);

impl Coded for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            code => Err(from.unknown(code)),
        }
    }
}

impl Coded for Lots {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.get().to_le_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = from.at();
        let n = i64::from_le_bytes(from.array()?);
        Self::new(n).ok_or_else(|| from.fault(at, DecodeFault::Negative(n)))
    }
}

impl Coded for Decimal {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.mantissa().to_le_bytes());
        // At most 28.
        out.push(self.scale() as u8);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = from.at();
        let mantissa = i128::from_le_bytes(from.array()?);
        let scale = u32::from(from.byte()?);
        Self::try_from_i128_with_scale(mantissa, scale)
            .map_err(|_| from.fault(at, DecodeFault::Decimal))
    }
}

/// Its shortest form: the numerator, and how many decimals it has.
impl Coded for Fraction {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.num().to_le_bytes());
        // At most 18.
        out.push(self.den().ilog10() as u8);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = from.at();
        let num = i64::from_le_bytes(from.array()?);
        let scale = u32::from(from.byte()?);
        let found = (scale <= 18).then(|| Self::lit(num, scale));
        let shortest = found.filter(|f| f.num() == num && f.den().ilog10() == scale);
        shortest.ok_or_else(|| from.fault(at, DecodeFault::Decimal))
    }
}

impl Coded for f64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = from.at();
        let x = Self::from_le_bytes(from.array()?);
        if x.is_finite() { Ok(x) } else { Err(from.fault(at, DecodeFault::NotFinite)) }
    }
}

impl<T: Coded> Coded for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if bool::get(from)? { T::get(from).map(Some) } else { Ok(None) }
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|member| member.put(out));
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        (0..from.length(1)?).map(|_| T::get(from)).collect()
    }
}

impl<T: Coded + Copy + Default, const N: usize> Coded for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|member| member.put(out));
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut members = [T::default(); N];
        for member in &mut members {
            *member = T::get(from)?;
        }
        Ok(members)
    }
}

impl<A: Coded, B: Coded> Coded for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::get(from)?, B::get(from)?))
    }
}

/// The length in bytes, and the bytes of the text in UTF-8.
impl Coded for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend(self.as_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = from.at();
        Self::from_utf8(Vec::get(from)?).map_err(|_| from.fault(at, DecodeFault::Text))
    }
}
