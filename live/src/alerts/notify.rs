//! What is told beside what a runner says.

use tokio::sync::{mpsc, watch};

use crate::runner::Severity;
use crate::store::Health;

/// Something that is told beside what a runner says.
#[derive(Debug)]
pub(super) struct AlertNote {
    pub severity: Severity,
    pub kind: &'static str,
    pub words: String,
}

/// Tells people something beside what a runner says; never waits.
#[derive(Clone)]
pub struct Notifier(pub(super) mpsc::Sender<AlertNote>);

impl Notifier {
    /// Tells it; `kind` is a word for machines. Where too much is told at once it is left
    /// out, and its teller's line of the log has it.
    pub fn tell(&self, severity: Severity, kind: &'static str, words: impl Into<String>) {
        let words = words.into();
        if self.0.try_send(AlertNote { severity, kind, words }).is_err() {
            tracing::debug!(event = kind, "nobody takes alerts now");
        }
    }
}

/// Tells when the database of a service falls behind or has lost something, and when it is
/// there again, until the service has ended.
pub async fn tell_health(mut health: watch::Receiver<Health>, notifier: Notifier) {
    let (mut behind, mut missed) = (false, None);
    while health.changed().await.is_ok() {
        let Health { trouble, missing, .. } = health.borrow_and_update().clone();
        match &trouble {
            Some(why) if !behind => {
                let words = format!("the database is behind the journal: {why}; trading goes on");
                notifier.tell(Severity::Warning, "database", words);
            }
            None if behind => {
                notifier.tell(Severity::Notice, "database", "the database has caught up");
            }
            _ => {}
        }
        behind = trouble.is_some();
        if let Some((first, last)) = missing.filter(|_| missed != missing) {
            let words = format!(
                "records {first} to {last} are neither in the database nor in the journal any more"
            );
            notifier.tell(Severity::Warning, "database", words);
        }
        missed = missing;
    }
}
