-- What the schema registry has said, so that a registry which is away changes nothing: no start, no recount, no replay.

CREATE TABLE pulse.schemas (
  id         bigint      PRIMARY KEY,
  schema     text        NOT NULL,
  referenced jsonb       NOT NULL DEFAULT '[]',
  registry   text        NOT NULL,
  fetched_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.schemas IS 'Schemas of the registry that records were written with, or that a stream reads with';
COMMENT ON COLUMN pulse.schemas.id IS 'The registry''s number for it, which stands in front of records';
COMMENT ON COLUMN pulse.schemas.referenced IS 'Schemas whose types it names: an array of {"name": …, "schema": …}';
COMMENT ON COLUMN pulse.schemas.registry IS 'The address that it was fetched from';

CREATE TABLE pulse.subjects (
  subject    text        PRIMARY KEY,
  version    integer     NOT NULL,
  schema_id  bigint      NOT NULL REFERENCES pulse.schemas,
  fetched_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.subjects IS 'Which version of a subject a stream reads with: the latest when it was migrated';
