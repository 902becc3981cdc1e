-- error: 3:32: content_downloads is a stream, and a view reads tables near "content_downloads"
-- hint: read an aggregate: there are content_stats, device_stats, region_errors, region_health; a table that is called like the stream needs its schema: public.content_downloads
CREATE VIEW x AS SELECT * FROM content_downloads;
