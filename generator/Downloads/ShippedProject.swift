import Events

/// What the bench and the crash test know of the example project: names, and the events as one relation.
public enum ShippedProject {
  /// The stream of downloads.
  public static let stream = "content_downloads"

  /// The relations that a definition sees, over a table with `columns`: each record of the Avro schema becomes one.
  ///
  /// - Parameter stream: the definition's stream, as an SQL identifier.
  public static func source(from table: String, as stream: String) -> String {
    """
    FROM (SELECT *, TIMESTAMPTZ 'epoch' + milliseconds * INTERVAL '1 millisecond' AS "timestamp" FROM \(table))
        AS \(stream),
      LATERAL (SELECT content_id, content_title, content_type, content_size_gb)
        AS content (content_id, title, type, size_gb),
      LATERAL (SELECT user_id, user_region, user_device_type, user_os_version)
        AS "user" (user_id, region, device_type, os_version),
      LATERAL (SELECT download_status, download_duration_seconds, download_speed_mbps, download_error_code)
        AS download (status, duration_seconds, speed_mbps, error_code)
    """
  }

  /// The columns of an event's row, in the order of the crash test's recorder.
  public static let columns = """
    event_id text, milliseconds bigint, content_id text, content_title text, content_type text,
    content_size_gb double precision, user_id text, user_region text, user_device_type text, user_os_version text,
    download_status text, download_duration_seconds integer, download_speed_mbps double precision,
    download_error_code text
    """

  /// An aggregate, and its column that counts events.
  public struct Count: Sendable {
    public var table: String
    public var column: String
  }

  /// What benches of the engine alone add events to, so that their figures are of the same work however many the project
  /// has.
  public static let measuredAggregates = ["content_stats", "device_stats", "region_health"]

  public static let byContent = Count(table: "content_stats", column: "download_count")
  public static let byPlace = Count(table: "region_health", column: "total_downloads")
  public static let byDevice = Count(table: "device_stats", column: "total_downloads")

  /// The field of the Avro schema with an event's place.
  public static let placePath = ["user", "region"]

  /// What asks the API for the downloads of a place: all of them, the running window's too.
  public static func countTarget(place: StaticString) -> String {
    "/api/aggregates/region_health?by=region&key.region=\(place)&start=2000-01-01T00:00:00Z"
  }

  /// In the answer, what stands before their number.
  public static let countMarker = "\"total_downloads\":"
}

extension DownloadEvent {
  /// Where the user is: the key that it is sent with.
  public var place: TextView {
    get { region }
    set { region = newValue }
  }
}

extension KeptEvent {
  /// Where the user is.
  public var place: String { region }
}
