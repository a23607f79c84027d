-- Looks that wait to be called back. path: hash of the last part of the address; holds: what the callback must hold, if the address is not the look's own; until: how long it waits; known: how long the address is known at all.
CREATE TABLE hooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL,
  holds TEXT,
  until INTEGER NOT NULL,
  known INTEGER NOT NULL
);
CREATE INDEX hooks_by_path ON hooks (path);

-- Callbacks that came, kept until the look that waits has read them. headers: names and values as JSON, without credentials.
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hook INTEGER NOT NULL,
  at INTEGER NOT NULL,
  method TEXT NOT NULL,
  query TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX receipts_by_hook ON receipts (hook);
