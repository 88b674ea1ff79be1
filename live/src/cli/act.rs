//! Commands by which an operator has something done, once however often it is given.

use clap::Subcommand;

use super::console::Console;
use super::remote::{batch_wish, orders_wish, position_wish};
use super::remote_args::{
    ActArgs, BatchArgs, CloseAllArgs, KillArgs, OrdersArgs, PositionArgs, ReachArgs, SessionArgs,
};
use crate::service::Wish;

/// An act of an operator.
#[derive(Clone, Debug, Subcommand)]
pub enum ActCommand {
    /// Opens nothing more, until `resume`
    Pause(ReachArgs),
    /// Opens positions again, after `pause` or `kill`
    Resume(ReachArgs),
    /// Closes everything, opens nothing more until `resume`, and waits; fails, and names it,
    /// where anything is still open
    Kill(KillArgs),
    /// Closes what is open and waits; fails, and names it, where anything is still open
    CloseAll(CloseAllArgs),
    /// Closes one position or part of it, or gives it another stop and target
    Position(PositionArgs),
    /// Withdraws orders that wait for their price, or has one wait for another
    Orders(OrdersArgs),
    /// Does several acts at once, orders among them, and tells what came of each on every
    /// account
    Batch(BatchArgs),
    /// Logs one account out, or in again
    Session(SessionArgs),
}

impl ActCommand {
    /// What is asked for, and whose act it is.
    pub fn wish(self, console: &mut Console<'_>) -> anyhow::Result<(ActArgs, Wish)> {
        Ok(match self {
            Self::Pause(ReachArgs { act, account }) => (act, Wish::Pause { account }),
            Self::Resume(ReachArgs { act, account }) => (act, Wish::Resume { account }),
            Self::Kill(KillArgs { reach: ReachArgs { act, account }, wait }) => {
                (act, Wish::Kill { account, wait_s: wait })
            }
            Self::CloseAll(CloseAllArgs { reach: ReachArgs { act, account }, symbol, wait }) => {
                (act, Wish::Close { account, symbol, wait_s: wait })
            }
            Self::Position(args) => {
                let wish = position_wish(&args)?;
                (args.act, wish)
            }
            Self::Orders(args) => {
                let wish = orders_wish(&args)?;
                (args.act, wish)
            }
            Self::Batch(args) => {
                let wish = batch_wish(&args, console)?;
                (args.act, wish)
            }
            Self::Session(args) => {
                let (account, wanted) = (args.account, args.wanted == "on");
                (args.act, Wish::Session { account, wanted })
            }
        })
    }
}
