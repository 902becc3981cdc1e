/// How a table of reference data is in memory.
public struct ReferenceFigures: Sendable {
  public var rows: Int
  public var bytes: Int
  /// Since it was last known to be as the table is; nil before it was read.
  public var ageSeconds: Double?

  public init(rows: Int, bytes: Int, ageSeconds: Double?) {
    self.rows = rows
    self.bytes = bytes
    self.ageSeconds = ageSeconds
  }
}

extension Observer {
  /// Makes what is known of tables of reference data metrics. It is asked for at each rendering, on the renderer's thread:
  /// `figures` must not block.
  public func exposeReferences(_ tables: [String], _ figures: @escaping @Sendable (String) -> ReferenceFigures?) {
    for table in tables {
      let labels = [MetricLabel("table", table)]
      registry.gauge("streampulse_reference_rows", help: "Rows of reference data in memory.", labels: labels) {
        figures(table).map { Double($0.rows) } ?? .nan
      }
      registry.gauge("streampulse_reference_bytes", help: "Memory that reference data takes.", labels: labels) {
        figures(table).map { Double($0.bytes) } ?? .nan
      }
      registry.gauge(
        "streampulse_reference_age_seconds",
        help: "Time since reference data in memory was last known to be as its table is.", labels: labels
      ) { figures(table)?.ageSeconds ?? .nan }
    }
  }
}
