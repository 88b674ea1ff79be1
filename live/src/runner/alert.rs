//! Something a person should know, as it is published.

use tickstep_core::session::AccountId;

use super::happening::Happening;
use super::news::{Alert, AlertKind, Severity};

pub(super) fn alert(
    severity: Severity,
    account: Option<AccountId>,
    kind: AlertKind,
    words: String,
) -> Happening {
    Happening::Alert(Alert { severity, account, kind, words })
}
