extension Verifier {
  /// What holds between the ledger, the dead letters, and the ledger of their replays.
  var deadLetterChecks: [(String, String)] {
    [
      (
        "the dead records of each segment are in dead_letters",
        """
        SELECT format('%s from %s: %s dead, but %s dead letters', \(place("")), first_offset, dead, letters)
        FROM (SELECT l.*, (SELECT count(*) FROM dead_letters AS d
                           WHERE (d.stream, d.cluster, d.topic, d.partition)
                               = (l.stream, l.cluster, l.topic, l.partition)
                             AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset
                             AND d.aggregate IS NULL)
                          + coalesce((SELECT f.letters FROM \(pulse).forgotten_letters AS f
                                      WHERE (f.stream, f.cluster, f.topic, f.partition, f.first_offset, f.aggregate)
                                          = (l.stream, l.cluster, l.topic, l.partition, l.first_offset, '')), 0)
                          AS letters
              FROM \(pulse).ledger AS l) AS l
        WHERE dead <> letters
        ORDER BY stream, topic, partition, first_offset
        """
      ),
      (
        "the late events of each segment and aggregate are in dead_letters, where that is its policy",
        """
        SELECT format('%s from %s, %s: %s late events are dead, but there are %s dead letters', \(place("")),
                      first_offset, aggregate, coalesce(c.dead, 0), coalesce(d.letters, 0))
        FROM \(pulse).ledger_counts AS c
        FULL JOIN (SELECT stream, cluster, topic, partition, first_offset, aggregate, sum(letters) AS letters
                   FROM (SELECT l.stream, l.cluster, l.topic, l.partition, l.first_offset, d.aggregate, 1 AS letters
                         FROM dead_letters AS d
                         JOIN \(pulse).ledger AS l
                           ON (l.stream, l.cluster, l.topic, l.partition) = (d.stream, d.cluster, d.topic, d.partition)
                           AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset
                         WHERE d.aggregate IS NOT NULL
                         UNION ALL
                         SELECT f.stream, f.cluster, f.topic, f.partition, f.first_offset, f.aggregate, f.letters
                         FROM \(pulse).forgotten_letters AS f WHERE f.aggregate <> '') AS d
                   GROUP BY stream, cluster, topic, partition, first_offset, aggregate) AS d
          USING (stream, cluster, topic, partition, first_offset, aggregate)
        WHERE coalesce(c.dead, 0) <> coalesce(d.letters, 0)
        ORDER BY stream, topic, partition, first_offset, aggregate
        """
      ),
      (
        "each replayed dead letter is ledgered once for each aggregate that had not taken it, and no other is",
        """
        SELECT format('dead letter %s, %s: %s', letter, aggregate,
                      CASE WHEN owed THEN 'replayed, but not ledgered' ELSE 'ledgered, but not replayed' END)
        FROM (SELECT d.id AS letter, c.aggregate, true AS owed
              FROM dead_letters AS d
              JOIN \(pulse).ledger AS l
                ON (l.stream, l.cluster, l.topic, l.partition) = (d.stream, d.cluster, d.topic, d.partition)
                AND d.record_offset >= l.first_offset AND d.record_offset < l.next_offset
              JOIN \(pulse).ledger_counts AS c
                ON (c.stream, c.cluster, c.topic, c.partition, c.first_offset)
                 = (l.stream, l.cluster, l.topic, l.partition, l.first_offset)
                AND (d.aggregate IS NULL OR c.aggregate = d.aggregate)
              WHERE d.replayed_at IS NOT NULL) AS d
        FULL JOIN \(pulse).replayed_letters AS r USING (letter, aggregate)
        WHERE owed IS NULL OR r.outcome IS NULL
        ORDER BY letter, aggregate
        """
      ),
    ]
  }
}
