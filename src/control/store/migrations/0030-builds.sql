-- Runs of buildpacks, one row a build. Times are milliseconds since the epoch.
CREATE TABLE builds (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT NOT NULL REFERENCES apps (name) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  operation INTEGER NOT NULL UNIQUE,
  status TEXT NOT NULL,
  queued_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  phase TEXT,
  memory_peak_bytes INTEGER,
  cpu_ms INTEGER,
  size_bytes INTEGER,
  -- Sections, artifact, measure and failure, as JSON.
  details TEXT NOT NULL,
  UNIQUE (app, number)
) STRICT;
