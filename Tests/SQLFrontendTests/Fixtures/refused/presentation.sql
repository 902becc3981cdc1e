-- error: 22:11: there is no column "eror_rate" near "eror_rate: percent"
-- hint: did you mean error_rate? results are downloads, error_rate
-- error: 23:23: there is no format "procent" near "procent"
-- hint: did you mean percent? formats are count, number, percent, bytes, duration, milliseconds, currency
-- error: 24:21: there is no chart "bars" near "bars"
-- hint: did you mean bar? charts are line, bar, none
-- error: 25:4: there is no annotation "threshold" near "threshold error_rate: 0.1, 0.2"
-- hint: did you mean thresholds? annotations are chart, format, thresholds
-- error: 26:26: it is not said on which side of it values are bad near "5"
-- hint: write -- thresholds: 0.10, 0.15 where high values are bad, 0.95, 0.90 where low ones are, or > 5
-- error: 27:27: the first threshold warns, and the second is worse than the first near "0.1, 0.1"
-- hint: write -- thresholds: 0.10, 0.15 where high values are bad, 0.95, 0.90 where low ones are, or > 5
-- error: 28:11: format is of results, and region is what they are grouped by near "region: count"
-- hint: leave the line out
-- error: 31:19: a currency is named by the three letters of ISO 4217 near "currency dollars"
-- hint: write -- format: currency USD
-- error: 32:11: annotation "chart" is given twice for downloads near "chart: line"
-- error: 33:11: annotation "chart" is given twice for downloads near "chart: bar"
-- error: 36:18: the column below is error_rate near "downloads: percent"
-- hint: write -- format: percent, or put the line into the header
-- Downloads per minute.
-- format eror_rate: percent
-- format error_rate: procent
-- chart downloads: bars
-- threshold error_rate: 0.1, 0.2
-- thresholds downloads: 5
-- thresholds error_rate: 0.1, 0.1
-- format region: count
CREATE MATERIALIZED VIEW x AS
SELECT "user".region,
       -- format: currency dollars
       -- chart: line
       -- chart: bar
       count(*) AS downloads,
       -- Share of attempts that failed.
       -- format downloads: percent
       (count(*) FILTER (WHERE download.status = 'failed'))::double precision / count(*) AS error_rate
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
