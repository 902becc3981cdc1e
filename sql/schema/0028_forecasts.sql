-- Forecasts: what is expected of windows to come, kept beside what came of them.

CREATE TABLE trending_predictions (
  aggregate    text        NOT NULL,
  window_start timestamptz NOT NULL,
  measure      text        NOT NULL,
  key          jsonb       NOT NULL,
  horizon      interval    NOT NULL,
  made_at      timestamptz NOT NULL,
  expected     double precision NOT NULL,
  low80        double precision NOT NULL,
  high80       double precision NOT NULL,
  low95        double precision NOT NULL,
  high95       double precision NOT NULL,
  actual       double precision,
  PRIMARY KEY (aggregate, window_start, measure, key, horizon)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.1);
COMMENT ON TABLE trending_predictions IS
  'What was expected of windows to come: for each result that an aggregate wants forecasts of, each key and horizon';
COMMENT ON COLUMN trending_predictions.measure IS 'The column of the aggregate';
COMMENT ON COLUMN trending_predictions.window_start IS 'Of the window that it is about';
COMMENT ON COLUMN trending_predictions.key IS 'The key of the aggregate''s row that it is about';
COMMENT ON COLUMN trending_predictions.horizon IS 'How long before that window the newest one began that was known';
COMMENT ON COLUMN trending_predictions.made_at IS 'Beginning of the newest window that was known';
COMMENT ON COLUMN trending_predictions.low80 IS 'Four of five values come to lie between low80 and high80';
COMMENT ON COLUMN trending_predictions.low95 IS '19 of 20 values come to lie between low95 and high95';
COMMENT ON COLUMN trending_predictions.actual IS
  'What came, also after late events; NULL: the window has not closed, or there is no row of it';

-- Whoever listens for results hears of them, as of alerts: once for each window that closes.
CREATE TRIGGER predictions_inserted AFTER INSERT ON trending_predictions REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION pulse.announce_alerts();

CREATE VIEW forecast_errors AS
SELECT aggregate, measure, key, horizon, window_start, made_at, expected, actual,
       actual - expected AS error,
       abs(actual - expected) AS absolute_error,
       actual BETWEEN low80 AND high80 AS is_in_80,
       actual BETWEEN low95 AND high95 AS is_in_95
FROM trending_predictions
WHERE actual IS NOT NULL;
COMMENT ON VIEW forecast_errors IS 'How far forecasts were from what came, and whether it lay in their bands';

CREATE TABLE pulse.forecast_states (
  aggregate   text        NOT NULL,
  measure     text        NOT NULL,
  key         jsonb       NOT NULL,
  last_window timestamptz NOT NULL,
  state       bytea       NOT NULL,
  PRIMARY KEY (aggregate, measure, key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);
COMMENT ON TABLE pulse.forecast_states IS 'What forecasts remember of each key, as of the window that they have learnt last';
COMMENT ON COLUMN pulse.forecast_states.state IS 'The forecaster''s numbers; bytes of the engine''s own';

CREATE TABLE pulse.forecast_progress (
  aggregate     text        NOT NULL,
  measure       text        NOT NULL,
  learnt_until  timestamptz NOT NULL,
  looked_at     timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (aggregate, measure)
) WITH (fillfactor = 20);
COMMENT ON TABLE pulse.forecast_progress IS 'How far forecasts have come: windows that ended by then are learnt';
COMMENT ON COLUMN pulse.forecast_progress.looked_at IS 'When windows were read last: what is written to later is read again';
