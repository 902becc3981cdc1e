import JSON
import Scaffold
import Testing

@Suite struct ProjectFilesTests {
  private func files(_ lines: [String], name: String = "orders") throws -> [String: String] {
    var fields = SampledFields()
    for line in lines { fields.add(try JSONValue(parsing: line)) }
    let files = ProjectFiles(name: name, topic: "shop.orders", fields: fields).files
    return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.text) })
  }

  @Test(
    "columns have the widest type of their values, their path where it is another, and NOT NULL where they always are")
  func columns() throws {
    let stream = try files([
      #"{"orderId": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "placed": {"at": "2026-01-31T12:00:00Z", "by web": true}, "total": 12.5, "count": 1, "tags": [], "region": "eu", "note": null}"#,
      #"{"orderId": "3fa85f64-5717-4562-b3fc-2c963f66afa7", "placed": {"at": "2026-01-31T12:00:01Z", "by web": false}, "total": 3, "count": 2, "tags": ["a"], "region": "eu", "note": "x"}"#,
      #"{"orderId": "3fa85f64-5717-4562-b3fc-2c963f66afa8", "placed": {"at": "2026-01-31T12:00:02Z", "by web": true}, "total": 4, "count": 2, "tags": {}, "region": "us"}"#,
    ])["sql/streams/orders.sql"]
    #expect(
      stream == """
        -- Events of the topic shop.orders. What the columns mean is yours to say here.
        CREATE FOREIGN TABLE orders (
          order_id uuid OPTIONS (path 'orderId') NOT NULL,
          placed_at timestamptz OPTIONS (path 'placed.at') NOT NULL,
          placed_by_web boolean OPTIONS (path 'placed."by web"') NOT NULL,
          total double precision NOT NULL,
          count bigint NOT NULL,
          tags jsonb NOT NULL,
          region text NOT NULL,
          note text
        ) SERVER kafka OPTIONS (
          topic 'shop.orders',
          format 'json',
          event_time 'placed_at'
        );

        """)
  }

  @Test("numbers since 1970 are times where they are called so, and an event without a time has the record's own")
  func times() throws {
    let milliseconds = try files([#"{"ts": 1769860800000, "n": 1769860800000}"#, #"{"ts": 1769860801000, "n": 1}"#])
    let stream = try #require(milliseconds["sql/streams/orders.sql"])
    #expect(stream.contains("ts timestamptz OPTIONS (unit 'milliseconds') NOT NULL") && stream.contains("n bigint"))
    let test = try #require(milliseconds["sql/tests/orders_by_minute.sql"])
    #expect(test.contains("-- at: 2026-01-31T12:00:01Z"))
    let none = try #require(try files([#"{"n": 1}"#])["sql/streams/orders.sql"])
    #expect(none.contains("event_time 'kafka.timestamp'"))
  }

  @Test("values of several kinds, and a member that is an object only sometimes, are jsonb")
  func mixed() throws {
    let stream = try #require(
      try files([#"{"a": 1, "b": {"c": 1}}"#, #"{"a": "x", "b": 7}"#])["sql/streams/orders.sql"])
    #expect(stream.contains("a jsonb NOT NULL") && stream.contains("  b jsonb") && !stream.contains("b_c"))
  }

  @Test("names that are words of the language, are equal or no names at all become columns all the same")
  func names() throws {
    let stream = try #require(
      try files([#"{"user": "a", "User": "b", "9": 1, "": 2, "日本": 3, "x'y": 4}"#])["sql/streams/orders.sql"])
    for declaration in [
      "\"user\" text NOT NULL", "user_2 text OPTIONS (path 'User')", "_9 bigint OPTIONS (path '9')",
      "field bigint OPTIONS (path '\"\"')", "field_2 bigint OPTIONS (path '\"日本\"')",
      "x_y bigint OPTIONS (path '\"x''y\"')",
    ] {
      #expect(stream.contains(declaration), "\(declaration) in \(stream)")
    }
  }
}
