//! What it takes to log in to one account, and how it is written before it is locked.

use core::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::VaultError;

/// Longest field, in bytes.
const FIELD: usize = 4096;
/// What is locked is filled up to a multiple of this, so that its length does not tell how
/// long a password is.
const BLOCK: usize = 128;

/// A login at a broker.
#[derive(Clone)]
pub struct Credential {
    /// E-mail; empty where the broker gives out tokens instead of logins.
    pub email: String,
    /// Password, or the token that the broker gave out.
    pub password: SecretString,
    /// The broker's number, where it is known.
    pub broker: Option<String>,
    /// The account at the broker. No other one is ever taken.
    pub account: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Credential {
    /// Whether a vault takes it as the login of `name`.
    pub(super) fn check(&self, name: &str) -> Result<(), VaultError> {
        match self.fault() {
            None => Ok(()),
            Some((field, why)) => Err(VaultError::Field { name: name.to_owned(), field, why }),
        }
    }

    /// A field that no vault takes, and what is wrong with it; its value is not told.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        let password = self.password.expose_secret();
        let fields = [
            ("email", Some(&*self.email), false),
            ("password", Some(password), true),
            ("broker", self.broker.as_deref(), true),
            ("account", Some(&*self.account), true),
        ];
        fields.into_iter().find_map(|(field, text, needed)| {
            let why = match text? {
                "" if needed => "is empty",
                text if text.len() > FIELD => "is over 4096 bytes long",
                text if field != "password" && text.contains(char::is_control) => {
                    "has a control character in it"
                }
                _ => return None,
            };
            Some((field, why))
        })
    }

    /// Each field with its length in front, in memory that is wiped.
    pub(super) fn written(&self) -> Zeroizing<Vec<u8>> {
        let broker = self.broker.as_deref();
        let fields = [&*self.email, self.password.expose_secret(), &self.account];
        let length = fields.into_iter().chain(broker).map(|text| 4 + text.len()).sum::<usize>() + 1;
        // Room for all of it, so that growing leaves no copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(BLOCK)));
        out.push(u8::from(broker.is_some()));
        for text in fields.into_iter().chain(broker) {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        out.resize(length.next_multiple_of(BLOCK), 0);
        out
    }

    /// Reads what was written; `None` where it is something else.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (has_broker, mut rest) = bytes.split_first()?;
        let mut next = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (text, after) = after.split_at_checked(length)?;
            rest = after;
            core::str::from_utf8(text).ok()
        };
        let email = next()?.to_owned();
        let password = SecretString::from(next()?);
        let account = next()?.to_owned();
        let broker = match has_broker {
            0 => None,
            1 => Some(next()?.to_owned()),
            _ => return None,
        };
        let filled = rest.len() < BLOCK && rest.iter().all(|b| *b == 0);
        filled.then_some(Self { email, password, broker, account })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    impl PartialEq for Credential {
        fn eq(&self, other: &Self) -> bool {
            self.email == other.email
                && self.password.expose_secret() == other.password.expose_secret()
                && self.broker == other.broker
                && self.account == other.account
        }
    }

    /// Logins of every kind that a vault takes.
    pub fn credentials() -> impl Strategy<Value = Credential> {
        let plain = "[^\\p{Cc}]{0,40}";
        let filled = "[^\\p{Cc}]{1,40}";
        let password = proptest::collection::vec(any::<char>(), 1..80);
        (plain, password, proptest::option::of(filled), filled).prop_map(
            |(email, password, broker, account)| {
                let password = password.into_iter().collect::<String>().into();
                Credential { email, password, broker, account }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(credential in credentials()) {
            prop_assert!(credential.check("a").is_ok());
            let bytes = credential.written();
            prop_assert_eq!(bytes.len() % BLOCK, 0);
            prop_assert_eq!(bytes.capacity(), bytes.len());
            prop_assert!(Credential::read(&bytes) == Some(credential));
        }

        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _read = Credential::read(&bytes);
        }
    }

    #[test]
    fn fields_are_checked_and_not_shown() {
        let good = Credential {
            email: "a@example.com".to_owned(),
            password: "correct horse".into(),
            broker: None,
            account: "1".to_owned(),
        };
        let check = |change: &dyn Fn(&mut Credential)| {
            let mut bad = good.clone();
            change(&mut bad);
            bad.check("one").map_err(|e| e.to_string())
        };
        let wrong = |words: &str| Err(format!("account one: {words}"));
        assert_eq!(check(&|_| {}), Ok(()));
        assert_eq!(check(&|c| c.email.clear()), Ok(()));
        assert_eq!(check(&|c| c.account.clear()), wrong("account is empty"));
        assert_eq!(check(&|c| c.broker = Some(String::new())), wrong("broker is empty"));
        assert_eq!(check(&|c| c.password = "".into()), wrong("password is empty"));
        let long = "secret".repeat(1000);
        let found = check(&|c| c.password = long.clone().into());
        assert_eq!(found, wrong("password is over 4096 bytes long"));
        assert_eq!(
            check(&|c| c.email = "a\nb".to_owned()),
            wrong("email has a control character in it")
        );
        let shown = format!("{good:?} {good:#?}");
        assert!(!shown.contains("horse") && !shown.contains("example.com"), "{shown}");
    }
}
