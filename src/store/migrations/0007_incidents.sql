-- Incidents: one open for each environment and group of services. What it says is folded from its entries.
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  env TEXT NOT NULL,
  group_key TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER
);
CREATE UNIQUE INDEX incidents_open ON incidents (env, group_key) WHERE closed_at IS NULL;

-- What was said in an incident, as JSON: appended, never changed.
CREATE TABLE incident_entries (
  id INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incidents (id),
  at INTEGER NOT NULL,
  author TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX incident_entries_by_incident ON incident_entries (incident, id);
