-- The definitions that results are made by: the texts of a project, as they were when they came into force. A process that
-- runs with others hears of it, reads these and goes on with them; one that has been fenced meanwhile writes nothing before.

CREATE TABLE pulse.deployments (
  version     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint text NOT NULL,
  paths       text[] NOT NULL,
  texts       text[] NOT NULL,
  deployed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.deployments IS 'Definitions that have been in force, the newest of which are';
COMMENT ON COLUMN pulse.deployments.fingerprint IS 'MD5 of the texts and their paths';
COMMENT ON COLUMN pulse.deployments.paths IS 'Files in the project''s folder, in the order of their names';
COMMENT ON COLUMN pulse.deployments.texts IS 'What is in these files';
