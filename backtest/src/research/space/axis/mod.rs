//! One parameter and the values it may take, because everything else in a
//! search only counts them: a value is known by its level, 0 for the first.
//!
//! An axis has at least one level, no value twice, and values of one kind.
//! A range is exact: 0.1 to 0.3 by 0.1 is 0.1, 0.2 and 0.3. A continuous axis
//! is a range in steps of its last decimal, so that it too has levels.
//!
//! Known limits: the numbers of a range have at most 12 digits after the point
//! and are below 10^15; an axis has at most 4294967295 levels.

mod written;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::error::SpaceError;
use super::value::Value;

/// Digits after the point in the numbers of a range.
const DECIMALS: u32 = 12;
/// Above the numbers of a range, in units of the last digit.
const MOST: i128 = 10_i128.pow(15 + DECIMALS);

/// How a continuous axis is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// Equal chances for equal differences.
    Linear,
    /// Equal chances for equal ratios.
    Log,
}

/// What the values of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AxisKind {
    Truth,
    Number,
    Text,
}

impl AxisKind {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Truth,
            Value::Int(_) | Value::Decimal(_) => Self::Number,
            Value::Text(_) => Self::Text,
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Truth => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
        }
    }
}

/// A parameter and the values it may take.
///
/// ```
/// use tickstep_backtest::research::space::{Axis, Value};
///
/// let tenth = |text: &str| text.parse::<Value>();
/// let axis = Axis::range("risk.daily_loss", &tenth("0.1")?, &tenth("0.3")?, &tenth("0.1")?)?;
/// let values: Vec<String> = axis.values().map(|v| v.to_string()).collect();
/// assert_eq!(values, ["0.1", "0.2", "0.3"]);
/// # Ok::<(), tickstep_backtest::research::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    key: String,
    kind: AxisKind,
    levels: Levels,
}

#[derive(Clone, Debug, PartialEq)]
enum Levels {
    List(Vec<Value>),
    Range { from: Decimal, step: Decimal, count: u32, whole: bool, drawn: Drawn },
}

/// Whether the steps of a range are its own, or only the last decimal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Drawn {
    Steps,
    Anywhere(Spacing),
}

impl Axis {
    /// An axis of a list of values.
    pub fn list(key: &str, values: Vec<Value>) -> Result<Self, SpaceError> {
        let fault = fault(checked(key)?);
        let Some(first) = values.first() else {
            return Err(fault("it has no values; state at least one".into()));
        };
        let kind = AxisKind::of(first);
        if let Some(other) = values.iter().find(|v| AxisKind::of(v) != kind) {
            let kinds = (kind.words(), AxisKind::of(other).words());
            return Err(fault(format!(
                "{first} is {}, but {other} is {}; an axis has values of one kind",
                kinds.0, kinds.1
            )));
        }
        let mut sorted: Vec<&Value> = values.iter().collect();
        sorted.sort();
        if let Some(twice) = sorted.windows(2).find(|w| w[0].means(w[1])) {
            return Err(fault(format!("{} is there twice; remove one of them", twice[0])));
        }
        if u32::try_from(values.len()).is_err() {
            return Err(fault("it has more than 4294967295 values".into()));
        }
        Ok(Self { key: key.to_owned(), kind, levels: Levels::List(values) })
    }

    /// `from`, `from + step` and so on, up to `to`, which is one of them where the steps meet it.
    pub fn range(key: &str, from: &Value, to: &Value, step: &Value) -> Result<Self, SpaceError> {
        let whole = [from, to, step].iter().all(|v| matches!(v, Value::Int(_)));
        Self::steps(key, [from, to], units(key, "step", step)?, whole, Drawn::Steps)
    }

    /// `from`, `from * factor` and so on, up to `to`.
    pub fn factors(
        key: &str,
        from: &Value,
        to: &Value,
        factor: &Value,
    ) -> Result<Self, SpaceError> {
        let fault = fault(checked(key)?);
        let (mut at, to_units) = (units(key, "from", from)?, units(key, "to", to)?);
        let factor_units = units(key, "step", factor)?;
        let one = 10_i128.pow(DECIMALS);
        if at <= 0 || to_units < at || factor_units <= one {
            return Err(fault(format!(
                "with log, from {from} must be above zero, to {to} no less, and step {factor}, by \
                 which each value is multiplied, above 1"
            )));
        }
        let whole = [from, to, factor].iter().all(|v| matches!(v, Value::Int(_)));
        let mut values = Vec::new();
        while at <= to_units {
            values.push(shown(Decimal::from_i128_with_scale(at, DECIMALS), whole));
            let next = at.checked_mul(factor_units).filter(|n| n % one == 0);
            at = next.map(|n| n / one).ok_or_else(|| {
                fault(format!(
                    "multiplying by {factor} gives more than 12 decimals; list the values"
                ))
            })?;
        }
        Self::list(key, values)
    }

    /// Any number from `from` to `to`, rounded to `decimals`; not for a grid.
    pub fn continuous(
        key: &str,
        from: &Value,
        to: &Value,
        decimals: u32,
        spacing: Spacing,
    ) -> Result<Self, SpaceError> {
        let fault = fault(checked(key)?);
        if decimals > DECIMALS {
            return Err(fault(format!("decimals {decimals} is above {DECIMALS}")));
        }
        let last = 10_i128.pow(DECIMALS - decimals);
        for (name, value) in [("from", from), ("to", to)] {
            if units(key, name, value)? % last != 0 {
                return Err(fault(format!("{name} {value} has more than {decimals} decimals")));
            }
        }
        if spacing == Spacing::Log && units(key, "from", from)? <= 0 {
            return Err(fault(format!("with log, from {from} must be above zero")));
        }
        let whole = decimals == 0 && [from, to].iter().all(|v| matches!(v, Value::Int(_)));
        Self::steps(key, [from, to], last, whole, Drawn::Anywhere(spacing))
    }

    fn steps(
        key: &str,
        [from, to]: [&Value; 2],
        step: i128,
        whole: bool,
        drawn: Drawn,
    ) -> Result<Self, SpaceError> {
        let fault = fault(checked(key)?);
        let (first, last) = (units(key, "from", from)?, units(key, "to", to)?);
        if step <= 0 {
            return Err(fault("step must be above zero".into()));
        }
        if last < first {
            return Err(fault(format!("from {from} is above to {to}; exchange them")));
        }
        let count = u32::try_from((last - first) / step + 1).map_err(|_| {
            fault("it has more than 4294967295 values; take a larger step or fewer decimals".into())
        })?;
        let decimal = |units| Decimal::from_i128_with_scale(units, DECIMALS).normalize();
        let (from, step) = (decimal(first), decimal(step));
        let levels = Levels::Range { from, step, count, whole, drawn };
        Ok(Self { key: key.to_owned(), kind: AxisKind::Number, levels })
    }

    /// Dotted path of the parameter.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn kind(&self) -> AxisKind {
        self.kind
    }

    /// Number of levels, at least one; of a continuous axis the numbers with its decimals.
    #[must_use]
    pub fn count(&self) -> u32 {
        match &self.levels {
            // A list was no longer than this when it was built.
            Levels::List(values) => u32::try_from(values.len()).unwrap_or(u32::MAX),
            Levels::Range { count, .. } => *count,
        }
    }

    /// How it is drawn from, if it is continuous.
    #[must_use]
    pub fn continuous_spacing(&self) -> Option<Spacing> {
        match &self.levels {
            Levels::Range { drawn: Drawn::Anywhere(spacing), .. } => Some(*spacing),
            _ => None,
        }
    }

    /// The value of a level, if there is such a level.
    #[must_use]
    pub fn value(&self, level: u32) -> Option<Value> {
        match &self.levels {
            Levels::List(values) => values.get(level as usize).cloned(),
            Levels::Range { whole, .. } => self.number(level).map(|n| shown(n, *whole)),
        }
    }

    /// Every value, from the first level to the last.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        (0..self.count()).filter_map(|level| self.value(level))
    }

    /// The value of a level as a decimal, where the values are numbers.
    pub(crate) fn number(&self, level: u32) -> Option<Decimal> {
        match &self.levels {
            Levels::List(values) => values.get(level as usize)?.number(),
            Levels::Range { from, step, count, .. } => {
                (level < *count).then(|| from + step * Decimal::from(level))
            }
        }
    }

    /// The value of a level where it is one of a list.
    pub(crate) fn listed(&self, level: u32) -> Option<&Value> {
        match &self.levels {
            Levels::List(values) => values.get(level as usize),
            Levels::Range { .. } => None,
        }
    }

    /// The values of a list; none of a range.
    pub(crate) fn listed_values(&self) -> &[Value] {
        match &self.levels {
            Levels::List(values) => values,
            Levels::Range { .. } => &[],
        }
    }

    /// The level of a value; a continuous axis first rounds it to its decimals.
    pub fn level_of(&self, value: &Value) -> Result<u32, SpaceError> {
        let foreign = |message: String| SpaceError::Foreign { key: self.key.clone(), message };
        if AxisKind::of(value) != self.kind {
            let kinds = (AxisKind::of(value).words(), self.kind.words());
            return Err(foreign(format!("{value} is {}; it must be {}", kinds.0, kinds.1)));
        }
        if let Levels::List(values) = &self.levels {
            let found = values.iter().position(|v| v.means(value));
            return found.and_then(|l| u32::try_from(l).ok()).ok_or_else(|| {
                let some: Vec<String> = values.iter().take(20).map(ToString::to_string).collect();
                let more = if values.len() > 20 { ", ..." } else { "" };
                foreign(format!("{value} is not one of {}{more}", some.join(", ")))
            });
        }
        self.level_in_range(value).ok_or_else(|| {
            let ends = [Some(0), self.count().checked_sub(1)];
            let ends = ends.map(|l| l.and_then(|l| self.value(l)).map(|v| v.to_string()));
            let [from, to] = ends.map(Option::unwrap_or_default);
            let step = match &self.levels {
                Levels::Range { step, drawn: Drawn::Steps, .. } => format!(" in steps of {step}"),
                _ => String::new(),
            };
            foreign(format!("{value} is not in {from} to {to}{step}"))
        })
    }

    fn level_in_range(&self, value: &Value) -> Option<u32> {
        let Levels::Range { from, step, drawn, .. } = &self.levels else { return None };
        let given = value.number()?;
        let given = match drawn {
            Drawn::Steps => given,
            Drawn::Anywhere(_) => given.round_dp(step.scale()),
        };
        let past = in_units(given)? - in_units(*from)?;
        let step = in_units(*step)?;
        let level = u32::try_from(past / step).ok().filter(|_| past % step == 0)?;
        (level < self.count()).then_some(level)
    }
}

fn shown(number: Decimal, whole: bool) -> Value {
    match i64::try_from(number) {
        Ok(n) if whole => Value::Int(n),
        _ => Value::Decimal(number.normalize()),
    }
}

fn fault(key: &str) -> impl Fn(String) -> SpaceError {
    move |message| SpaceError::Axis { key: key.to_owned(), message }
}

/// Parts between points, none empty, that `--set key=value` can be told apart from its value.
fn checked(key: &str) -> Result<&str, SpaceError> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "=`'\"".contains(c);
    if key.is_empty() || key.split('.').any(str::is_empty) || key.contains(odd) {
        let message = "it is no key; write a dotted path, such as strategy.params.ma_period";
        return Err(fault(key)(message.into()));
    }
    Ok(key)
}

fn in_units(number: Decimal) -> Option<i128> {
    let number = number.normalize();
    let missing = DECIMALS.checked_sub(number.scale())?;
    let units = number.mantissa().checked_mul(10_i128.pow(missing))?;
    (units.abs() < MOST).then_some(units)
}

fn units(key: &str, name: &str, value: &Value) -> Result<i128, SpaceError> {
    let number = value.number().ok_or_else(|| {
        fault(key)(format!("{name} {value} is {}; write a number", AxisKind::of(value).words()))
    })?;
    in_units(number).ok_or_else(|| {
        fault(key)(format!(
            "{name} {value} is too long for a range; write at most {DECIMALS} digits after the \
             point, below 10^15"
        ))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
