//! What a run was made under: everything that moves money, stated or by default, one
//! entry for each key, so that nothing is in force in silence.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::{Instrument, Slippage};
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::sizing::Sizing;
use tickstep_core::stats::Stats;

use crate::config::{Config, FittedConfig, InstrumentConfig, SimulationConfig, StrategyConfig};
use crate::series::Series;

/// A key of the configuration and what holds for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Key, as `--set` takes it.
    pub key: String,
    /// Value in force, as it is written down.
    pub value: String,
    /// Whether it is what holds where the key is left out.
    pub default: bool,
    /// Whether the data showed it, and nobody stated it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
}

/// What `stats.json` holds: every figure, and the terms they were made under.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StatsFile {
    #[serde(flatten)]
    pub stats: Stats,
    /// Absent from the folders of older versions.
    #[serde(default)]
    pub in_force: Vec<Term>,
}

/// The terms of a run of `config` with these instruments and their data, both in the
/// account's order.
#[must_use]
pub fn terms(config: &Config, instruments: &[Instrument], series: &[Series]) -> Vec<Term> {
    let mut terms = TermList(Vec::new());
    terms.push("account.cash", &config.account.cash, false);
    terms.push("account.time_zone", &config.account.time_zone, config.account.time_zone == "UTC");
    if config.account.day_start != "00:00" {
        terms.push("account.day_start", &config.account.day_start, false);
    }
    for (name, strategy) in config.strategy_names().iter().zip(&config.strategy) {
        terms.strategy(name, strategy);
    }
    for (at, (wanted, instrument)) in config.instrument.iter().zip(instruments).enumerate() {
        let stated = config.costs.of(&wanted.terms).ok().map(|costs| costs.slippage);
        let slippage = stated.filter(|_| config.costs.fitted.is_none());
        terms.instrument(wanted, instrument, slippage);
        if let Some(series) = series.get(at) {
            terms.calendar(wanted, instrument, series);
        }
    }
    if let Some(fitted) = &config.costs.fitted {
        terms.fitted(fitted);
    }
    terms.risk(&config.risk);
    terms.simulation(&config.simulation);
    terms.0
}

struct TermList(Vec<Term>);

impl TermList {
    fn push(&mut self, key: &str, value: &impl ToString, default: bool) {
        let (key, value) = (key.to_owned(), value.to_string());
        self.0.push(Term { key, value, default, inferred: false });
    }

    fn strategy(&mut self, name: &str, strategy: &StrategyConfig) {
        let at = |key: &str| format!("strategy.{name}.{key}");
        let spec = Sizing::spec();
        let default = strategy.sizing == spec;
        let mut size = |key: &str, value: &dyn ToString, default| {
            self.push(&at(&format!("sizing.{key}")), &value.to_string(), default);
        };
        match &strategy.sizing {
            Sizing::Risk { risk_fraction, max_margin_use } => {
                size("method", &"risk", default);
                let Sizing::Risk { risk_fraction: risk, max_margin_use: most } = &spec else {
                    return;
                };
                size("risk_fraction", risk_fraction, risk_fraction == risk);
                size("max_margin_use", max_margin_use, max_margin_use == most);
            }
            Sizing::FixedQuantity { quantity } => {
                size("method", &"fixed_quantity", false);
                size("quantity", quantity, false);
            }
            Sizing::FixedNotional { notional } => {
                size("method", &"fixed_notional", false);
                size("notional", notional, false);
            }
            Sizing::Kelly { kelly_window, risk_fraction, max_margin_use } => {
                size("method", &"kelly", false);
                size("kelly_window", kelly_window, false);
                size("risk_fraction", risk_fraction, false);
                size("max_margin_use", max_margin_use, false);
            }
            Sizing::Scaled(scaled) => {
                size("method", &"scaled", false);
                size("of", &scaled.of.method(), false);
                size("factor", &scaled.factor, scaled.factor == Decimal::ONE);
                size("by_balance", &scaled.by_balance, !scaled.by_balance);
                for (key, amount) in [
                    ("reference", scaled.reference),
                    ("min_quantity", scaled.min_quantity),
                    ("max_quantity", scaled.max_quantity),
                ] {
                    if let Some(amount) = amount {
                        size(key, &amount, false);
                    }
                }
            }
        }
        let anchor = match strategy.bracket_anchor {
            BracketAnchor::Fill => "fill",
            BracketAnchor::Decision => "decision",
        };
        self.push(&at("bracket_anchor"), &anchor, anchor == "fill");
    }

    fn instrument(
        &mut self,
        wanted: &InstrumentConfig,
        instrument: &Instrument,
        slippage: Option<Slippage>,
    ) {
        let (terms, spec) = (&wanted.terms, instrument.spec());
        let at = |key: &str| format!("instrument.{}.{key}", spec.symbol);
        self.push(&at("leverage"), &spec.leverage.normalize(), terms.leverage.is_none());
        let maintenance = terms.maintenance_margin.is_none();
        self.push(
            &at("maintenance_margin"),
            &instrument.maintenance_margin().normalize(),
            maintenance,
        );
        self.push(&at("maker_fee"), &spec.maker_fee, false);
        self.push(&at("taker_fee"), &spec.taker_fee, false);
        match slippage {
            Some(Slippage::Ticks(n)) => self.push(&at("slippage.ticks"), &n, false),
            Some(Slippage::Bps(bps)) => self.push(&at("slippage.bps"), &bps, false),
            None => {}
        }
        self.push(&at("contract_size"), &spec.contract_size, terms.contract_size.is_none());
        let least = spec.min_qty.unwrap_or(spec.lot_step);
        self.push(&at("min_qty"), &least, terms.min_qty.is_none());
        self.push(&at("min_notional"), &spec.min_notional, terms.min_notional.is_none());
        let funding = if wanted.funding.is_some() { "stated" } else { "none" };
        self.push(&at("funding"), &funding, wanted.funding.is_none());
    }

    /// Measured costs: whose, which draw, and the middle of each list.
    fn fitted(&mut self, fitted: &FittedConfig) {
        let at = |key: &str| format!("costs.fitted.{key}");
        let middle = |list: &[i64]| {
            let mut sorted = list.to_vec();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        let spread = |list: &[i64]| format!("median {} of {}", middle(list), list.len());
        for (key, value) in [("file", &fitted.file), ("account", &fitted.account)] {
            if let Some(value) = value {
                self.push(&at(key), value, false);
            }
        }
        self.push(&at("seed"), &fitted.seed, fitted.seed == 0);
        let ms: Vec<i64> = fitted.latency_ms.iter().flatten().map(|ms| i64::from(*ms)).collect();
        self.push(&at("latency_ms"), &spread(&ms), false);
        let rate = fitted.reject_rate.map_or_else(|| "0".to_owned(), |rate| rate.to_string());
        self.push(&at("reject_rate"), &rate, false);
        for (symbol, of) in &fitted.slippage_ticks {
            self.push(&at(&format!("slippage_ticks.{symbol}.orders")), &spread(&of.orders), false);
            self.push(&at(&format!("slippage_ticks.{symbol}.stops")), &spread(&of.stops), false);
        }
    }

    /// When the market trades: stated, shown by the open times, or always.
    fn calendar(&mut self, wanted: &InstrumentConfig, instrument: &Instrument, series: &Series) {
        let inferred = series.is_calendar_inferred();
        let calendar = series.calendar();
        self.0.push(Term {
            key: format!("instrument.{}.calendar", instrument.spec().symbol),
            value: calendar.name().to_owned(),
            default: !inferred && wanted.calendar.is_none() && calendar.is_continuous(),
            inferred,
        });
    }

    fn risk(&mut self, risk: &RiskParams) {
        let mut limit = |key: &str, value: Option<String>| {
            let default = value.is_none();
            let value = value.unwrap_or_else(|| "off".to_owned());
            self.push(&format!("risk.{key}"), &value, default);
        };
        let text = |value: &Option<_>| value.as_ref().map(ToString::to_string);
        let tiers = risk.drawdown_tiers.map(|tiers| tiers.map(|f| f.to_string()).join(", "));
        limit("daily_loss", text(&risk.daily_loss));
        // Those that few accounts have are named where they are stated.
        let basis = (!risk.daily_loss_basis.is_equity()).then(|| risk.daily_loss_basis.name());
        for (key, stated) in [
            ("daily_loss_basis", basis.map(str::to_owned)),
            ("flatten_at", text(&risk.flatten_at)),
            ("initial_balance", risk.initial_balance.map(|money| money.to_string())),
            ("max_drawdown", text(&risk.max_drawdown)),
            ("trailing_drawdown", text(&risk.trailing_drawdown)),
            ("profit_target", text(&risk.profit_target)),
            ("min_trading_days", risk.min_trading_days.map(|n| n.to_string())),
        ] {
            if stated.is_some() {
                limit(key, stated);
            }
        }
        limit("drawdown_tiers", tiers);
        limit("max_positions", risk.max_positions.map(|n| n.to_string()));
        limit("symbol_exposure", text(&risk.symbol_exposure));
        limit("correlated_exposure", text(&risk.correlated_exposure));
        let margin = if risk.margin { "shrinks a size" } else { "refuses a size" };
        self.push("risk.margin", &margin, !risk.margin);
    }

    fn simulation(&mut self, simulation: &SimulationConfig) {
        let spec = SimulationConfig::default();
        let intrabar = serde_json::to_value(simulation.intrabar).unwrap_or_default();
        let intrabar = intrabar.as_str().unwrap_or_default();
        let default = simulation.intrabar == spec.intrabar;
        self.push("simulation.intrabar", &intrabar, default);
        let default = simulation.max_gap == spec.max_gap;
        self.push("simulation.max_gap", &simulation.max_gap, default);
        let default = simulation.segment_gap_s == spec.segment_gap_s;
        self.push("simulation.segment_gap_s", &simulation.segment_gap_s, default);
    }
}
