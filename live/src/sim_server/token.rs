//! Tokens: three parts as a JWT has them, signed so that nobody else can make one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tickstep_core::units::Nanos;

use crate::exchange::Pass;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenUse {
    /// The cookie `co-auth`.
    Session,
    /// The cookie `rt`.
    Refresh,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    /// Number of the session's state, as the table of sessions knows it.
    jti: u64,
    iat: i64,
    exp: i64,
    r#use: TokenUse,
}

fn signature(secret: &str, text: &str) -> String {
    let digest = Sha256::new().chain_update(secret).chain_update("\0").chain_update(text);
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// The token of a session; its times are whole seconds of the server's clock.
pub(crate) fn mint(secret: &str, pass: &Pass, of: TokenUse, expires: Nanos, skew: Nanos) -> String {
    let second = |ts: Nanos| (ts + skew).0.div_euclid(Nanos::SECOND.0);
    let claims = Claims {
        sub: pass.email.clone(),
        jti: pass.serial,
        iat: second(pass.issued),
        exp: second(expires),
        r#use: of,
    };
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let body = URL_SAFE_NO_PAD.encode(serde_json::json!(claims).to_string());
    let text = format!("{head}.{body}");
    let signature = signature(secret, &text);
    format!("{text}.{signature}")
}

/// The number in a token of ours, which may be over by now.
pub(crate) fn serial(secret: &str, token: &str, of: TokenUse) -> Option<u64> {
    claims(secret, token, of).map(|claims| claims.jti)
}

/// The e-mail in a token of ours, which may be over by now.
pub(crate) fn owner(secret: &str, token: &str, of: TokenUse) -> Option<String> {
    claims(secret, token, of).map(|claims| claims.sub)
}

fn claims(secret: &str, token: &str, of: TokenUse) -> Option<Claims> {
    let (text, signed) = token.rsplit_once('.')?;
    if signature(secret, text) != signed {
        return None;
    }
    let body = URL_SAFE_NO_PAD.decode(text.split_once('.')?.1).ok()?;
    let claims: Claims = serde_json::from_slice(&body).ok()?;
    (claims.r#use == of).then_some(claims)
}

/// The token of an account in a session; it stays the same while the session is prolonged.
pub(crate) fn trading(secret: &str, account: &str, session: u64) -> String {
    signature(secret, &format!("trading {account} {session}"))
}

/// The token that documents also name for the cookie, and that does not open it.
pub(crate) fn alternative(secret: &str, account: &str, session: u64) -> String {
    signature(secret, &format!("account {account} {session}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_ours_or_nothing() {
        let (issued, expires) = (Nanos::SECOND.times(1_000), Nanos::SECOND.times(1_900));
        let pass = Pass { email: "a@b.c".to_owned(), session: 1, serial: 7, issued, expires };
        let token = mint("s", &pass, TokenUse::Session, expires, Nanos::SECOND);
        assert_eq!(serial("s", &token, TokenUse::Session), Some(7));
        assert_eq!(serial("s", &token, TokenUse::Refresh), None);
        assert_eq!(serial("t", &token, TokenUse::Session), None);
        let parts: Vec<_> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let body = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["exp"], &body["iat"]), (&1_901.into(), &1_001.into()));
        for forged in ["", "a.b", "a.b.c", &token[1..]] {
            assert_eq!(serial("s", forged, TokenUse::Session), None);
        }
    }
}
