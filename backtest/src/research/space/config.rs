//! The `[sweep]` table of a configuration. Axes are a list of tables, not keys of
//! one table, because their order numbers the sets and TOML keeps no order of keys.

use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::error::SpaceError;
use super::parameter_space::{Method, Space};

/// What is searched, how, and what for.
///
/// ```
/// use tickstep_backtest::research::space::SweepConfig;
///
/// let config: SweepConfig = toml::from_str(r#"
///     method = "grid"
///     objective = ["sharpe", "profit_factor"]
///     constraints = ["ma_period > spike_multiple"]
///
///     [[axis]]
///     key = "strategy.params.spike_multiple"
///     values = [2, 3, 5]
///
///     [[axis]]
///     key = "strategy.params.ma_period"
///     from = 3
///     to = 20
///     step = 1
/// "#)?;
/// // 18 periods for each multiple; above 2 are 18 of them, above 3 are 17, above 5 are 15.
/// assert_eq!(config.space()?.sets()?.len(), 18 + 17 + 15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// `grid`, `random`, `latin`, or `asked` where another program chooses the sets.
    pub method: MethodName,
    /// How many sets are drawn; not for a grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<u32>,
    /// Where draws begin, 1 when absent; not for a grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Names of the figures that sets are judged by, the main one first; one may be
    /// written without brackets.
    #[serde(deserialize_with = "names")]
    pub objective: Vec<String>,
    /// Trades below which a set is not judged.
    #[serde(default = "thirty")]
    pub min_trades: u32,
    /// How many of the best are shown.
    #[serde(default = "twenty")]
    pub top: u32,
    /// How many of the best are also run whole, each into a run folder.
    #[serde(default = "three")]
    pub whole: u32,
    /// Random strategies that the best set's entries are compared with; 0 leaves them out.
    #[serde(default = "two_thousand")]
    pub random_entries: u32,
    /// Conditions between parameters, such as `fast < slow`.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// The parameters, in the order that numbers the sets: the last is the fastest.
    #[serde(default)]
    pub axis: Vec<Axis>,
}

/// A method, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodName {
    /// Every combination.
    Grid,
    /// Combinations drawn at random.
    Random,
    /// Combinations of a Latin hypercube, spread evenly over each axis.
    Latin,
    /// Sets that another program asks for, one by one.
    Asked,
}

/// A list of names, or the one name there is.
fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct ObjectiveNames;

    impl<'de> Visitor<'de> for ObjectiveNames {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a figure, or a list of names")
        }

        fn visit_str<E>(self, name: &str) -> Result<Vec<String>, E> {
            Ok(vec![name.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = list.next_element()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    from.deserialize_any(ObjectiveNames)
}

fn thirty() -> u32 {
    30
}

fn three() -> u32 {
    3
}

fn two_thousand() -> u32 {
    2_000
}

fn twenty() -> u32 {
    20
}

impl SweepConfig {
    /// What is wrong with it, if anything, without counting the sets.
    pub fn validate(&self) -> Result<(), SpaceError> {
        let fault =
            |option, message: &str| Err(SpaceError::Option { option, message: message.to_owned() });
        if self.objective.is_empty() {
            return fault("objective", "it names no figure; write one, such as [\"sharpe\"]");
        }
        for (i, name) in self.objective.iter().enumerate() {
            if name.trim().is_empty() || self.objective[..i].contains(name) {
                return fault("objective", &format!("{name:?} is empty or there twice; remove it"));
            }
        }
        if self.top == 0 {
            return fault("top", "0 would show nothing; write at least 1");
        }
        self.space().map(drop)
    }

    /// The space it describes.
    pub fn space(&self) -> Result<Space, SpaceError> {
        Space::new(self.axis.clone(), &self.constraints, self.method()?)
    }

    fn method(&self) -> Result<Method, SpaceError> {
        let fault =
            |option, message: &str| SpaceError::Option { option, message: message.to_owned() };
        if self.method == MethodName::Grid {
            return match (self.sets, self.seed) {
                (None, None) => Ok(Method::Grid),
                (Some(_), _) => Err(fault("sets", "a grid has all its sets; remove it")),
                (None, Some(_)) => Err(fault("seed", "a grid draws nothing; remove it")),
            };
        }
        if self.method == MethodName::Asked {
            return match (self.sets, self.seed) {
                (None, None) => Ok(Method::Asked),
                (Some(_), _) => Err(fault("sets", "sets are asked for one by one; remove it")),
                (None, Some(_)) => Err(fault("seed", "who asks draws the sets; remove it")),
            };
        }
        let sets =
            self.sets.ok_or_else(|| fault("sets", "state how many sets to draw, such as 1000"))?;
        let seed = self.seed.unwrap_or(1);
        Ok(match self.method {
            MethodName::Grid => Method::Grid,
            MethodName::Asked => Method::Asked,
            MethodName::Random => Method::Random { sets, seed },
            MethodName::Latin => Method::Latin { sets, seed },
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const AXES: &str = "\n[[axis]]\nkey = \"z\"\nvalues = [1, 2]\n[[axis]]\nkey = \"a\"\nfrom = \
                        0.1\nto = 0.3\nstep = 0.1\n";

    fn read(text: &str) -> SweepConfig {
        toml::from_str(&format!("objective = [\"sharpe\"]\n{text}{AXES}")).unwrap()
    }

    #[test]
    fn order_is_as_written_and_survives_writing() {
        let config = read("method = \"random\"\nsets = 4");
        config.validate().unwrap();
        assert_eq!((config.min_trades, config.top), (30, 20));
        let space = config.space().unwrap();
        let keys: Vec<&str> = space.axes().iter().map(Axis::key).collect();
        assert_eq!(keys, ["z", "a"]);
        assert_eq!(space.method(), Method::Random { sets: 4, seed: 1 });
        let back: SweepConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(back, config);
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        for (text, words) in [
            ("method = \"grid\"\nsets = 5", "sweep.sets: a grid has all"),
            ("method = \"grid\"\nseed = 5", "sweep.seed: a grid draws nothing"),
            ("method = \"latin\"", "sweep.sets: state how many"),
            ("method = \"random\"\nsets = 0", "sweep.sets: 0 is out of range"),
            ("method = \"grid\"\ntop = 0", "sweep.top"),
            ("method = \"grid\"\nconstraints = [\"zz < a\"]", "did you mean `z`?"),
        ] {
            let said = read(text).validate().unwrap_err().to_string();
            assert!(said.contains(words), "{text}: {said}");
        }
        let text = "method = \"grid\"\nobjective = []\n".to_owned() + AXES;
        let config: SweepConfig = toml::from_str(&text).unwrap();
        assert!(config.validate().unwrap_err().to_string().contains("names no figure"));
        let text = "method = \"grid\"\nobjective = [\"x\"]\nset = 1";
        assert!(toml::from_str::<SweepConfig>(text).unwrap_err().to_string().contains("`sets`"));
        let none: SweepConfig = toml::from_str("method = \"grid\"\nobjective = [\"x\"]").unwrap();
        assert_eq!(none.validate(), Err(SpaceError::NoAxes));
    }
}
