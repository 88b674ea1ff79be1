//! What a reply's status means.

use super::transport::{Answer, Lost};
use super::wire::{outcome, words};
use crate::broker::{Fault, Reply};
use crate::intent::{Doubt, Outcome};

/// Why a reply to a question, or for a session, is none; `None` where it is one.
pub(crate) fn fault(answer: &Answer) -> Option<Fault> {
    let told = || format!("{} {}", answer.status, words(&answer.body));
    Some(match answer.status {
        200..=299 => return answer.torn.clone().map(lost),
        401 => Fault::Unauthorised,
        403 => Fault::Forbidden(words(&answer.body)),
        410 => Fault::Gone,
        429 => Fault::TooMany { retry_after: answer.retry_after },
        500..=599 => Fault::Server(answer.status),
        // Where to is nobody's business: it is not followed.
        300..=399 => Fault::Refused(format!("{}, a redirect", answer.status)),
        _ => Fault::Refused(told()),
    })
}

/// What a lost reply means for what may be asked again.
pub(crate) fn lost(lost: Lost) -> Fault {
    match lost {
        Lost::Unsent(words) | Lost::Broken(words) => Fault::Network(words),
        Lost::Timeout => Fault::Timeout,
        Lost::TooLong(most) => Fault::Unreadable(too_long(most)),
    }
}

fn too_long(most: usize) -> String {
    format!("longer than {most} bytes")
}

/// What came of a write. That it failed means that it was not sent, or turned away at the
/// door; else the broker's outcome, or that nobody knows.
pub(crate) fn written(answer: Result<&Answer, Lost>) -> Reply {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Lost::Unsent(words)) => return Reply::Failed(Fault::Network(words)),
        Err(lost) => return Reply::Write(Outcome::Unknown(doubt(lost))),
    };
    match (answer.status, &answer.torn) {
        (401, _) => Reply::Failed(Fault::Unauthorised),
        (429, _) => Reply::Failed(Fault::TooMany { retry_after: answer.retry_after }),
        (200..=299, Some(torn)) => Reply::Write(Outcome::Unknown(doubt(torn.clone()))),
        (status, _) => Reply::Write(outcome(status, &answer.body)),
    }
}

fn doubt(lost: Lost) -> Doubt {
    match lost {
        Lost::Unsent(words) | Lost::Broken(words) => Doubt::Disconnected(words),
        Lost::Timeout => Doubt::Timeout,
        Lost::TooLong(most) => Doubt::Unreadable(too_long(most)),
    }
}

#[cfg(test)]
mod tests {
    use tickstep_core::units::Nanos;

    use super::*;

    fn answer(status: u16, body: &str, torn: Option<Lost>) -> Answer {
        let retry_after = Some(Nanos::SECOND);
        let body = body.as_bytes().to_vec().into();
        Answer { status, date: None, retry_after, cookies: Vec::new(), body, torn }
    }

    #[test]
    fn each_status_of_a_question_has_its_meaning() {
        let page = "<html><head><title>Just a moment...</title></head><body>x</body></html>";
        for (status, body, wanted) in [
            (200, "{}", None),
            (204, "", None),
            (302, "", Some(Fault::Refused("302, a redirect".to_owned()))),
            (400, "Validation failed", Some(Fault::Refused("400 Validation failed".to_owned()))),
            (401, "", Some(Fault::Unauthorised)),
            (403, page, Some(Fault::Forbidden("Just a moment...".to_owned()))),
            (404, "", Some(Fault::Refused("404 ".to_owned()))),
            (410, "", Some(Fault::Gone)),
            (422, "bad", Some(Fault::Refused("422 bad".to_owned()))),
            (429, "", Some(Fault::TooMany { retry_after: Some(Nanos::SECOND) })),
            (500, "", Some(Fault::Server(500))),
            (503, "", Some(Fault::Server(503))),
        ] {
            assert_eq!(fault(&answer(status, body, None)), wanted, "{status}");
        }
        let torn = answer(200, "{", Some(Lost::Timeout));
        assert_eq!(fault(&torn), Some(Fault::Timeout));
    }

    #[test]
    fn only_what_was_not_sent_or_turned_away_is_sure_to_have_failed() {
        let accepted = r#"{"status":"OK","orderId":"W1"}"#;
        let unknown = |doubt| Reply::Write(Outcome::Unknown(doubt));
        let words = || "reset".to_owned();
        for (found, wanted) in [
            (written(Err(Lost::Unsent(words()))), Reply::Failed(Fault::Network(words()))),
            (written(Err(Lost::Broken(words()))), unknown(Doubt::Disconnected(words()))),
            (written(Err(Lost::Timeout)), unknown(Doubt::Timeout)),
            (
                written(Ok(&answer(200, accepted, Some(Lost::TooLong(9))))),
                unknown(Doubt::Unreadable("longer than 9 bytes".to_owned())),
            ),
            (written(Ok(&answer(200, accepted, Some(Lost::Timeout)))), unknown(Doubt::Timeout)),
            (
                written(Ok(&answer(200, accepted, None))),
                Reply::Write(Outcome::Accepted { id: Some("W1".to_owned()) }),
            ),
            (written(Ok(&answer(401, accepted, None))), Reply::Failed(Fault::Unauthorised)),
            (
                written(Ok(&answer(429, "", None))),
                Reply::Failed(Fault::TooMany { retry_after: Some(Nanos::SECOND) }),
            ),
            (written(Ok(&answer(502, accepted, None))), unknown(Doubt::Server(502))),
        ] {
            assert_eq!(found, wanted);
        }
    }
}
