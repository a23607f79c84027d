-- Counters that tell readers which group of tables moved: acting (runs, log, decisions, releases) and watching.
CREATE TABLE versions (
  name TEXT PRIMARY KEY,
  n INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO versions (name, n) VALUES ('acting', 0), ('watching', 0);

-- One row for each run, kept up in the transaction that appends its events. phase and state are JSON.
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  env TEXT NOT NULL,
  target TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  kind TEXT NOT NULL,
  version TEXT,
  previous TEXT,
  requested_by TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT,
  phase TEXT NOT NULL,
  step_count INTEGER NOT NULL,
  current_step INTEGER,
  current_name TEXT,
  generation INTEGER NOT NULL DEFAULT 0,
  active INTEGER NOT NULL DEFAULT 1,
  locks INTEGER NOT NULL,
  event_count INTEGER NOT NULL DEFAULT 0,
  log_lines INTEGER NOT NULL DEFAULT 0,
  log_settled INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL
);
-- At most one active run holds a target.
CREATE UNIQUE INDEX runs_hold_target ON runs (env, target) WHERE active = 1 AND locks = 1;
CREATE INDEX runs_active ON runs (id) WHERE active = 1;
CREATE INDEX runs_by_env ON runs (env, requested_at);
CREATE INDEX runs_by_outcome ON runs (env, pipeline, outcome, id);

-- The immutable plan a run executes, as JSON.
CREATE TABLE plans (
  run INTEGER PRIMARY KEY REFERENCES runs (id),
  body TEXT NOT NULL
);

-- What happened in a run, appended and never changed.
CREATE TABLE events (
  run INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) WITHOUT ROWID;

-- What people said to runs; the runner reads it.
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX decisions_by_run ON decisions (run, id);

-- How far into an attempt's spool the log has got: moved in the transaction that stores the lines.
CREATE TABLE spools (
  run INTEGER NOT NULL,
  step INTEGER NOT NULL,
  undo INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  PRIMARY KEY (run, step, undo, attempt)
) WITHOUT ROWID;

-- Log lines in blocks of up to 1,000. text: lines joined by a newline; meta: times, origins, lengths and styles of each.
CREATE TABLE log_blocks (
  run INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  meta BLOB NOT NULL,
  text BLOB NOT NULL,
  PRIMARY KEY (run, first_seq)
) WITHOUT ROWID;

-- Reports of suites, by the step that ran them, as JSON.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  step INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX reports_by_run ON reports (run, id);

-- What deploys and rollbacks left behind.
CREATE TABLE releases (
  run INTEGER PRIMARY KEY,
  env TEXT NOT NULL,
  target TEXT NOT NULL,
  version TEXT NOT NULL,
  at INTEGER NOT NULL,
  replaced_at INTEGER,
  released_by TEXT NOT NULL,
  state TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  marked_bad TEXT,
  behaviour TEXT NOT NULL
);
CREATE UNIQUE INDEX releases_live ON releases (env, target) WHERE state = 'live';
CREATE INDEX releases_by_target ON releases (env, target, at);

-- Scheduled looks with their list of recorded names (JSON); a new list gets a new number.
CREATE TABLE look_names (
  id INTEGER PRIMARY KEY,
  env TEXT NOT NULL,
  service TEXT NOT NULL,
  probe TEXT NOT NULL,
  names TEXT NOT NULL,
  UNIQUE (env, service, probe, names)
);

-- Fresh looks, in the order they were taken: each row is one batch, packed.
CREATE TABLE looks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  body BLOB NOT NULL
);

-- Rolled-up minutes of hours not yet compacted, all looks of a minute in one row.
CREATE TABLE minutes (
  at INTEGER PRIMARY KEY,
  body BLOB NOT NULL
);

-- Finished hours, by look: the raw looks, packed and deflated.
CREATE TABLE look_blocks (
  look INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (look, hour)
) WITHOUT ROWID;

-- Finished hours, by look: one rollup for each minute and series; distributions apart, so that charts skip them.
CREATE TABLE minute_blocks (
  look INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  body BLOB NOT NULL,
  distributions BLOB NOT NULL,
  PRIMARY KEY (look, hour)
) WITHOUT ROWID;

-- Finished hours, by look: one rollup for each series.
CREATE TABLE hour_rollups (
  look INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  body BLOB NOT NULL,
  distributions BLOB NOT NULL,
  PRIMARY KEY (look, hour)
) WITHOUT ROWID;
CREATE INDEX look_blocks_by_hour ON look_blocks (hour);
CREATE INDEX minute_blocks_by_hour ON minute_blocks (hour);
CREATE INDEX hour_rollups_by_hour ON hour_rollups (hour);

-- The latest debounced state of each probe, as JSON: written on a change and now and then.
CREATE TABLE current (
  env TEXT NOT NULL,
  service TEXT NOT NULL,
  probe TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (env, service, probe)
) WITHOUT ROWID;

-- Changes of services and landmarks of runs, as sentences.
CREATE TABLE happenings (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  env TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  tone TEXT NOT NULL
);
CREATE INDEX happenings_by_env ON happenings (env, id);

-- Remembered choices of people: theme, environment.
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Who did what, chained by hash: each row's hash covers the one before. Not written yet.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL
);
