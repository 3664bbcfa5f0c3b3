-- What the operator has chosen for an app, as JSON; absent keys have their default.
ALTER TABLE apps ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
-- 1 once scripts.postdeploy has succeeded.
ALTER TABLE apps ADD COLUMN postdeploy_done INTEGER NOT NULL DEFAULT 0;
