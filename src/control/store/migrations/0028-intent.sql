-- Who asked for an operation and why, as JSON.
ALTER TABLE operations ADD COLUMN intent TEXT NOT NULL DEFAULT '{"via":"platform"}';
CREATE INDEX operations_newest ON operations (app, id);
