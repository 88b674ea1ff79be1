//! Telegram's interface for bots. Its addresses have the bot's token in them: none is shown,
//! kept, or put into an error.

use core::fmt;
use core::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fault::AlertFault;
use crate::config::TelegramConfig;
use crate::match_trader::transport::{Bounds, exchange};
use crate::net::client::{check_address, client};

/// Longest answer that is read, in bytes.
const LONGEST: usize = 4 << 20;
/// How long an answer is awaited, beyond what the server was asked to wait.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest text of a message, in characters; Telegram takes 4096.
const TEXT: usize = 4_000;
/// Longest wait that a server's wish is taken for.
const LONGEST_WAIT: u64 = 86_400;

/// Why a call was of no use. There is no address and no token in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BotFault {
    /// The server will not do it.
    Refused {
        /// Its number of the fault.
        code: u16,
        /// Its words.
        words: String,
    },
    /// It may be asked again after a while.
    TooMany(Duration),
    /// There was no answer, or none that can be read.
    Lost(String),
}

impl fmt::Display for BotFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code: 401 | 404, .. } => {
                f.write_str("Telegram does not know the bot: the token in the vault is wrong")
            }
            Self::Refused { code: 409, words } => {
                write!(f, "another program asks for this bot's messages: {words}")
            }
            Self::Refused { code, words } => write!(f, "Telegram refused: {words} ({code})"),
            Self::TooMany(after) => {
                write!(f, "Telegram had too many requests; the next in {} s", after.as_secs())
            }
            Self::Lost(why) => write!(f, "Telegram was not reached: {why}"),
        }
    }
}

/// A bot.
pub(super) struct Bot {
    http: Client,
    base: String,
    token: SecretString,
}

/// Something that was written to a bot.
#[derive(Debug, Deserialize)]
pub(super) struct Update {
    #[serde(default)]
    pub message: Option<ChatLine>,
}

/// A message in a chat.
#[derive(Debug, Deserialize)]
pub(super) struct ChatLine {
    /// When, in seconds since the Unix epoch, by Telegram's clock.
    pub date: i64,
    pub chat: Chat,
    #[serde(default)]
    pub from: Option<Person>,
    #[serde(default)]
    pub text: Option<String>,
}

/// Where it was written.
#[derive(Debug, Deserialize)]
pub(super) struct Chat {
    pub id: i64,
}

/// Who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Person {
    pub id: i64,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub first_name: Option<String>,
}

#[derive(Deserialize)]
struct BotReply<'a> {
    ok: bool,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<u64>,
}

impl Bot {
    /// Checks configuration and token; nothing is sent.
    pub(super) fn new(config: &TelegramConfig, token: &SecretString) -> Result<Self, AlertFault> {
        let wrong = |why: String| AlertFault::Address { at: "alerts.telegram.url", why };
        let tls = check_address(&config.url, config.plain_http).map_err(wrong)?;
        let http = client(tls).map_err(wrong)?;
        let base = config.url.trim_end_matches('/').to_owned();
        let bot = Self { http, base, token: token.clone() };
        // A token is `number:letters`; what else is in it would be another address.
        let text = bot.token.expose_secret();
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let numbered = text.split_once(':').is_some_and(|(n, _)| n.parse::<u64>().is_ok());
        if !numbered || !text.chars().all(sound) {
            return Err(AlertFault::Token);
        }
        Ok(bot)
    }

    /// The bot's number, which is no secret.
    pub(super) fn number(&self) -> u64 {
        let text = self.token.expose_secret();
        text.split_once(':').and_then(|(number, _)| number.parse().ok()).unwrap_or(0)
    }

    /// Words of a server's, which might repeat what it was sent.
    fn cleared(&self, words: &str) -> String {
        let token = self.token.expose_secret();
        let secret = token.split_once(':').map_or(token, |(_, secret)| secret);
        let words = words.replace(token, "[hidden]");
        let words = if secret.is_empty() { words } else { words.replace(secret, "[hidden]") };
        words.chars().filter(|c| !c.is_control()).take(200).collect()
    }

    async fn call(&self, method: &str, body: &Value, wait: Duration) -> Result<Vec<u8>, BotFault> {
        let lost = |why: &str| BotFault::Lost(self.cleared(why));
        let address = format!("{}/bot{}/{method}", self.base, self.token.expose_secret());
        let url = Url::parse(&zeroize::Zeroizing::new(address));
        let url = url.map_err(|_| lost("its address cannot be written"))?;
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json");
        let request = request.body(body.to_string()).build();
        let request = request.map_err(|_| lost("the request cannot be written"))?;
        let bounds = Bounds { time: wait + PATIENCE, bytes: LONGEST };
        let answer = exchange(&self.http, request, None, bounds).await;
        let answer = answer.map_err(|why| lost(&why.to_string()))?;
        if let Some(torn) = &answer.torn {
            return Err(lost(&torn.to_string()));
        }
        let Ok(said) = serde_json::from_slice::<BotReply<'_>>(&answer.body) else {
            return Err(lost(&format!(
                "it answered {} and nothing that can be read",
                answer.status
            )));
        };
        if let (true, Some(result)) = (said.ok, said.result) {
            return Ok(result.get().as_bytes().to_vec());
        }
        let asked = said.parameters.and_then(|parameters| parameters.retry_after);
        let seconds = |after: u64| Duration::from_secs(after.min(LONGEST_WAIT));
        let code = said.error_code.unwrap_or(answer.status);
        Err(match (code, asked) {
            (_, Some(after)) => BotFault::TooMany(seconds(after)),
            (429, None) => BotFault::TooMany(seconds(5)),
            (500.., None) => lost(&format!("it answered {code}")),
            (code, None) => {
                let words = self.cleared(&said.description.unwrap_or_default());
                BotFault::Refused { code, words }
            }
        })
    }

    /// What was written since, `from` being the number of the first that was not taken yet;
    /// waits so long at the server until something is. Each is its number and what was read
    /// of it.
    pub(super) async fn updates(
        &self,
        from: Option<i64>,
        wait: Duration,
    ) -> Result<Vec<(i64, Option<Update>)>, BotFault> {
        #[derive(Deserialize)]
        struct Numbered {
            update_id: i64,
        }
        let mut body = json!({ "timeout": wait.as_secs(), "allowed_updates": ["message"] });
        if let Some(from) = from {
            body["offset"] = from.into();
        }
        let result = self.call("getUpdates", &body, wait).await?;
        let list = serde_json::from_slice::<Vec<&RawValue>>(&result);
        let list = list.map_err(|error| BotFault::Lost(self.cleared(&error.to_string())))?;
        // One that cannot be read is passed over by its number, or it would come for ever.
        let read = |raw: &&RawValue| {
            let numbered: Numbered = serde_json::from_str(raw.get()).ok()?;
            Some((numbered.update_id, serde_json::from_str(raw.get()).ok()))
        };
        Ok(list.iter().filter_map(read).collect())
    }

    /// Writes a text into a chat.
    pub(super) async fn write(&self, chat: i64, text: &str) -> Result<(), BotFault> {
        let text: String = match text.char_indices().nth(TEXT) {
            Some((end, _)) => format!("{}\n[cut]", &text[..end]),
            None => text.to_owned(),
        };
        let body = json!({ "chat_id": chat, "text": text });
        self.call("sendMessage", &body, Duration::ZERO).await.map(drop)
    }
}
