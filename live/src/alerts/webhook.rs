//! Alerts as HTTP requests to a program of somebody's, signed.
//!
//! Each is a `POST` of JSON: `id`, `type` (`tickstep.alert`), `severity`, `kind`, `account`,
//! `message`, `more` (alerts like it that were counted and not sent), `at` and `at_ns`. The
//! headers and the signature are those of Standard Webhooks, for which there are libraries
//! in most languages:
//!
//! | header | what it is |
//! |---|---|
//! | `webhook-id` | the alert's number, the same however often it is sent |
//! | `webhook-timestamp` | when this attempt was made, seconds since the Unix epoch |
//! | `webhook-signature` | `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body` |
//!
//! The key is a secret of the vault: `whsec_` and Base64, or any other text as it is. A
//! receiver computes the signature of the body as it came, compares in constant time,
//! refuses a time that is minutes off, and takes an `id` once. An answer of 2xx is taken for
//! receipt; anything else, or none, is tried again with the same id.

use core::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::tz::TimeZone;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use tickstep_core::units::Nanos;

use super::deliver::{Attempt, Channel};
use super::fault::AlertFault;
use super::message::AlertMessage;
use crate::clock::wall;
use crate::config::WebhookConfig;
use crate::match_trader::transport::{Answer, Bounds, exchange};
use crate::net::client::{check_address, client};
use crate::runner::Severity;

/// Longest answer that is read, in bytes; nothing in it is looked at.
const LONGEST: usize = 1 << 16;
/// What a key begins with that is Base64.
const BASE64_KEY: &str = "whsec_";

/// What signs bodies.
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// One with a key, as the vault has it.
    ///
    /// # Errors
    /// When the key begins with `whsec_` and is no Base64 behind that.
    pub fn new(key: &SecretString) -> Result<Self, AlertFault> {
        let text = key.expose_secret();
        let bytes = match text.strip_prefix(BASE64_KEY) {
            Some(rest) => STANDARD.decode(rest).map_err(|_| AlertFault::Key)?,
            None => text.as_bytes().to_vec(),
        };
        let bytes = zeroize::Zeroizing::new(bytes);
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| AlertFault::Key)
    }

    /// The signature of a body, as its header carries it.
    #[must_use]
    pub fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Where alerts are sent to.
pub(super) struct Webhook {
    http: Client,
    url: Url,
    signer: Signer,
    timeout: Duration,
    zone: TimeZone,
}

impl Webhook {
    /// Checks the configuration; nothing is sent.
    pub(super) fn new(
        config: &WebhookConfig,
        key: &SecretString,
        zone: TimeZone,
    ) -> Result<Self, AlertFault> {
        let wrong = |why: String| AlertFault::Address { at: "alerts.webhook.url", why };
        let tls = check_address(&config.url, config.plain_http).map_err(wrong)?;
        let url = Url::parse(&config.url).map_err(|error| wrong(error.to_string()))?;
        let http = client(tls).map_err(wrong)?;
        Ok(Self { http, url, signer: Signer::new(key)?, timeout: config.timeout(), zone })
    }
}

impl Channel for Webhook {
    type Message = AlertMessage;

    async fn send(&self, message: &AlertMessage) -> Attempt {
        let body = message.body(&self.zone);
        let timestamp = wall().0.div_euclid(Nanos::SECOND.0);
        let signature = self.signer.signature(&message.id, timestamp, &body);
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body)
            .build();
        let Ok(request) = request else {
            return Attempt::Never("the request cannot be written".to_owned());
        };
        let bounds = Bounds { time: self.timeout, bytes: LONGEST };
        match exchange(&self.http, request, None, bounds).await {
            Ok(Answer { status: 200..=299, .. }) => Attempt::Taken,
            Ok(Answer { status, retry_after, .. }) => {
                let after = retry_after.map(|after| Duration::from_nanos(after.0.unsigned_abs()));
                Attempt::Later(format!("it answered {status}"), after)
            }
            Err(lost) => Attempt::Later(lost.to_string(), None),
        }
    }

    fn missing(&self, before: &AlertMessage, gone: u64) -> AlertMessage {
        AlertMessage {
            id: format!("{}-dropped", before.id),
            at: wall(),
            severity: Severity::Warning,
            kind: "dropped".to_owned(),
            account: None,
            words: format!("{gone} alerts before this one were dropped"),
            more: 0,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        // The key, id, time and body of the example in the specification's text; the
        // signature computed by Python's hmac and base64 modules.
        let signer = Signer::new(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).unwrap();
        let body = r#"{"test": 2432232314}"#;
        let signed = signer.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let plain = Signer::new(&"a key of one's own".into()).unwrap();
        assert_eq!(
            plain.signature("1", 2, "{}"),
            "v1,CG/NKB9/KMNP/SKwCY4dWAaqdr0EFdAcQxO5jlf8NpM="
        );
        assert!(matches!(Signer::new(&"whsec_!".into()), Err(AlertFault::Key)));
    }
}
