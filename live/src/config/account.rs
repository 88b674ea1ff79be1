//! Accounts, and the templates that say how each takes part in a decision.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use tickstep_config::{ConfigError, read};
use tickstep_core::risk::RiskParams;
use tickstep_core::sizing::{Scaled, Sizing};
use tickstep_core::units::{Fraction, Nanos};
use toml::Table;

use crate::runner::OrderRules;

/// An account. Its login is in the vault, under the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountEntry {
    /// What people call it; letters, digits and `-`.
    pub name: String,
    /// The venue it is at.
    pub venue: String,
    /// Where its server is, where that is another one than the venue's; all else of the venue
    /// holds there too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The broker's number of it. No other account is ever traded on, whatever the login
    /// opens. None on paper.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    pub number: Option<String>,
    /// The template that it follows; without one every strategy is sized by its own method
    /// on what this account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Whether it is logged in.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Cash on paper, above 0; `reference.cash` when absent. A broker says what there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash: Option<Decimal>,
    /// Balance that `max_drawdown` and `profit_target` are measured from, above 0: what an
    /// account was given that has traded before. Without one that of its template's `risk`
    /// counts, then that of `[risk]`, then the first balance that is read, which is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_balance: Option<Decimal>,
}

const fn yes() -> bool {
    true
}

fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "the broker's number of the account, such as \"950552\"")]
    enum Written {
        Text(String),
        Number(u64),
    }
    Ok(Some(match Written::deserialize(from)? {
        Written::Text(text) => text,
        Written::Number(number) => number.to_string(),
    }))
}

/// How an account takes part in a decision.
///
/// A multiplier and a ratio start from the quantity that the strategy's own `sizing` gives
/// an account that has `reference.cash` and nothing open ([`Scaled`]):
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_core::sizing::{Scaled, Sizing};
/// use tickstep_live::config::{TemplateConfig, TemplateSize};
///
/// // The file is written for 100,000. A strategy buys for 10,000, so 2,500 at a price of 4.
/// let (cash, own) = (Decimal::from(100_000), Sizing::FixedNotional { notional: 10_000.into() });
/// let template = |size| TemplateConfig { size, ..TemplateConfig::own() };
/// // `multiplier` with factor 0.5: 1,250 whatever the account has.
/// let half = template(TemplateSize::Multiplier { factor: Decimal::new(5, 1) });
/// let scaled = Scaled { reference: Some(cash), ..Scaled::of(own.clone()) };
/// let wanted = Scaled { factor: Decimal::new(5, 1), ..scaled.clone() };
/// assert_eq!(half.sizing(&own, cash, None), Sizing::Scaled(Box::new(wanted)));
/// // `balance_ratio`: 625 with a balance of 25,000, as a quarter of 2,500.
/// let ratio = template(TemplateSize::BalanceRatio { factor: Decimal::ONE });
/// let wanted = Scaled { by_balance: true, ..scaled };
/// assert_eq!(ratio.sizing(&own, cash, None), Sizing::Scaled(Box::new(wanted)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateConfig {
    /// How the quantity of an entry is found.
    pub size: TemplateSize,
    /// Quantity below which nothing is entered, base units or contracts. Nothing is rounded
    /// up to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<Decimal>,
    /// Largest quantity, base units or contracts; what is above is made smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_quantity: Option<Decimal>,
    /// The only symbols that are traded; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// Symbols that are not traded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// Oldest decision that is executed, in milliseconds, 1 to 30,000; at a broker 30,000 when
    /// absent. On paper it is held against the open at which an entry fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_signal_ms: Option<u32>,
    /// Oldest price that is traded on, in milliseconds, 1 or more; any when absent. On paper
    /// an entry fills at a price that has just come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_price_ms: Option<u32>,
    /// Farthest that the price may have moved since the decision, a fraction of it, above 0
    /// and below 1; any when absent. On paper that is the price of the open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price_move: Option<Fraction>,
    /// Free margin below which nothing is opened, account currency, 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_margin_floor: Option<Decimal>,
    /// Limits of the account, with the keys of `[risk]`; each takes the place of the one
    /// there, and those left out are as there.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub risk: Table,
}

/// How the quantity of an entry is found on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum TemplateSize {
    /// By the strategy's own method, on what this account has.
    Own,
    /// So many times the quantity on an account that has `reference.cash`.
    Multiplier {
        /// What it is multiplied by, above 0 to 1,000.
        factor: Decimal,
    },
    /// That quantity in proportion to this account's balance over `reference.cash`.
    BalanceRatio {
        /// What it is multiplied by on top, above 0 to 1,000.
        #[serde(default = "one")]
        factor: Decimal,
    },
    /// Always the same quantity.
    FixedQuantity {
        /// Base units or contracts, above 0.
        quantity: Decimal,
    },
    /// By what is lost at the stop, on what this account has.
    Risk {
        /// Fraction of equity that is lost there, 0.01 to 0.05.
        risk_fraction: Fraction,
        /// Fraction of free margin that the position may use, above 0 to 1.
        max_margin_use: Fraction,
    },
}

const fn one() -> Decimal {
    Decimal::ONE
}

impl TemplateConfig {
    /// What an account without a template follows: the strategies' own sizes, no bounds.
    #[must_use]
    pub fn own() -> Self {
        Self {
            size: TemplateSize::Own,
            min_quantity: None,
            max_quantity: None,
            allow: None,
            deny: Vec::new(),
            oldest_signal_ms: None,
            oldest_price_ms: None,
            max_price_move: None,
            free_margin_floor: None,
            risk: Table::new(),
        }
    }

    /// The sizing of a strategy whose own method is `own`, where the file is written for
    /// `cash` and no account may have more than `most`.
    #[must_use]
    pub fn sizing(&self, own: &Sizing, cash: Decimal, most: Option<Decimal>) -> Sizing {
        let reference = Some(cash);
        let scaled = match &self.size {
            TemplateSize::Own => Scaled::of(own.clone()),
            TemplateSize::Multiplier { factor } => {
                Scaled { reference, factor: *factor, ..Scaled::of(own.clone()) }
            }
            TemplateSize::BalanceRatio { factor } => {
                Scaled { reference, factor: *factor, by_balance: true, ..Scaled::of(own.clone()) }
            }
            TemplateSize::FixedQuantity { quantity } => {
                Scaled::of(Sizing::FixedQuantity { quantity: *quantity })
            }
            TemplateSize::Risk { risk_fraction, max_margin_use } => Scaled::of(Sizing::Risk {
                risk_fraction: *risk_fraction,
                max_margin_use: *max_margin_use,
            }),
        };
        let max_quantity = [self.max_quantity, most].into_iter().flatten().min();
        let scaled = Scaled { min_quantity: self.min_quantity, max_quantity, ..scaled };
        if scaled == Scaled::of(scaled.of.clone()) {
            return scaled.of;
        }
        Sizing::Scaled(Box::new(scaled))
    }

    /// Whether an instrument is traded.
    #[must_use]
    pub fn trades(&self, symbol: &str) -> bool {
        let named = |list: &Vec<String>| list.iter().any(|s| s == symbol);
        self.allow.as_ref().is_none_or(named) && !named(&self.deny)
    }

    /// What orders are checked for before they are sent.
    #[must_use]
    pub fn rules(&self) -> OrderRules {
        let ms = |ms: u32| Nanos(i64::from(ms) * 1_000_000);
        OrderRules {
            oldest: self.oldest_signal_ms.map(ms),
            price_age: self.oldest_price_ms.map(ms),
            most_moved: self.max_price_move,
            free_margin_floor: self.free_margin_floor,
        }
    }

    /// The limits of the account, those of all below its own; `at` is where the template is.
    pub(super) fn limits(&self, of_all: &RiskParams, at: &str) -> Result<RiskParams, ConfigError> {
        let of_all = Table::try_from(of_all)
            .map_err(|error| ConfigError::at_key("risk", &error.to_string()))?;
        let at = format!("{at}.risk");
        let mut table = of_all;
        table.extend(self.risk.clone());
        let limits: RiskParams = read(table, &[]).map_err(|e| e.below(&at))?;
        limits.validate().map_err(|e| ConfigError::param(&at, e))?;
        Ok(limits)
    }
}
