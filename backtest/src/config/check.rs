//! What no type holds of a configuration: ranges, and what must agree.

use rust_decimal::Decimal;
use tickstep_core::params::ParamError;
use tickstep_core::sizing::Sizing;

use super::{Config, ConfigError, ConvertMethod, InstrumentConfig, StrategyConfig};

/// A range names the whole path of its key, a contradiction the table it is in.
pub(crate) fn param(at: &str, e: ParamError) -> ConfigError {
    match e {
        ParamError::OutOfRange(e) => ConfigError::at_key(
            &format!("{at}.{}", e.field),
            &format!("{} is out of range; it must be {}", e.value, e.range),
        ),
        ParamError::Conflict(words) => ConfigError::at_key(at, words),
    }
}

impl Config {
    /// Ranges that no type holds. `varied` are keys that are stated later, again and again,
    /// as a search states them set by set; each configuration made so is checked then.
    pub(crate) fn checked(self, varied: &[&str]) -> Result<Self, ConfigError> {
        if self.account.currency.trim().is_empty() {
            return Err(ConfigError::at_key(
                "account.currency",
                "is empty; write one, such as USDT",
            ));
        }
        if self.account.cash <= Decimal::ZERO {
            return Err(ConfigError::at_key(
                "account.cash",
                &format!("{} is out of range; it must be above 0", self.account.cash),
            ));
        }
        jiff::tz::TimeZone::get(&self.account.time_zone).map_err(|_| {
            ConfigError::at_key(
                "account.time_zone",
                &format!(
                    "\"{}\" is not an IANA time zone, such as UTC or Asia/Seoul",
                    self.account.time_zone
                ),
            )
        })?;
        if self.simulation.max_gap > 10_000 {
            return Err(ConfigError::at_key(
                "simulation.max_gap",
                &format!("{} is out of range; it must be 0 to 10000", self.simulation.max_gap),
            ));
        }
        if self.simulation.segment_gap_s == 0 {
            return Err(ConfigError::at_key(
                "simulation.segment_gap_s",
                "0 is out of range; it must be 1 or more seconds",
            ));
        }
        self.risk.validate().map_err(|e| param("risk", e))?;
        for (i, strategy) in self.strategy.iter().enumerate() {
            let at = |key| format!("strategy[{i}].{key}");
            strategy.params.validate().map_err(|e| param(&at("params"), e))?;
            strategy.sizing.validate().map_err(|e| param(&at("sizing"), e.into()))?;
            check_stop(strategy, &at("sizing"), varied)?;
            for symbol in strategy.instruments.iter().flatten() {
                self.known(&at("instruments"), symbol)?;
            }
        }
        self.check_names()?;
        for i in 0..self.instrument.len() {
            self.check_instrument(i)?;
        }
        Ok(self)
    }

    fn check_instrument(&self, i: usize) -> Result<(), ConfigError> {
        let instrument = &self.instrument[i];
        let at = |key: &str| format!("instrument[{i}].{key}");
        if instrument.symbol.trim().is_empty() {
            return Err(ConfigError::at_key(&at("symbol"), "is empty; write one, such as FILUSDT"));
        }
        if self.instrument[..i].iter().any(|o| o.symbol == instrument.symbol) {
            let words = format!("{} is listed twice", instrument.symbol);
            return Err(ConfigError::at_key(&at("symbol"), &words));
        }
        if instrument.data.is_empty() {
            return Err(ConfigError::at_key(&at("data"), "names no file"));
        }
        if let Some(key) = instrument.stated_without_format() {
            let words = "goes with a format; name the format too, or remove it";
            return Err(ConfigError::at_key(&at(key), words));
        }
        if instrument.interval_s == Some(0) {
            let words = "0 is out of range; it must be 1 or more seconds";
            return Err(ConfigError::at_key(&at("interval_s"), words));
        }
        if let Some(convert) = &instrument.convert {
            self.known(&at("convert.via"), &convert.via)?;
        }
        let foreign = instrument.quote.as_ref().is_some_and(|q| *q != self.account.currency);
        if foreign != instrument.convert.is_some() {
            let words = if foreign {
                format!(
                    "{} is quoted in {} and the account is in {}; add convert = {{ via = \
                     \"SYMBOL\", method = \"multiply\" or \"divide\" }}",
                    instrument.symbol,
                    instrument.quote.as_deref().unwrap_or_default(),
                    self.account.currency
                )
            } else {
                format!(
                    "{} is quoted in the account's currency, so convert does not apply; \
                     remove it or state quote",
                    instrument.symbol
                )
            };
            return Err(ConfigError::at_key(&at("convert"), &words));
        }
        self.check_conversion(i)?;
        if let Some(funding) = &instrument.funding {
            funding.validate().map_err(|(key, words)| {
                ConfigError::at_key(&at(&format!("funding{key}")), &words)
            })?;
        }
        Ok(())
    }

    fn check_conversion(&self, i: usize) -> Result<(), ConfigError> {
        let instrument = &self.instrument[i];
        let Some(convert) = &instrument.convert else { return Ok(()) };
        let Some(via) = self.instrument.iter().find(|o| o.symbol == convert.via) else {
            return Ok(());
        };
        let quote = |of: &InstrumentConfig| {
            of.quote.clone().unwrap_or_else(|| self.account.currency.clone())
        };
        let (name, quoted, own) = (&via.symbol, quote(via), quote(instrument));
        let account = &self.account.currency;
        let words = match convert.method {
            ConvertMethod::Multiply if via.symbol == instrument.symbol => {
                format!("{name} cannot be multiplied by its own price; name another instrument")
            }
            ConvertMethod::Multiply if quoted != *account => format!(
                "{name} is quoted in {quoted}; to multiply by its price gives {account} only if it \
                 is quoted in {account}"
            ),
            ConvertMethod::Divide if quoted != own => format!(
                "{name} is quoted in {quoted}; to divide {own} by its price it must be quoted in \
                 {own}"
            ),
            _ => return Ok(()),
        };
        Err(ConfigError::at_key(&format!("instrument[{i}].convert.via"), &words))
    }

    /// Names of the strategies, one of a kind or given by the user.
    fn check_names(&self) -> Result<(), ConfigError> {
        let names = self.strategy_names();
        for (i, name) in names.iter().enumerate() {
            let at = format!("strategy[{i}].name");
            let number = name.parse::<u64>().is_ok();
            let odd = |c: char| matches!(c, '.' | '=' | '[' | ']') || c.is_control();
            if name.trim().is_empty() || number || name.contains(odd) {
                let words = format!(
                    "\"{name}\" cannot be a name; write letters, and no point, bracket or equals sign"
                );
                return Err(ConfigError::at_key(&at, &words));
            }
            if names[..i].contains(name) {
                let words = format!("two strategies are called {name}; names must differ");
                return Err(ConfigError::at_key(&at, &words));
            }
        }
        Ok(())
    }

    fn known(&self, at: &str, symbol: &str) -> Result<(), ConfigError> {
        let symbols: Vec<&str> = self.instrument.iter().map(|i| i.symbol.as_str()).collect();
        if symbols.contains(&symbol) {
            return Ok(());
        }
        Err(ConfigError::at_key(
            at,
            &format!("no instrument is called {symbol}; there is {}", symbols.join(", ")),
        ))
    }
}

/// A size that is divided by the distance of a stop needs one: without it every
/// entry would be refused, and nothing traded.
fn check_stop(strategy: &StrategyConfig, at: &str, varied: &[&str]) -> Result<(), ConfigError> {
    let by = match strategy.sizing {
        Sizing::Risk { .. } => "by risk, as it is when sizing is left out,",
        Sizing::Kelly { .. } => "by kelly",
        Sizing::FixedQuantity { .. } | Sizing::FixedNotional { .. } => return Ok(()),
    };
    let stated = |key: &&str| key.ends_with("params.stop_loss") || key.contains(".sizing");
    if strategy.params.has_stop() || varied.iter().any(stated) {
        return Ok(());
    }
    let words = format!(
        "{by} divides by the distance of a stop, and this {} has none, so it would trade \
         nothing; state params.stop_loss, such as 0.005, or a size that needs no stop, such \
         as {{ method = \"fixed_notional\", notional = 10_000 }}",
        strategy.params.kind().name()
    );
    Err(ConfigError::at_key(at, &words))
}
