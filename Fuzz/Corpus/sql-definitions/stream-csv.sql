CREATE FOREIGN TABLE log ("when" timestamp, line character varying, n decimal(38)) SERVER kafka OPTIONS (
  topic 'log', format 'csv', delimiter 'tab', null 'NULL', event_time 'kafka.timestamp');
