-- How an app is built: the buildpacks its owner named, as a JSON list of references, and its directory in the source.
ALTER TABLE apps ADD COLUMN buildpacks TEXT NOT NULL DEFAULT '[]';
ALTER TABLE apps ADD COLUMN path TEXT NOT NULL DEFAULT '';
