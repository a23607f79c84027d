-- Looks that failed, a few distinct ones of each probe, with what was answered; body: all of it as JSON.
CREATE TABLE samples (
  env TEXT NOT NULL,
  service TEXT NOT NULL,
  probe TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (env, service, probe, fingerprint)
) WITHOUT ROWID;
CREATE INDEX samples_by_time ON samples (last_at);

-- Where the time of looks went, of hours not yet compacted: each row holds looks of one minute, packed.
CREATE TABLE phase_minutes (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX phase_minutes_by_time ON phase_minutes (at);

-- The same of finished hours, by look: minute by minute.
CREATE TABLE phase_blocks (
  look INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (look, hour)
) WITHOUT ROWID;
CREATE INDEX phase_blocks_by_hour ON phase_blocks (hour);
