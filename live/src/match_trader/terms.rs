//! What is not documented, or differs between brokers: paths and names, in one place.

use serde::{Deserialize, Serialize};

/// Paths of the Platform API. Those of reading and trading lie below the prefix of the
/// account's system.
///
/// Each is as the vendor's pages have it, but for [`login`](Self::login), of which five
/// spellings were seen at brokers; all can be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Tells the broker's number. No session is needed.
    pub platform_details: String,
    /// Opens a session. `/manager/co-login`, `/mtr-backend/login` and
    /// `/mtr-core-edge/v2/login` were seen too.
    pub login: String,
    /// Prolongs it. Seen with an empty answer and new cookies.
    pub refresh: String,
    /// What every path below begins with; `{system}` is the system's number.
    pub prefix: String,
    /// Money of the account.
    pub balance: String,
    /// What can be traded.
    pub instruments: String,
    /// Best bid and ask.
    pub quotations: String,
    /// Bars.
    pub candles: String,
    /// Positions that are open.
    pub open_positions: String,
    /// Orders that wait.
    pub active_orders: String,
    /// What was closed.
    pub closed_positions: String,
    /// Opens a position.
    pub open: String,
    /// Changes stop and target of a position.
    pub edit: String,
    /// Closes a position.
    pub close: String,
    /// Closes part of a position.
    pub close_partially: String,
    /// Creates an order that waits.
    pub create_order: String,
    /// Changes an order that waits.
    pub edit_order: String,
    /// Withdraws an order that waits.
    pub cancel_order: String,
}

impl Default for Paths {
    fn default() -> Self {
        let path = str::to_owned;
        Self {
            platform_details: path("/manager/platform-details"),
            login: path("/manager/mtr-login"),
            refresh: path("/manager/refresh-token"),
            prefix: path("/mtr-api/{system}"),
            balance: path("/balance"),
            instruments: path("/effective-instruments"),
            quotations: path("/quotations"),
            candles: path("/candles"),
            open_positions: path("/open-positions"),
            active_orders: path("/active-orders"),
            closed_positions: path("/closed-positions"),
            open: path("/position/open"),
            edit: path("/position/edit"),
            close: path("/position/close"),
            close_partially: path("/position/close-partially"),
            create_order: path("/pending-order/create"),
            edit_order: path("/pending-order/edit"),
            cancel_order: path("/pending-order/cancel"),
        }
    }
}

impl Paths {
    /// Each with its name.
    pub(super) fn all(&self) -> [(&'static str, &str); 18] {
        [
            ("platform_details", &self.platform_details),
            ("login", &self.login),
            ("refresh", &self.refresh),
            ("prefix", &self.prefix),
            ("balance", &self.balance),
            ("instruments", &self.instruments),
            ("quotations", &self.quotations),
            ("candles", &self.candles),
            ("open_positions", &self.open_positions),
            ("active_orders", &self.active_orders),
            ("closed_positions", &self.closed_positions),
            ("open", &self.open),
            ("edit", &self.edit),
            ("close", &self.close),
            ("close_partially", &self.close_partially),
            ("create_order", &self.create_order),
            ("edit_order", &self.edit_order),
            ("cancel_order", &self.cancel_order),
        ]
    }
}
