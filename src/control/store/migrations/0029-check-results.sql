-- What each health check of an instance came to last.
CREATE TABLE check_results (
  instance TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
  -- Position among the checks of the instance's type; -1: the default check.
  check_index INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- 1: a readiness check that keeps its instance out of the routes.
  unroutes INTEGER NOT NULL,
  PRIMARY KEY (instance, check_index)
) STRICT;
