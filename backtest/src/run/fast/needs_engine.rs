//! Why a run takes the engine after all.

/// What is not followed trade by trade, where it is met. It says nothing of the run:
/// the engine then runs it from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::run) enum NeedsEngine {
    /// What ties trades to each other, or is charged inside them.
    #[error(
        "the account has more than one instrument or strategy, limits, funding, another \
         currency, or levels fixed at the decision"
    )]
    Account,
    /// They are drawn by the numbers of orders, which only the engine gives out.
    #[error("costs are those that were measured")]
    Fitted,
    /// It is told of each trade that closed.
    #[error("what the strategy does depends on what became of earlier trades")]
    Outcomes,
    /// They are looked up by the simulated exchange.
    #[error("finer bars decide which of stop and target came first")]
    FinerBars,
    /// The engine says what.
    #[error("the run is refused")]
    Refused,
    /// There is nothing to skip.
    #[error("the strategy is asked at every close, or looks at the order book")]
    EveryClose,
    /// Their steps above the lowest do not fit 32 bits.
    #[error("prices span too many ticks")]
    Prices,
    /// Amounts are kept in whole numbers of the smallest one.
    #[error("an amount is no whole number of 64 bits, or a size depends on earlier trades")]
    Money,
    /// Liquidation is a matter of the whole account.
    #[error("margin may fail inside a bar")]
    Margin,
    /// Both are orders that the engine places and amends.
    #[error("the strategy leaves by itself or moves its stop")]
    Proposal,
}
