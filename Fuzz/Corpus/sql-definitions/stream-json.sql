-- Trips.
CREATE FOREIGN TABLE trips (
  trip_id text NOT NULL, region_id integer OPTIONS (path 'a.b[0]."c d"', coerce 'true') NOT NULL,
  event_time timestamptz OPTIONS (unit 'milliseconds') NOT NULL, fare numeric(12,2), note varchar(40) NULL, tags jsonb,
  vendor uuid, day date, at time, local timestamp, flag boolean, big bigint, speed double precision
) SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'event_time', sample '1 second');
