-- Where each alert stands that is not inactive, as JSON; and each rule that can't be judged.
CREATE TABLE standings (
  env TEXT NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (env, rule, subject)
) WITHOUT ROWID;

-- What moved, and why it was told or not told: appended, never changed.
CREATE TABLE alert_events (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  env TEXT NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX alert_events_by_alert ON alert_events (env, rule, subject, id);
CREATE INDEX alert_events_by_time ON alert_events (at);

-- Silences and acknowledgements, of people, with what they match (JSON). Ending one early sets ended_at.
CREATE TABLE silences (
  id INTEGER PRIMARY KEY,
  env TEXT NOT NULL,
  matches TEXT NOT NULL,
  author TEXT NOT NULL,
  reason TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  ended_at INTEGER
);

CREATE TABLE acknowledgements (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  env TEXT NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  fired_at INTEGER NOT NULL,
  author TEXT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX acknowledgements_by_alert ON acknowledgements (env, rule, subject, fired_at);

-- What was told of each group to each receiver, as JSON.
CREATE TABLE notice_groups (
  receiver TEXT NOT NULL,
  group_key TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (receiver, group_key)
) WITHOUT ROWID;

-- Messages to send, written with the change they tell of. settled_at is set once delivered or given up, with the outcome as
-- JSON; progress counts the recipients that are done with. orphan_since: when the channel was first found to be gone.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  channel TEXT NOT NULL,
  group_key TEXT NOT NULL,
  dedup TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  progress INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  orphan_since INTEGER,
  settled_at INTEGER,
  outcome TEXT
);
CREATE INDEX outbox_waiting ON outbox (channel, group_key, id) WHERE settled_at IS NULL;
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;

-- Each attempt to deliver: appended.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  notice INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  took_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  answer TEXT NOT NULL
);
CREATE INDEX deliveries_by_notice ON deliveries (notice, id);
CREATE INDEX deliveries_by_time ON deliveries (at);

-- What open consoles ring for; only the newest are kept.
CREATE TABLE bells (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL
);

-- Why each alert that fires is not told, and what else the telling remembers of it, as JSON.
CREATE TABLE tellings (
  env TEXT NOT NULL,
  rule TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (env, rule, subject)
) WITHOUT ROWID;

-- Readers learn that alerts moved by this.
INSERT INTO versions (name, n) VALUES ('alerting', 1);
