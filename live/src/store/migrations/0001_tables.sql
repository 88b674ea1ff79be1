-- What people ask about of a live runner. The journal is the truth; all but the tables of
-- operators and what is typed in by people is made from it and can be made again.
--
-- SQLite and PostgreSQL run this alike: flags are 0 or 1, times are nanoseconds since the
-- Unix epoch in UTC, amounts, prices, quantities and per cents are whole units of 0.00000001,
-- all of them BIGINT; text is text. `record` is the number of the journal's record that made
-- a row, and an `id` of such a row is 65536 times that number and the row's place in it.

-- How far the journal has been taken in.
CREATE TABLE progress (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    -- All records up to this one; -1 before the first.
    record BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- The hour, counted from the epoch, at which old rows were last removed.
    cleaned_hour BIGINT NOT NULL
);
INSERT INTO progress (id, record, at, cleaned_hour) VALUES (1, -1, 0, 0);

-- Logins at brokers. Passwords are in the vault and never here.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT UNIQUE,
    encrypted_password TEXT,
    broker_id TEXT,
    name TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- A user that was deleted is hidden, and the history stays.
    deleted_at BIGINT
);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Name and port of its server.
    host TEXT,
    trading_account_uuid TEXT,
    balance BIGINT,
    equity BIGINT,
    margin BIGINT,
    free_margin BIGINT,
    leverage BIGINT,
    currency TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (host, trading_account_uuid)
);

-- Sessions at brokers. Tokens live in memory and never here.
CREATE TABLE user_sessions (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    trading_account_id TEXT,
    login_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_refresh_at BIGINT,
    is_active BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    ended_record BIGINT,
    record BIGINT NOT NULL
);

-- Everything that was asked of a broker; `id` is the intent's number.
CREATE TABLE orders (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    order_uuid TEXT,
    engine_order BIGINT,
    signal_id BIGINT,
    strategy TEXT,
    purpose TEXT NOT NULL,
    position_id TEXT,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    order_type TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    decision_price BIGINT,
    entry_price BIGINT,
    stop_loss BIGINT,
    take_profit BIGINT,
    status TEXT NOT NULL,
    message TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    executed_at BIGINT,
    closed_at BIGINT,
    updated_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

CREATE TABLE positions (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    position_id TEXT NOT NULL,
    order_id BIGINT,
    strategy TEXT,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    opened_quantity BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    entry_price BIGINT NOT NULL,
    stop_loss BIGINT,
    take_profit BIGINT,
    status TEXT NOT NULL,
    close_price BIGINT,
    close_reason TEXT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    updated_at BIGINT NOT NULL,
    record BIGINT NOT NULL,
    -- A broker may give a number again.
    UNIQUE (account_id, position_id, opened_at)
);

CREATE TABLE trades (
    id BIGINT NOT NULL PRIMARY KEY,
    order_id BIGINT,
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    position_id TEXT,
    strategy TEXT,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    entry_price BIGINT NOT NULL,
    exit_price BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    -- What is left after commission and swap.
    profit_loss BIGINT,
    -- The same on the margin that the entry took.
    profit_loss_percent BIGINT,
    -- From entry to exit, in the position's favour.
    price_move_percent BIGINT,
    gross_profit BIGINT,
    margin BIGINT,
    -- Above zero where it was paid.
    commission BIGINT NOT NULL,
    swap BIGINT NOT NULL,
    exit_reason TEXT,
    duration_seconds BIGINT NOT NULL,
    executed_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

CREATE TABLE trading_signals (
    id BIGINT NOT NULL PRIMARY KEY,
    strategy TEXT NOT NULL,
    symbol TEXT NOT NULL,
    signal_type TEXT NOT NULL,
    strength DOUBLE PRECISION,
    volume_ratio DOUBLE PRECISION,
    orderbook_imbalance DOUBLE PRECISION,
    price BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    executed_count BIGINT,
    failed_count BIGINT,
    skipped_count BIGINT,
    total_volume BIGINT,
    execution_time_ns BIGINT,
    completed_at BIGINT,
    record BIGINT NOT NULL
);

-- What became of a signal on each account.
CREATE TABLE signal_results (
    signal_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    order_id BIGINT,
    status TEXT NOT NULL,
    executed_price BIGINT,
    quantity BIGINT,
    slippage_ticks BIGINT,
    latency_ns BIGINT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (signal_id, line)
);

CREATE TABLE system_logs (
    id BIGINT NOT NULL PRIMARY KEY,
    log_level TEXT NOT NULL,
    component TEXT NOT NULL,
    message TEXT NOT NULL,
    metadata TEXT NOT NULL,
    account_id TEXT,
    symbol TEXT,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

CREATE TABLE alerts (
    id BIGINT NOT NULL PRIMARY KEY,
    severity TEXT NOT NULL,
    kind TEXT NOT NULL,
    account_id TEXT,
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

CREATE TABLE audit_log (
    id BIGINT NOT NULL PRIMARY KEY,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    old_value TEXT,
    new_value TEXT,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

CREATE TABLE equity_points (
    account_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    balance BIGINT NOT NULL,
    equity BIGINT NOT NULL,
    -- Whether the broker stated the equity; else it was computed at the last prices.
    is_stated BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (account_id, at)
);

CREATE TABLE candles (
    symbol TEXT NOT NULL,
    interval_ns BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    open BIGINT NOT NULL,
    high BIGINT NOT NULL,
    low BIGINT NOT NULL,
    close BIGINT NOT NULL,
    volume BIGINT NOT NULL,
    taker_buy_volume BIGINT,
    record BIGINT NOT NULL,
    PRIMARY KEY (symbol, interval_ns, opened_at)
);

CREATE TABLE engines (
    id TEXT NOT NULL PRIMARY KEY,
    registered_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);

CREATE TABLE engine_heartbeats (
    id BIGINT NOT NULL PRIMARY KEY,
    engine_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    accounts BIGINT NOT NULL,
    sessions_up BIGINT NOT NULL,
    open_positions BIGINT NOT NULL,
    record BIGINT NOT NULL
);

CREATE TABLE strategies (
    id TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

-- Every configuration that the runner had, whole and without any secret.
CREATE TABLE engine_configurations (
    id BIGINT NOT NULL PRIMARY KEY,
    engine_id TEXT NOT NULL,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

-- What of a strategy's configuration was changed.
CREATE TABLE strategy_versions (
    id BIGINT NOT NULL PRIMARY KEY,
    strategy TEXT NOT NULL,
    configuration_id BIGINT NOT NULL,
    setting TEXT NOT NULL,
    old_value TEXT,
    new_value TEXT,
    created_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

-- The last value of every setting that was changed while running.
CREATE TABLE settings (
    setting TEXT NOT NULL PRIMARY KEY,
    value TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    record BIGINT NOT NULL
);

-- People who may look and act; what they may reach. Filled by the back office.
CREATE TABLE operators (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    totp_sealed TEXT,
    role TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE operator_accounts (
    operator_id TEXT NOT NULL REFERENCES operators (id),
    account_id TEXT NOT NULL,
    may_trade BIGINT NOT NULL,
    PRIMARY KEY (operator_id, account_id)
);

CREATE TABLE refresh_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    operator_id TEXT NOT NULL REFERENCES operators (id),
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
