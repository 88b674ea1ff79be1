-- What was measured of the program each minute; it is in no journal, and stays when the
-- database is made again. Health is 0, 1 or 2: healthy, degraded, critical.
CREATE TABLE resource_samples (
    at BIGINT NOT NULL PRIMARY KEY,
    memory_bytes BIGINT,
    disk_free_bytes BIGINT,
    -- In all queues, and dropped from full ones since the start.
    waiting BIGINT NOT NULL,
    dropped BIGINT NOT NULL,
    -- Requests of accounts in the quarter of an hour before, and those that failed.
    requests BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    -- Times to an answer at the slowest host.
    median_ns BIGINT,
    p99_ns BIGINT,
    health BIGINT NOT NULL
);
