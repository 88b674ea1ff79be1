//! What no type holds of a live configuration: ranges, names, and what must agree.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_config::{AccountTerms, ConfigError, Strategies, hint};
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::strategy::builtin::StrategyParams;
use tickstep_core::strategy::scalper::Pressure;
use tickstep_core::units::{Fraction, Nanos};

use super::venue::within;
use super::{
    AccountEntry, BinanceConfig, FeedConfig, LiveConfig, TemplateConfig, TemplateSize, VenueConfig,
};
use crate::feed::binance::BinanceMarket;

/// A name of which environment, paths and messages can be made.
fn named(at: &str, name: &str) -> Result<(), ConfigError> {
    let odd = |c: char| !(c.is_alphanumeric() || c == '-' || c == '_');
    if name.is_empty() || name.contains(odd) || name.parse::<u64>().is_ok() {
        let words = format!("\"{name}\" cannot be a name; write letters, digits and -");
        return Err(ConfigError::at_key(at, &words));
    }
    Ok(())
}

fn there<'a>(
    at: &str,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), ConfigError> {
    if known.clone().any(|k| k == name) {
        return Ok(());
    }
    let listed: Vec<&str> = known.clone().collect();
    let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let words = format!("no {what} is called {name}; there is {listed}{}", hint(name, known));
    Err(ConfigError::at_key(at, &words))
}

impl LiveConfig {
    pub(super) fn checked(self) -> Result<Self, ConfigError> {
        self.reference.validate().map_err(of_reference)?;
        self.simulation.validate()?;
        match self.simulation.intrabar {
            Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath => {}
            Intrabar::FinerBars | Intrabar::FinerBarsTarget => {
                let words = "finer bars are files of a backtest; write stop_first";
                return Err(ConfigError::at_key("simulation.intrabar", words));
            }
        }
        self.risk.validate().map_err(|e| ConfigError::param("risk", e))?;
        self.check_market()?;
        self.limits.check()?;
        self.journal.check()?;
        self.record.check()?;
        self.store.check()?;
        self.alerts.check(self.account_names())?;
        self.feed.check()?;
        self.check_accounts()?;
        self.check_venues()?;
        self.check_templates()?;
        self.check_feed_account()?;
        // Whatever else keeps a runner from being built is found here rather than at start.
        self.setup(Nanos(0)).map(drop)?;
        Ok(self)
    }

    /// The terms of the instruments, in their order.
    pub(super) fn terms(&self) -> AccountTerms<'_> {
        let terms = self.instrument.iter().map(|i| &i.terms).collect();
        AccountTerms { currency: &self.reference.currency, terms }
    }

    fn symbols(&self) -> impl Iterator<Item = &str> + Clone {
        self.instrument.iter().map(|i| i.terms.symbol.as_str())
    }

    fn check_market(&self) -> Result<(), ConfigError> {
        for (key, none) in [
            ("instrument", self.instrument.is_empty()),
            ("strategy", self.strategy.is_empty()),
            ("account", self.account.is_empty()),
        ] {
            if none {
                let words = format!("there is none; write at least one [[{key}]]");
                return Err(ConfigError::at_key(key, &words));
            }
        }
        let terms = self.terms();
        for (i, instrument) in self.instrument.iter().enumerate() {
            instrument.check(i, &terms)?;
        }
        Strategies(&self.strategy).check(&terms)?;
        for (i, strategy) in self.strategy.iter().enumerate() {
            let Some(levels) = strategy.params.built_in().and_then(book_levels) else { continue };
            let words = match &self.feed {
                FeedConfig::MatchTrader { .. } => {
                    "looks at the order book, which this feed does not have; take kind = \
                     \"binance_futures\" or \"binance_spot\" in [feed], or write \
                     pressure_rule = \"buy_share\" or \"off\""
                        .to_owned()
                }
                // Whether a recording has books is seen when it is opened.
                FeedConfig::Tape { .. } => continue,
                FeedConfig::BinanceFutures(feed) | FeedConfig::BinanceSpot(feed) => {
                    match feed.depth_levels.map(usize::from) {
                        Some(told) if told < levels => {
                            format!(
                                "looks at {levels} levels of the book, and feed.depth_levels is {told}"
                            )
                        }
                        Some(_) | None => continue,
                    }
                }
            };
            return Err(ConfigError::at_key(&format!("strategy[{i}].params"), &words));
        }
        Ok(())
    }

    fn check_venues(&self) -> Result<(), ConfigError> {
        for (name, venue) in &self.venue {
            let at = format!("venue.{name}");
            named(&at, name)?;
            if !self.account.iter().any(|account| account.venue == *name) {
                let words = "no account is there; remove it";
                return Err(ConfigError::at_key(&at, words));
            }
            let documented = matches!(venue, VenueConfig::MatchTrader(_));
            let Some(broker) = venue.broker() else { continue };
            broker.check(documented).map_err(|e| e.below(&at))?;
            for symbol in broker.symbols.keys() {
                there(&format!("{at}.symbols"), "instrument", symbol, self.symbols())?;
            }
        }
        Ok(())
    }

    fn check_templates(&self) -> Result<(), ConfigError> {
        for (name, template) in &self.template {
            let at = format!("template.{name}");
            named(&at, name)?;
            if !self.account.iter().any(|account| account.template.as_ref() == Some(name)) {
                let words = "no account follows it; name it in an [[account]], or remove it";
                return Err(ConfigError::at_key(&at, words));
            }
            self.check_template(template, &at)?;
        }
        Ok(())
    }

    fn check_template(&self, template: &TemplateConfig, at: &str) -> Result<(), ConfigError> {
        let key = |key: &str| format!("{at}.{key}");
        let most = self.limits.max_quantity;
        for (i, strategy) in self.strategy.iter().enumerate() {
            let sizing = template.sizing(&strategy.sizing, self.reference.cash, None);
            sizing.validate().map_err(|e| {
                let inner = matches!(e.field, "min_quantity" | "max_quantity");
                let of_strategy = matches!(template.size, TemplateSize::Own);
                let below = match (inner, of_strategy) {
                    (true, _) => at.to_owned(),
                    (false, true) => format!("strategy[{i}].sizing"),
                    (false, false) => key("size"),
                };
                ConfigError::param(&below, e.into())
            })?;
        }
        if let (Some(least), Some(most)) = (template.min_quantity, most)
            && most < least
        {
            let words =
                format!("{least} is above limits.max_quantity, {most}, so nothing is entered");
            return Err(ConfigError::at_key(&key("min_quantity"), &words));
        }
        if let Some(ms) = template.oldest_signal_ms {
            within(&key("oldest_signal_ms"), ms, 1, 30_000)?;
        }
        if let Some(ms) = template.oldest_price_ms {
            within(&key("oldest_price_ms"), ms, 1, u32::MAX)?;
        }
        if let Some(moved) = template.max_price_move
            && !(Fraction::ZERO < moved && moved < Fraction::lit(1, 0))
        {
            let words = format!("{moved} is out of range; it must be above 0 and below 1");
            return Err(ConfigError::at_key(&key("max_price_move"), &words));
        }
        if let Some(floor) = template.free_margin_floor.filter(|f| *f < Decimal::ZERO) {
            let words = format!("{floor} is out of range; it must be 0 or more");
            return Err(ConfigError::at_key(&key("free_margin_floor"), &words));
        }
        for (list, symbols) in
            [("allow", template.allow.as_deref()), ("deny", Some(&*template.deny))]
        {
            for symbol in symbols.into_iter().flatten() {
                there(&key(list), "instrument", symbol, self.symbols())?;
            }
        }
        if !self.symbols().any(|symbol| template.trades(symbol)) {
            let words = "leaves no instrument to trade";
            return Err(ConfigError::at_key(&key("allow"), words));
        }
        template.limits(&self.risk, at).map(drop)
    }

    fn check_accounts(&self) -> Result<(), ConfigError> {
        let mut numbers: BTreeMap<(String, &str), &str> = BTreeMap::new();
        for (i, account) in self.account.iter().enumerate() {
            let at = |key: &str| format!("account[{i}].{key}");
            named(&at("name"), &account.name)?;
            let same = |other: &AccountEntry| other.name.eq_ignore_ascii_case(&account.name);
            if self.account[..i].iter().any(same) {
                let words = format!("two accounts are called {}; names must differ", account.name);
                return Err(ConfigError::at_key(&at("name"), &words));
            }
            let venues = self.venue.keys().map(String::as_str);
            there(&at("venue"), "venue", &account.venue, venues)?;
            if let Some(template) = &account.template {
                let templates = self.template.keys().map(String::as_str);
                there(&at("template"), "template", template, templates)?;
            }
            if let Some(cash) = account.cash.filter(|cash| *cash <= Decimal::ZERO) {
                let words = format!("{cash} is out of range; it must be above 0");
                return Err(ConfigError::at_key(&at("cash"), &words));
            }
            let venue = self.venue_of(account);
            let broker = venue.as_ref().and_then(VenueConfig::broker);
            if account.url.is_some() {
                let Some(broker) = broker else {
                    let words = "an account on paper has no server; remove it";
                    return Err(ConfigError::at_key(&at("url"), words));
                };
                let documented = matches!(venue, Some(VenueConfig::MatchTrader(_)));
                // All but its address is the venue's, and told there.
                if let Err(ConfigError::AtKey { key, message }) = broker.check(documented)
                    && key == "url"
                {
                    return Err(ConfigError::AtKey { key: at("url"), message });
                }
            }
            match (broker, account.number.as_deref().map(str::trim)) {
                (Some(broker), Some(number)) if !number.is_empty() => {
                    let own = (broker.server().to_owned(), number);
                    if let Some(other) = numbers.insert(own, &account.name) {
                        let words = format!("{number} is the number of {other} too");
                        return Err(ConfigError::at_key(&at("number"), &words));
                    }
                }
                (Some(_), _) => {
                    let words = "the broker's number of the account is not stated; write number \
                                 = \"950552\"";
                    return Err(ConfigError::at_key(&at("number"), words));
                }
                (None, Some(_)) => {
                    let words = "an account on paper has no number; remove it";
                    return Err(ConfigError::at_key(&at("number"), words));
                }
                (None, None) if !account.enabled => {
                    let words = "an account on paper is there or not; remove it instead";
                    return Err(ConfigError::at_key(&at("enabled"), words));
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn check_binance(
        &self,
        feed: &BinanceConfig,
        market: BinanceMarket,
    ) -> Result<(), ConfigError> {
        for symbol in feed.symbols.keys() {
            there("feed.symbols", "instrument", symbol, self.symbols())?;
        }
        for (i, instrument) in self.instrument.iter().enumerate() {
            let at = |key: &str| format!("instrument[{i}].{key}");
            let length = Nanos::SECOND.times(i64::from(instrument.interval_s));
            if market.interval(length).is_none() {
                let words = format!(
                    "Binance has no bars of {} s; it has them of 60, 180, 300, 900, 1800, 3600, \
                     7200, 14400, 21600, 28800, 43200 and 86400 s, and of 1 s on spot",
                    instrument.interval_s
                );
                return Err(ConfigError::at_key(&at("interval_s"), &words));
            }
            let units = Decimal::from(100_000_000);
            let tick = instrument.terms.tick_size.and_then(|tick| tick.checked_mul(units));
            if tick.is_some_and(|tick| !tick.is_integer()) {
                let words = "Binance has prices of at most 8 decimals";
                return Err(ConfigError::at_key(&at("tick_size"), words));
            }
        }
        Ok(())
    }

    /// Levels of a book that the strategies look at, as far as they say so themselves.
    #[must_use]
    pub fn book_levels(&self) -> usize {
        let built_in = self.strategy.iter().filter_map(|s| s.params.built_in());
        built_in.filter_map(book_levels).max().unwrap_or(0)
    }

    fn check_feed_account(&self) -> Result<(), ConfigError> {
        let account = match &self.feed {
            FeedConfig::BinanceFutures(feed) => {
                return self.check_binance(feed, BinanceMarket::UsdM);
            }
            FeedConfig::BinanceSpot(feed) => return self.check_binance(feed, BinanceMarket::Spot),
            FeedConfig::MatchTrader { account, .. } => account,
            FeedConfig::Tape { funding, .. } => {
                let mut listed = funding.keys();
                return listed.try_for_each(|symbol| {
                    there("feed.funding", "instrument", symbol, self.symbols())
                });
            }
        };
        there("feed.account", "account", account, self.account_names())?;
        let own = self.account.iter().find(|a| a.name == *account);
        let venue = own.and_then(|a| self.venue.get(&a.venue));
        if venue.is_some_and(|v| v.broker().is_some()) && own.is_some_and(|a| a.enabled) {
            return Ok(());
        }
        let words = format!("{account} has no session at a broker");
        Err(ConfigError::at_key("feed.account", &words))
    }
}

/// Levels of a book that a strategy looks at, where it does.
fn book_levels(params: &StrategyParams) -> Option<usize> {
    match params {
        StrategyParams::Scalper(params) if params.pressure_rule == Pressure::Imbalance => {
            Some(params.depth.depth)
        }
        StrategyParams::Scalper(_) | StrategyParams::SmaCross(_) | StrategyParams::Outside(_) => {
            None
        }
    }
}

/// What a backtest's `[account]` is called here.
fn of_reference(fault: ConfigError) -> ConfigError {
    match fault {
        ConfigError::AtKey { key, message } => {
            let rest = key.strip_prefix("account").unwrap_or(&key);
            ConfigError::AtKey { key: format!("reference{rest}"), message }
        }
        other => other,
    }
}
