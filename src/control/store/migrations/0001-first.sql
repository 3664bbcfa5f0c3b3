-- Apps, config, releases, instances, operations. Times are milliseconds since the epoch.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE apps (
  name TEXT PRIMARY KEY,
  origin TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  current_release INTEGER,
  config_version INTEGER NOT NULL,
  -- The app's data key, wrapped by the master key.
  data_key BLOB NOT NULL,
  -- Names of app.json `env` that were decided on a deploy, as a JSON list.
  handled_env TEXT NOT NULL,
  -- The formation in force, as JSON.
  formation TEXT NOT NULL
) STRICT;

CREATE TABLE config_values (
  app TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  -- AES-256-GCM under the app's data key, bound to app and name.
  box BLOB NOT NULL,
  PRIMARY KEY (app, version, name)
) STRICT;

CREATE TABLE releases (
  app TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  operation INTEGER NOT NULL UNIQUE,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- What never changes, as JSON.
  document TEXT NOT NULL,
  PRIMARY KEY (app, number)
) STRICT;

CREATE TABLE instances (
  id TEXT PRIMARY KEY,
  app TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  release INTEGER NOT NULL,
  type TEXT NOT NULL,
  number INTEGER NOT NULL,
  phase TEXT NOT NULL,
  host TEXT,
  port INTEGER,
  started_at INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  restarts INTEGER NOT NULL,
  exit TEXT
) STRICT;
CREATE INDEX instances_by_app ON instances (app, phase);

CREATE TABLE operations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  -- What was asked for, as JSON; config values in it are sealed.
  request TEXT NOT NULL,
  -- What its steps found out so far, as JSON.
  facts TEXT NOT NULL,
  release INTEGER,
  failure TEXT
) STRICT;
CREATE INDEX operations_by_app ON operations (app, status);

-- Append-only.
CREATE TABLE operation_events (
  operation INTEGER NOT NULL REFERENCES operations (id),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (operation, seq)
) STRICT;

-- Who may change an app now. A lease that is not renewed is void.
CREATE TABLE leases (
  app TEXT PRIMARY KEY,
  operation INTEGER NOT NULL,
  owner TEXT NOT NULL,
  token INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL
) STRICT;
