-- A stream that another engine goes on with: where it begins, and that nobody of ours may process it meanwhile.

CREATE TABLE pulse.handovers (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream          text NOT NULL,
  engine          text NOT NULL,
  cluster         text NOT NULL,
  topic           text NOT NULL,
  watermark       timestamptz,
  partitions      integer[] NOT NULL,
  starts          bigint[]  NOT NULL,
  positions       bigint[]  NOT NULL,
  aggregates      text[]        NOT NULL,
  boundaries      timestamptz[] NOT NULL,
  handed_at       timestamptz NOT NULL DEFAULT now(),
  taken_back_at   timestamptz,
  taken_positions bigint[]
);
CREATE UNIQUE INDEX handovers_open ON pulse.handovers (stream) WHERE taken_back_at IS NULL;
COMMENT ON TABLE pulse.handovers IS 'Streams that were handed over to another engine, and when they were taken back';
COMMENT ON COLUMN pulse.handovers.watermark IS 'Up to where event time had come; NULL: nothing had been counted';
COMMENT ON COLUMN pulse.handovers.starts IS 'For each of the partitions: the offset that the other engine begins to read at';
COMMENT ON COLUMN pulse.handovers.positions IS
  'For each of the partitions: every record before it is contained in our rows; the other engine reads from starts on again';
COMMENT ON COLUMN pulse.handovers.boundaries IS
  'For each of the aggregates: windows that begin here or later are the other engine''s; -infinity: all are';
COMMENT ON COLUMN pulse.handovers.taken_positions IS 'Where our processors begin again; NULL while it is handed over';

-- A processor that does not know of it must not add to rows that another engine has written.
CREATE FUNCTION pulse.refuse_handed_over() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  IF EXISTS (SELECT FROM pulse.handovers AS h WHERE h.stream = NEW.stream AND h.taken_back_at IS NULL) THEN
    RAISE EXCEPTION 'the stream % is handed over to another engine', NEW.stream
      USING ERRCODE = 'SPF02', HINT = 'streampulse handover --from flink takes it back';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION pulse.refuse_handed_over IS 'Nobody claims partitions of a stream that is handed over';
-- Of the owner alone, which claims change and commits do not.
CREATE TRIGGER handed_over BEFORE INSERT OR UPDATE OF owner ON pulse.progress
FOR EACH ROW EXECUTE FUNCTION pulse.refuse_handed_over();
