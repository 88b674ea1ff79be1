//! Several instruments of one description: files that tell them apart by a column.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::dataset::format_of;
use super::error::SetupError;
use super::files::find;
use crate::config::{Config, ConfigError, InstrumentConfig};
use crate::load::{LoadOptions, symbols_in};

/// The configuration with an instrument for each symbol in the files of those that are to
/// be split, in the order of their names; the others stay as they are. A strategy that
/// names the instrument that was split trades all of them. `progress` may stop it.
pub fn split(
    mut config: Config,
    base: &Path,
    progress: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Config, SetupError> {
    let mut all = Vec::with_capacity(config.instrument.len());
    for (i, wanted) in std::mem::take(&mut config.instrument).into_iter().enumerate() {
        if !wanted.split {
            all.push(wanted);
            continue;
        }
        let parts = parts(&wanted, i, base, progress)?;
        let named = |names: &[String]| names.contains(&wanted.terms.symbol);
        for strategy in &mut config.strategy {
            if let Some(names) = strategy.instruments.as_mut().filter(|names| named(names)) {
                names.retain(|name| *name != wanted.terms.symbol);
                names.extend(parts.iter().map(|part| part.terms.symbol.clone()));
            }
        }
        all.extend(parts);
    }
    config.instrument = all;
    Ok(config.checked()?)
}

fn parts(
    wanted: &InstrumentConfig,
    i: usize,
    base: &Path,
    progress: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Vec<InstrumentConfig>, SetupError> {
    let files: Vec<PathBuf> =
        find(&wanted.terms.symbol, &wanted.data, base)?.into_iter().flatten().collect();
    let opts = LoadOptions { format: format_of(wanted, base)?, ..LoadOptions::default() };
    let symbols = symbols_in(&files, &opts, progress)?;
    if symbols.is_empty() {
        let words = "there is no column of symbols in the files; remove it";
        return Err(ConfigError::at_key(&format!("instrument[{i}].split"), words).into());
    }
    let part = |symbol: &String| {
        let mut part = InstrumentConfig { split: false, ..wanted.clone() };
        part.terms.symbol.clone_from(symbol);
        part
    };
    Ok(symbols.iter().map(part).collect())
}
