-- name: GET /api/stats/predictions
-- summary: What is expected of windows to come, and what came of those before.
-- param: aggregate text = 'region_health'                 -- The aggregate
-- param: measure   text?                                  -- Only of this column of it
-- param: key       text?                                  -- Only of this key, e.g. a region; of several columns their values, by the columns' names, with commas between
-- param: horizon   integer? in 1..1440                    -- Only what was expected so many minutes before
-- param: minutes   integer = 60 in 1..2880                -- Windows of so many last minutes, and those to come
-- param: start     timestamptz ?                          -- Only windows that begin then or later
-- param: end       timestamptz ?                          -- Only windows that begin before
-- param: limit     integer = 500 in 1..5000               -- Number of results
-- returns: rows
SELECT aggregate,
       measure,
       key,
       (extract(epoch FROM horizon) / 60)::integer AS horizon_minutes,
       window_start,
       made_at,
       expected,
       -- Four of five values come to lie between low80 and high80.
       low80,
       high80,
       -- 19 of 20 values come to lie between low95 and high95.
       low95,
       high95,
       -- What came; null until the window has closed.
       actual
FROM trending_predictions
WHERE aggregate = :aggregate
  AND (:measure IS NULL OR measure = :measure)
  AND (:key IS NULL
       OR :key = (SELECT string_agg(coalesce(k.value, ''), ',' ORDER BY k.key) FROM jsonb_each_text(trending_predictions.key) AS k))
  AND (:horizon IS NULL OR horizon = :horizon * INTERVAL '1 minute')
  AND window_start >= coalesce(:start, now() - :minutes * INTERVAL '1 minute')
  AND (:end IS NULL OR window_start < :end)
ORDER BY window_start DESC, measure, horizon, trending_predictions.key
LIMIT :limit;
