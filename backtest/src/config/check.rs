//! What no type holds of a configuration: ranges, and what must agree.

use tickstep_config::{AccountTerms, ConfigError, MarketHours, Strategies};

use super::Config;

impl Config {
    /// Ranges that no type holds.
    pub(crate) fn checked(self) -> Result<Self, ConfigError> {
        self.account.validate()?;
        self.simulation.validate()?;
        self.risk.validate().map_err(|e| ConfigError::param("risk", e))?;
        let terms = self.terms();
        Strategies(&self.strategy).check(&terms)?;
        for i in 0..self.instrument.len() {
            self.check_instrument(i, &terms)?;
        }
        Ok(self)
    }

    /// Every instrument has files, as where the configuration is all there is.
    pub(crate) fn with_files(self) -> Result<Self, ConfigError> {
        match self.instrument.iter().position(|instrument| instrument.data.is_empty()) {
            Some(i) => Err(ConfigError::at_key(
                &format!("instrument[{i}].data"),
                "names no file; write data = [\"BTCUSDT-1m-*.csv\"]",
            )),
            None => Ok(self),
        }
    }

    /// The terms of the instruments, in the account's order.
    pub(crate) fn terms(&self) -> AccountTerms<'_> {
        let terms = self.instrument.iter().map(|i| &i.terms).collect();
        AccountTerms { currency: &self.account.currency, terms }
    }

    fn check_instrument(&self, i: usize, terms: &AccountTerms<'_>) -> Result<(), ConfigError> {
        let instrument = &self.instrument[i];
        let at = |key: &str| format!("instrument[{i}].{key}");
        terms.check_symbol(i)?;
        if let Some(key) = instrument.stated_without_format() {
            let words = "goes with a format; name the format too, or remove it";
            return Err(ConfigError::at_key(&at(key), words));
        }
        if instrument.interval_s == Some(0) {
            let words = "0 is out of range; it must be 1 or more seconds";
            return Err(ConfigError::at_key(&at("interval_s"), words));
        }
        if let Some(calendar) = &instrument.calendar {
            MarketHours::of(calendar).map_err(|e| e.below(&at("calendar")))?;
        }
        terms.check_conversion(i)?;
        if let Some(funding) = &instrument.funding {
            funding.validate().map_err(|(key, words)| {
                ConfigError::at_key(&at(&format!("funding{key}")), &words)
            })?;
        }
        Ok(())
    }
}
