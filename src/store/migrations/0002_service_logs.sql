-- Services whose logs are kept: how many lines they ever had, up to where blocks are full, and the bytes kept.
CREATE TABLE service_logs (
  id INTEGER PRIMARY KEY,
  env TEXT NOT NULL,
  service TEXT NOT NULL,
  lines INTEGER NOT NULL DEFAULT 0,
  settled INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (env, service)
);

-- Lines of services' logs in blocks of up to 1,000. text: messages and contexts joined by newlines; meta: times, levels, ids and lengths of each; first_at and last_at: the earliest and latest time of a line; levels: a bit for each level there is; stored_at: when the block was written.
CREATE TABLE service_log_blocks (
  service INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  levels INTEGER NOT NULL,
  meta BLOB NOT NULL,
  text BLOB NOT NULL,
  PRIMARY KEY (service, first_seq)
) WITHOUT ROWID;
CREATE INDEX service_log_blocks_by_time ON service_log_blocks (stored_at);

-- How far each source of a service's log was read: moved in the transaction that stores the lines.
CREATE TABLE log_positions (
  env TEXT NOT NULL,
  service TEXT NOT NULL,
  source TEXT NOT NULL,
  position TEXT NOT NULL,
  PRIMARY KEY (env, service, source)
) WITHOUT ROWID;

-- Errors of services, one row for each fingerprint; body: all of it as JSON.
CREATE TABLE error_groups (
  env TEXT NOT NULL,
  service TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  last_seen INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (env, service, fingerprint)
) WITHOUT ROWID;
CREATE INDEX error_groups_by_time ON error_groups (env, last_seen);

-- Readers of services' logs are told by a version of their own.
INSERT INTO versions (name, n) VALUES ('logging', 1);
