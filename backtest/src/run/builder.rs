//! An account put together in a program, around bars that are in memory.

use rust_decimal::Decimal;
use tickstep_config::{Costs, InstrumentTerms};
use tickstep_core::engine::SlotConfig;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentError, InstrumentId};
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::StrategyFactory;

use super::{Backtest, MarketData, Period, Run, RunError};
use crate::series::Series;

/// One instrument, its costs and the strategies on it. Costs have no default; the rest is
/// as a configuration has it that leaves it out.
#[derive(Clone, Debug)]
pub struct BacktestBuilder<'a> {
    series: &'a Series,
    cash: Decimal,
    currency: String,
    costs: Option<Costs>,
    terms: InstrumentTerms,
    slots: Vec<SlotConfig>,
    risk: RiskParams,
    intrabar: Intrabar,
    period: Period,
}

/// An account in a program cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Costs are not stated.
    #[error("{0}: costs have no default; state them with .costs(Costs {{ .. }})")]
    NoCosts(String),
    /// The instrument's terms cannot be used.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// The run could not be finished.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl<'a> Backtest<'a> {
    /// An account of 100,000 on these bars, to be given costs and a strategy.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_backtest::config::Costs;
    /// use tickstep_backtest::run::Backtest;
    /// use tickstep_backtest::series::{Grid, Series};
    /// use tickstep_core::event::Bar;
    /// use tickstep_core::instrument::Slippage;
    /// use tickstep_core::sizing::Sizing;
    /// use tickstep_core::strategy::Exits;
    /// use tickstep_core::strategy::scheduled::{Scheduled, Signal};
    /// use tickstep_core::units::{Lots, Nanos, Side, Ticks};
    ///
    /// let minute = |n| Nanos(1_700_000_040_000_000_000) + Nanos::MINUTE.times(n);
    /// let bar = |(n, px)| Bar {
    ///     ts_open: minute(n),
    ///     open: Ticks(px),
    ///     high: Ticks(px),
    ///     low: Ticks(px),
    ///     close: Ticks(px),
    ///     volume: Lots::ZERO,
    ///     taker_buy: None,
    /// };
    /// let bars = (0..).zip([100, 101, 104, 103]).map(bar).collect();
    /// let grid = Grid::stated(Decimal::ONE, Decimal::ONE);
    /// let series = Series::from_bars("T", Nanos::MINUTE, grid, bars, Nanos::DAY)?;
    ///
    /// let free = Costs { maker_fee: 0.into(), taker_fee: 0.into(), slippage: Slippage::Ticks(0) };
    /// let signals = vec![Signal::enter(minute(1), Side::Buy, Exits::NONE)];
    /// let one = Sizing::FixedQuantity { quantity: Decimal::ONE };
    /// let run = Backtest::on(&series)
    ///     .costs(free)
    ///     .strategy("given", Scheduled::new(signals)?, one)
    ///     .run()?;
    /// assert_eq!(run.trades[0].net, Decimal::TWO); // bought at 101, 103 at the end
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn on(series: &'a Series) -> BacktestBuilder<'a> {
        let terms =
            InstrumentTerms { symbol: series.symbol().to_owned(), ..InstrumentTerms::default() };
        BacktestBuilder {
            series,
            cash: Decimal::from(100_000),
            currency: "quote".to_owned(),
            costs: None,
            terms,
            slots: Vec::new(),
            risk: RiskParams::default(),
            intrabar: Intrabar::StopFirst,
            period: Period::default(),
        }
    }
}

impl<'a> BacktestBuilder<'a> {
    /// Cash at the start.
    #[must_use]
    pub const fn cash(mut self, cash: Decimal) -> Self {
        self.cash = cash;
        self
    }

    /// Fees and slippage of every fill.
    #[must_use]
    pub const fn costs(mut self, costs: Costs) -> Self {
        self.costs = Some(costs);
        self
    }

    /// What else is agreed on the instrument, such as its leverage; the symbol and the
    /// price step stay those of the bars.
    #[must_use]
    pub fn terms(mut self, terms: InstrumentTerms) -> Self {
        self.terms = InstrumentTerms { symbol: self.terms.symbol, ..terms };
        self
    }

    /// One more strategy, what it is called in results, and how its entries are sized.
    #[must_use]
    pub fn strategy(
        mut self,
        name: &str,
        strategy: impl Into<StrategyFactory>,
        sizing: Sizing,
    ) -> Self {
        self.slots.push(SlotConfig {
            name: name.to_owned(),
            instrument: InstrumentId(0),
            strategy: strategy.into(),
            sizing,
            anchor: BracketAnchor::Fill,
        });
        self
    }

    /// Limits of the account.
    #[must_use]
    pub fn risk(mut self, risk: RiskParams) -> Self {
        self.risk = risk;
        self
    }

    /// Which of stop and target comes first when one bar touches both.
    #[must_use]
    pub const fn intrabar(mut self, intrabar: Intrabar) -> Self {
        self.intrabar = intrabar;
        self
    }

    /// The part of the bars that is traded; those before it warm features up.
    #[must_use]
    pub const fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// The account, to be run in any of its ways.
    pub fn build(self) -> Result<Backtest<'a>, BuildError> {
        let grid = self.series.grid();
        let costs = self.costs.ok_or_else(|| BuildError::NoCosts(self.terms.symbol.clone()))?;
        let lot_step = self.terms.lot_step.unwrap_or(grid.volume_step);
        let spec = costs.spec(&self.terms, &self.currency, grid.tick_size, lot_step);
        Ok(Backtest {
            cash: self.cash,
            instruments: vec![MarketData {
                instrument: Instrument::new(spec)?,
                conversion: Conversion::Same,
                slippage: costs.slippage,
                series: self.series,
                finer: None,
                funding: Vec::new(),
            }],
            strategies: self.slots,
            risk: self.risk,
            intrabar: self.intrabar,
            fitted: None,
            max_gap: 3,
            period: self.period,
            day_starts: Vec::new(),
        })
    }

    /// Runs it to the end.
    pub fn run(self) -> Result<Run, BuildError> {
        Ok(self.build()?.run()?)
    }
}
