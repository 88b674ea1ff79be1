//! An instrument's name, told by the names of its files.

use super::error::LoadError;
use crate::series::error::SeriesFault;

/// The one symbol that all file names begin with: `FILUSDT` of
/// `FILUSDT-1m-2023-08.csv.gz` and of `kraken-FILUSDT_1m.csv`.
pub fn symbol_of(paths: &[String]) -> Result<String, LoadError> {
    let mut names = Vec::new();
    for path in paths {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let is_symbol = |part: &&str| {
            let upper = part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            part.len() >= 3 && upper && part.bytes().any(|b| b.is_ascii_uppercase())
        };
        let Some(symbol) = name.split(['-', '_', '.']).find(is_symbol) else {
            return Err(LoadError::SymbolUnclear { names: vec![name.to_owned()] });
        };
        if !names.iter().any(|known| known == symbol) {
            names.push(symbol.to_owned());
        }
    }
    match names.len() {
        0 => Err(SeriesFault::Nothing.into()),
        1 => Ok(names.remove(0)),
        _ => Err(LoadError::SymbolUnclear { names }),
    }
}
