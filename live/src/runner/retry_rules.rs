//! Which of a broker's refusals may pass by themselves, so that an order is tried again.

/// The code of a write that was turned away at the door, or was never sent.
pub(super) const TURNED_AWAY: &str = "TURNED_AWAY";

/// Which refusals are tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryRules {
    /// How often at most, for one order; never where that is 0.
    pub most: u32,
    /// What a broker's code or words have in them, in any case, where the reason may pass by
    /// itself. `TURNED_AWAY` is a write that was not sent, or was turned away at the door:
    /// its session was over, or there were too many requests.
    pub reasons: Vec<String>,
}

impl Default for RetryRules {
    fn default() -> Self {
        let reasons = [
            TURNED_AWAY,
            "off quotes",
            "off_quotes",
            "no quotes",
            "no_quotes",
            "requote",
            "price changed",
            "price_changed",
            "try again",
            "busy",
        ];
        Self { most: 2, reasons: reasons.map(str::to_owned).to_vec() }
    }
}

impl RetryRules {
    /// Whether a refusal may be tried again after so many before it.
    ///
    /// ```
    /// use tickstep_live::runner::RetryRules;
    ///
    /// let rules = RetryRules::default();
    /// assert!(rules.lets(0, Some("NO_QUOTES"), "No quotes"));
    /// assert!(!rules.lets(2, Some("NO_QUOTES"), "No quotes"), "often enough");
    /// assert!(!rules.lets(0, Some("NOT_ENOUGH_MONEY"), "Not enough free margin"));
    /// ```
    #[must_use]
    pub fn lets(&self, before: u32, code: Option<&str>, message: &str) -> bool {
        let said = format!("{} {message}", code.unwrap_or_default()).to_lowercase();
        before < self.most && self.reasons.iter().any(|why| said.contains(&why.to_lowercase()))
    }
}
