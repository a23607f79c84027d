-- What the run of a release left of the databases it changed or saved: schema, backup, migrations, as JSON by name.
ALTER TABLE releases ADD COLUMN databases TEXT NOT NULL DEFAULT '{}';
