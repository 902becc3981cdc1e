-- Who registers. JSON; one event each.
-- Grain: one person. Event time: date_time. Key: the person's number.
CREATE FOREIGN TABLE persons (
  -- Number of the person.
  id            bigint      NOT NULL,
  -- First and last name.
  name          text        NOT NULL,
  email_address text        NOT NULL,
  credit_card   text        NOT NULL,
  city          text        NOT NULL,
  state         text        NOT NULL,
  date_time     timestamptz NOT NULL,
  extra         text        NOT NULL
) SERVER kafka OPTIONS (
  topic 'nexmark-persons',
  format 'json',
  event_time 'date_time',
  out_of_orderness '4 seconds',
  idle_timeout '10 seconds'
);
