//! Figures as the bytes they are kept in.

/// Bits that stand on the disk for a value that there is none of.
const NONE: u64 = 0x7ff8_0000_0000_0000;

pub(super) fn put_cell(body: &mut Vec<u8>, value: Option<f64>) {
    let bits = value.filter(|v| v.is_finite()).map_or(NONE, f64::to_bits);
    body.extend_from_slice(&bits.to_le_bytes());
}

pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let (whole, _) = bytes.as_chunks::<8>();
    whole.iter().map(|b| u64::from_le_bytes(*b))
}

pub(super) fn cells(bytes: &[u8]) -> impl Iterator<Item = Option<f64>> + '_ {
    numbers(bytes).map(|bits| Some(f64::from_bits(bits)).filter(|v| v.is_finite()))
}
