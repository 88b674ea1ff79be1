//! Every statement that writes, in words that SQLite and PostgreSQL understand alike.

/// A value of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

/// A statement and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub sql: &'static str,
    pub values: Vec<Value>,
}

macro_rules! statement {
    ($sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::sql::Statement {
            sql: $sql,
            values: vec![$($crate::store::sql::Value::from($value)),*],
        }
    };
}
pub(super) use statement;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)+
        /// All of them, to be held against both databases.
        #[cfg(test)]
        pub(super) const ALL: &[&str] = &[$($name,)+];
    };
}

texts! {
    PROGRESS = "SELECT record, cleaned_hour FROM progress WHERE id = 1";
    SET_PROGRESS = "UPDATE progress SET record = $1, at = $2, cleaned_hour = $3 WHERE id = 1";

    USER = "INSERT INTO users (id, name, is_active, created_at, updated_at) \
        VALUES ($1, $1, 1, $2, $2) ON CONFLICT (id) DO NOTHING";
    // What the vault says of logins. Two that share an address: the first one has it.
    LOGIN = "INSERT INTO users (id, name, email, broker_id, is_active, created_at, updated_at) \
        SELECT CAST($1 AS TEXT), CAST($1 AS TEXT), CASE WHEN EXISTS (SELECT 1 FROM users AS other \
        WHERE other.email = $2 AND other.id <> $1) THEN NULL ELSE CAST($2 AS TEXT) END, \
        CAST($3 AS TEXT), 1, CAST($4 AS BIGINT), CAST($4 AS BIGINT) WHERE 1 = 1 \
        ON CONFLICT (id) DO UPDATE SET email = excluded.email, broker_id = excluded.broker_id, \
        updated_at = excluded.updated_at";
    // On another server it is another account, whose number its session will say.
    ACCOUNT = "INSERT INTO accounts (id, user_id, kind, host, leverage, currency, created_at, \
        updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO UPDATE SET \
        user_id = excluded.user_id, kind = excluded.kind, host = excluded.host, \
        trading_account_uuid = CASE WHEN COALESCE(accounts.host, '') = COALESCE(excluded.host, '') \
        THEN accounts.trading_account_uuid ELSE NULL END, \
        leverage = COALESCE(excluded.leverage, accounts.leverage), \
        currency = COALESCE(excluded.currency, accounts.currency)";
    MONEY = "UPDATE accounts SET balance = $2, equity = $3, margin = $4, free_margin = $5, \
        currency = COALESCE($6, currency), updated_at = $7 WHERE id = $1";
    PAPER_MONEY = "UPDATE accounts SET balance = $2, equity = $3, margin = $4, \
        free_margin = $5, updated_at = $6 WHERE id = $1 AND kind = 'PAPER'";
    // Two accounts that claim one number at a broker: the first one has it.
    ACCOUNT_NUMBER = "UPDATE accounts SET trading_account_uuid = $2 WHERE id = $1 AND NOT EXISTS \
        (SELECT 1 FROM accounts AS other WHERE other.trading_account_uuid = $2 AND other.id <> $1 \
        AND COALESCE(other.host, '') = COALESCE(accounts.host, ''))";
    LEVERAGE = "UPDATE accounts SET leverage = $2 WHERE id = $1";

    SESSION_PROLONGED = "UPDATE user_sessions SET expires_at = $2, last_refresh_at = $3, \
        trading_account_id = $4 WHERE account_id = $1 AND is_active = 1";
    SESSION_OPENED = "INSERT INTO user_sessions (id, user_id, account_id, trading_account_id, \
        login_at, expires_at, last_refresh_at, is_active, record) \
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), \
        CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($5 AS BIGINT), 1, CAST($7 AS BIGINT) \
        WHERE NOT EXISTS (SELECT 1 FROM user_sessions AS open \
        WHERE open.account_id = $3 AND open.is_active = 1)";
    SESSION_ENDED = "UPDATE user_sessions SET is_active = 0, ended_at = $2, end_reason = $3, \
        ended_record = $4 WHERE account_id = $1 AND is_active = 1";

    ORDER = "INSERT INTO orders (id, user_id, account_id, order_uuid, engine_order, signal_id, \
        strategy, purpose, position_id, symbol, side, order_type, quantity, decision_price, \
        stop_loss, take_profit, status, message, created_at, sent_at, executed_at, closed_at, \
        updated_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
        $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) ON CONFLICT (id) DO UPDATE SET \
        order_uuid = COALESCE(excluded.order_uuid, orders.order_uuid), \
        status = excluded.status, message = COALESCE(excluded.message, orders.message), \
        sent_at = COALESCE(orders.sent_at, excluded.sent_at), \
        executed_at = COALESCE(excluded.executed_at, orders.executed_at), \
        closed_at = COALESCE(excluded.closed_at, orders.closed_at), \
        updated_at = excluded.updated_at";
    ORDER_OPENED = "UPDATE orders SET entry_price = COALESCE(entry_price, $2), \
        position_id = COALESCE(position_id, $3) WHERE id = $1";
    // An entry whose positions are all closed is closed.
    ENTRY_CLOSED = "UPDATE orders SET status = 'CLOSED', closed_at = (SELECT MAX(held.closed_at) \
        FROM positions AS held WHERE held.order_id = orders.id) \
        WHERE id = $1 AND status = 'OPEN' \
        AND EXISTS (SELECT 1 FROM positions AS held WHERE held.order_id = orders.id) \
        AND NOT EXISTS (SELECT 1 FROM positions AS held \
        WHERE held.order_id = orders.id AND held.status = 'OPEN')";
    ENTRY_OF_POSITION_CLOSED = "UPDATE orders SET status = 'CLOSED', closed_at = $3 \
        WHERE status = 'OPEN' AND id = (SELECT one.order_id FROM positions AS one \
        WHERE one.account_id = $1 AND one.position_id = $2 AND one.opened_at = $4) \
        AND NOT EXISTS (SELECT 1 FROM positions AS held \
        WHERE held.order_id = orders.id AND held.status = 'OPEN')";

    POSITION_OPENED = "INSERT INTO positions (id, user_id, account_id, position_id, order_id, \
        strategy, symbol, side, opened_quantity, quantity, entry_price, stop_loss, take_profit, \
        status, opened_at, updated_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
        $11, $12, $13, 'OPEN', $14, $15, $16) ON CONFLICT (account_id, position_id, opened_at) DO UPDATE SET \
        order_id = COALESCE(excluded.order_id, positions.order_id), \
        strategy = COALESCE(excluded.strategy, positions.strategy), \
        opened_quantity = excluded.opened_quantity, quantity = excluded.quantity, \
        entry_price = excluded.entry_price, stop_loss = excluded.stop_loss, \
        take_profit = excluded.take_profit, status = 'OPEN', close_price = NULL, \
        close_reason = NULL, closed_at = NULL, updated_at = excluded.updated_at";
    POSITION_CHANGED = "UPDATE positions SET quantity = $3, stop_loss = $4, take_profit = $5, \
        updated_at = $6 WHERE account_id = $1 AND position_id = $2 AND opened_at = $7";
    POSITION_CLOSED = "UPDATE positions SET quantity = 0, status = 'CLOSED', \
        close_price = COALESCE($3, close_price), close_reason = $4, closed_at = $5, \
        updated_at = $6 WHERE account_id = $1 AND position_id = $2 AND opened_at = $7";
    // All that was opened of a position that no strategy holds was closed.
    STRAY_CLOSED = "UPDATE positions SET quantity = 0, status = 'CLOSED', close_price = $3, \
        closed_at = $4, updated_at = $5 WHERE account_id = $1 AND position_id = $2 \
        AND strategy IS NULL AND opened_at = (SELECT MAX(same.opened_at) FROM positions AS same \
        WHERE same.account_id = $1 AND same.position_id = $2) \
        AND opened_quantity <= (SELECT COALESCE(SUM(part.quantity), 0) FROM trades AS part \
        WHERE part.account_id = $1 AND part.position_id = $2 \
        AND part.executed_at >= positions.opened_at - 1000000000)";

    TRADE = "INSERT INTO trades (id, order_id, user_id, account_id, position_id, strategy, \
        symbol, side, entry_price, exit_price, quantity, profit_loss, profit_loss_percent, \
        price_move_percent, gross_profit, margin, commission, swap, exit_reason, \
        duration_seconds, executed_at, closed_at, record) VALUES ($1, \
        COALESCE(CAST($2 AS BIGINT), (SELECT asked.id FROM orders AS asked \
        WHERE asked.account_id = $4 AND asked.engine_order = $23 AND asked.purpose = 'ENTRY' \
        ORDER BY asked.id DESC LIMIT 1)), \
        $3, $4, COALESCE(CAST($5 AS TEXT), (SELECT asked.position_id FROM orders AS asked \
        WHERE asked.account_id = $4 AND asked.engine_order = $23 AND asked.purpose = 'ENTRY' \
        ORDER BY asked.id DESC LIMIT 1)), \
        $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $24)";

    SIGNAL = "INSERT INTO trading_signals (id, strategy, symbol, signal_type, strength, \
        volume_ratio, orderbook_imbalance, price, reason, created_at, record) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    SIGNAL_DONE = "UPDATE trading_signals SET executed_count = $2, failed_count = $3, \
        skipped_count = $4, total_volume = $5, execution_time_ns = $6, completed_at = $7 \
        WHERE id = $1";
    SIGNAL_LINE = "INSERT INTO signal_results (signal_id, line, account_id, order_id, status, \
        executed_price, quantity, slippage_ticks, latency_ns, reason, created_at, record) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        ON CONFLICT (signal_id, line) DO UPDATE SET status = excluded.status, \
        executed_price = excluded.executed_price, quantity = excluded.quantity, \
        slippage_ticks = excluded.slippage_ticks, latency_ns = excluded.latency_ns, \
        reason = excluded.reason";
    STRATEGY = "INSERT INTO strategies (id, created_at, record) VALUES ($1, $2, $3) \
        ON CONFLICT (id) DO NOTHING";

    LOG = "INSERT INTO system_logs (id, log_level, component, message, metadata, account_id, \
        symbol, created_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ALERT = "INSERT INTO alerts (id, severity, kind, account_id, message, created_at, record) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    AUDIT = "INSERT INTO audit_log (id, actor, action, reason, old_value, new_value, created_at, \
        record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    CONFIGURATION = "INSERT INTO engine_configurations (id, engine_id, text, actor, reason, \
        created_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    STRATEGY_VERSION = "INSERT INTO strategy_versions (id, strategy, configuration_id, setting, \
        old_value, new_value, created_at, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    SETTING = "INSERT INTO settings (setting, value, version, changed_by, updated_at, record) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (setting) DO UPDATE SET \
        value = excluded.value, version = excluded.version, changed_by = excluded.changed_by, \
        updated_at = excluded.updated_at, record = excluded.record";

    EQUITY = "INSERT INTO equity_points (account_id, at, user_id, balance, equity, is_stated, \
        record) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, at) DO UPDATE SET \
        balance = excluded.balance, equity = excluded.equity, is_stated = excluded.is_stated, \
        record = excluded.record";
    CANDLE = "INSERT INTO candles (symbol, interval_ns, opened_at, open, high, low, close, \
        volume, taker_buy_volume, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (symbol, interval_ns, opened_at) DO UPDATE SET open = excluded.open, \
        high = excluded.high, low = excluded.low, close = excluded.close, \
        volume = excluded.volume, taker_buy_volume = excluded.taker_buy_volume, \
        record = excluded.record";
    ENGINE = "INSERT INTO engines (id, registered_at, started_at, last_seen_at) \
        VALUES ($1, $2, $2, $2) ON CONFLICT (id) DO NOTHING";
    ENGINE_STARTED = "UPDATE engines SET started_at = $2, last_seen_at = $2 WHERE id = $1";
    ENGINE_SEEN = "UPDATE engines SET last_seen_at = $2 WHERE id = $1";
    HEARTBEAT = "INSERT INTO engine_heartbeats (id, engine_id, at, accounts, sessions_up, \
        open_positions, record) VALUES ($1, $2, $3, $4, $5, $6, $7)";

    SAMPLE = "INSERT INTO resource_samples (at, memory_bytes, disk_free_bytes, waiting, dropped, \
        requests, failed, median_ns, p99_ns, health) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
        $10) ON CONFLICT (at) DO NOTHING";

    OLD_LOGS = "DELETE FROM system_logs WHERE created_at < $1";
    MANY_LOGS = "DELETE FROM system_logs WHERE id <= (SELECT most.id FROM system_logs AS most \
        ORDER BY most.id DESC LIMIT 1 OFFSET $1)";
    OLD_HEARTBEATS = "DELETE FROM engine_heartbeats WHERE at < $1";
    OLD_EQUITY = "DELETE FROM equity_points WHERE at < $1";
    OLD_CANDLES = "DELETE FROM candles WHERE opened_at < $1";
    OLD_RESULTS = "DELETE FROM signal_results WHERE created_at < $1";
    OLD_SAMPLES = "DELETE FROM resource_samples WHERE at < $1";
    OLD_ALERTS = "DELETE FROM alerts WHERE created_at < $1";

    REWIND_SESSIONS = "DELETE FROM user_sessions WHERE record >= $1";
    REWIND_ENDED = "UPDATE user_sessions SET is_active = 1, ended_at = NULL, end_reason = NULL, \
        ended_record = NULL WHERE ended_record >= $1";
    REWIND_ORDERS = "DELETE FROM orders WHERE record >= $1";
    REWIND_POSITIONS = "DELETE FROM positions WHERE record >= $1";
    REWIND_TRADES = "DELETE FROM trades WHERE record >= $1";
    REWIND_SIGNALS = "DELETE FROM trading_signals WHERE record >= $1";
    REWIND_RESULTS = "DELETE FROM signal_results WHERE record >= $1";
    REWIND_LOGS = "DELETE FROM system_logs WHERE record >= $1";
    REWIND_ALERTS = "DELETE FROM alerts WHERE record >= $1";
    REWIND_AUDIT = "DELETE FROM audit_log WHERE record >= $1";
    REWIND_CONFIGURATIONS = "DELETE FROM engine_configurations WHERE record >= $1";
    REWIND_VERSIONS = "DELETE FROM strategy_versions WHERE record >= $1";
    REWIND_SETTINGS = "DELETE FROM settings WHERE record >= $1";
    REWIND_EQUITY = "DELETE FROM equity_points WHERE record >= $1";
    REWIND_CANDLES = "DELETE FROM candles WHERE record >= $1";
    REWIND_HEARTBEATS = "DELETE FROM engine_heartbeats WHERE record >= $1";
    REWIND_STRATEGIES = "DELETE FROM strategies WHERE record >= $1";
    REWIND_PROGRESS = "UPDATE progress SET record = $1, cleaned_hour = 0 WHERE id = 1";
}

/// What takes back all that records from one on have made; what they changed of older rows
/// is changed again by them.
pub(super) const REWIND: [&str; 17] = [
    REWIND_SESSIONS,
    REWIND_ENDED,
    REWIND_ORDERS,
    REWIND_POSITIONS,
    REWIND_TRADES,
    REWIND_SIGNALS,
    REWIND_RESULTS,
    REWIND_LOGS,
    REWIND_ALERTS,
    REWIND_AUDIT,
    REWIND_CONFIGURATIONS,
    REWIND_VERSIONS,
    REWIND_SETTINGS,
    REWIND_EQUITY,
    REWIND_CANDLES,
    REWIND_HEARTBEATS,
    REWIND_STRATEGIES,
];
