//! What a vault holds, as a table or as JSON, without its secrets.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde::Serialize;

use crate::vault::Vault;

#[derive(Serialize)]
struct ListedLogin<'a> {
    name: &'a str,
    email: &'a str,
    account: &'a str,
    broker: Option<&'a str>,
    enabled: bool,
}

/// The accounts of a vault.
pub(super) fn told(vault: &Vault, json: bool) -> serde_json::Result<String> {
    let rows = vault.entries().map(|(name, entry)| ListedLogin {
        name,
        email: &entry.credential.email,
        account: &entry.credential.account,
        broker: entry.credential.broker.as_deref(),
        enabled: entry.enabled,
    });
    if json {
        return Ok(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())? + "\n");
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["name", "e-mail", "account", "broker", "enabled"]);
    let mut count = 0;
    for row in rows {
        let enabled = if row.enabled { "yes" } else { "no" };
        table.add_row([row.name, row.email, row.account, row.broker.unwrap_or("-"), enabled]);
        count += 1;
    }
    if count == 0 {
        return Ok("no accounts; `accounts add` adds one\n".to_owned());
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    Ok(lines.collect())
}
