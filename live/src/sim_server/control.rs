//! What whoever drives a test can tell the server over the wire. It is no part of a venue.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tickstep_core::units::Nanos;

use super::desk::Desk;
use super::options::Wording;
use crate::exchange::{Levels, OrderedTrouble, SetupError, TroubleRates};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum SimCommand {
    /// Order a fault.
    Order {
        /// Which.
        order: OrderedTrouble,
    },
    /// Let faults come by themselves.
    Rates {
        /// How often.
        rates: TroubleRates,
    },
    /// Let no fault happen any more.
    Calm,
    /// Open or close the session of an instrument, or leave it to its hours.
    Session {
        /// Which.
        symbol: String,
        /// Open, closed, or as its hours say.
        open: Option<bool>,
    },
    /// Stop showing prices of an instrument, or show them again.
    Freeze {
        /// Which.
        symbol: String,
        /// Whether to stop.
        frozen: bool,
    },
    /// Let reads lag.
    Lag {
        /// By how much.
        lag: Nanos,
    },
    /// Put the server's clock forward, or back where it is below zero.
    Skew {
        /// By how much in all.
        skew: Nanos,
    },
    /// Spell replies differently.
    Wording {
        /// How.
        wording: Wording,
    },
    /// Set how late late replies are.
    Late {
        /// In real milliseconds.
        ms: u64,
    },
    /// End the sessions of a login.
    Revoke {
        /// Whose.
        email: String,
    },
    /// End all sessions, as a server does that starts again.
    Restart,
    /// List other accounts for a login.
    Accounts {
        /// Whose.
        email: String,
        /// Their numbers, in order.
        accounts: Vec<String>,
    },
    /// Let an account trade, or not.
    Enable {
        /// Which.
        account: String,
        /// Whether it may.
        enabled: bool,
    },
    /// Pay in, or out.
    Pay {
        /// To which account.
        account: String,
        /// How much; below zero is out.
        amount: Decimal,
    },
    /// Give a position other levels behind the client's back.
    Levels {
        /// Whose.
        account: String,
        /// Which.
        position: String,
        /// The levels; `null` is none.
        levels: Levels,
    },
    /// Close a position behind the client's back.
    Deal {
        /// Whose.
        account: String,
        /// Which.
        position: String,
    },
    /// Give numbers of what is closed to what is opened.
    ReuseIds,
    /// Hold the truth against what a client knows.
    Audit {
        /// Pairs of account and position that it says it manages, where it says so.
        known: Option<BTreeSet<(String, String)>>,
    },
    /// Tell what came in.
    Census,
}

impl Desk {
    /// Does one thing; what there is to tell about it.
    pub fn command(&self, command: SimCommand) -> Result<Value, SetupError> {
        let login = |there: bool, email: &str| {
            if there { Ok(()) } else { Err(SetupError::Missing(format!("login {email}"))) }
        };
        match command {
            SimCommand::Order { order } => self.order(order),
            SimCommand::Rates { rates } => self.set_rates(rates),
            SimCommand::Calm => self.calm(),
            SimCommand::Session { symbol, open } => {
                self.with(|exchange, now| exchange.force_session(now, &symbol, open))?;
            }
            SimCommand::Freeze { symbol, frozen } => {
                self.with(|exchange, now| exchange.freeze(now, &symbol, frozen))?;
            }
            SimCommand::Lag { lag } => self.with(|exchange, _| exchange.set_lag(lag))?,
            SimCommand::Skew { skew } => self.change(|options| options.skew = skew),
            SimCommand::Wording { wording } => self.change(|options| options.wording = wording),
            SimCommand::Late { ms } => self.change(|options| options.late_reply_ms = ms),
            SimCommand::Revoke { email } => self.revoke(&email),
            SimCommand::Restart => self.restart(),
            SimCommand::Accounts { email, accounts } => {
                login(self.set_accounts(&email, accounts), &email)?;
            }
            SimCommand::Enable { account, enabled } => {
                self.with(|exchange, _| exchange.enable(&account, enabled))?;
            }
            SimCommand::Pay { account, amount } => {
                self.with(|exchange, now| exchange.pay(now, &account, amount))?;
            }
            SimCommand::Levels { account, position, levels } => {
                self.with(|exchange, now| exchange.set_levels(now, &account, &position, levels))?;
            }
            SimCommand::Deal { account, position } => {
                self.with(|exchange, now| exchange.close_by_dealer(now, &account, &position))?;
            }
            SimCommand::ReuseIds => self.with(|exchange, _| exchange.reuse_ids()),
            SimCommand::Audit { known } => {
                return Ok(self.with(|exchange, now| {
                    let report = exchange.report(now, known.as_ref());
                    let truth = exchange.truth();
                    json!({ "report": report, "done": truth.counts(), "refused": truth.refused() })
                }));
            }
            SimCommand::Census => return Ok(json!(self.census())),
        }
        Ok(json!({ "done": true }))
    }
}

/// The endpoint: one command in a body.
pub(crate) async fn endpoint(State(desk): State<Desk>, request: Request) -> Response<Body> {
    if !desk.floor().options.control {
        return StatusCode::NOT_FOUND.into_response();
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await;
    let read = body.map_err(|error| error.to_string()).and_then(|body| {
        serde_json::from_slice::<SimCommand>(&body).map_err(|error| error.to_string())
    });
    let told = read.and_then(|command| desk.command(command).map_err(|error| error.to_string()));
    match told {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    }
}
