WITH endpoint_rows AS MATERIALIZED (
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
WHERE aggregate = ($1::text)
  AND (($2::text) IS NULL OR measure = ($2::text))
  AND (($3::text) IS NULL
       OR ($3::text) = (SELECT string_agg(coalesce(k.value, ''), ',' ORDER BY k.key) FROM jsonb_each_text(trending_predictions.key) AS k))
  AND (($4::integer) IS NULL OR horizon = ($4::integer) * INTERVAL '1 minute')
  AND window_start >= coalesce(($6::timestamptz), now() - ($5::integer) * INTERVAL '1 minute')
  AND (($7::timestamptz) IS NULL OR window_start < ($7::timestamptz))
ORDER BY window_start DESC, measure, horizon, trending_predictions.key
LIMIT ($8::integer)
)
SELECT json_build_object(
  'data', COALESCE((SELECT json_agg("streampulse row") FROM endpoint_rows AS "streampulse row"), '[]'::json),
  'count', (SELECT count(*) FROM endpoint_rows)
)::text;
