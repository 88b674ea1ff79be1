//! Random numbers of the machine, for keys and for numbers that must never come again. What
//! decides never asks for one.

/// The machine gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no random numbers")]
pub struct NoRandom;

/// Fills `bytes` with random numbers.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), NoRandom> {
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(bytes).map_err(|_| NoRandom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_differ() {
        let (mut one, mut two) = ([0; 24], [0; 24]);
        random(&mut one).unwrap();
        random(&mut two).unwrap();
        assert!(one != two && one != [0; 24]);
    }
}
