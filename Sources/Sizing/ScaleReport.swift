import JSON

/// What a load comes to, as text for people and as one JSON object for programs.
///
/// The names of the JSON's members are documented in docs/sizing.md and stay as they are; others may be added.
public struct ScaleReport: Sendable {
  private let estimate: ScaleEstimate
  private let ceiling: ScaleEstimate?
  private let costs: ScaleCosts

  public init(_ load: ScaleLoad, keys: Double?, costs: ScaleCosts, limits: ScaleLimits) {
    self.costs = costs.with(keys: keys)
    estimate = ScaleEstimate(load, costs: self.costs, limits: limits)
    ceiling = ScaleEstimate.ceiling(load, costs: self.costs, limits: limits)
  }

  public var isPossible: Bool { estimate.isPossible }

  public var text: String {
    let keys = costs.aggregates.map { "\($0.name) \(Quantity.number($0.keys))" }.joined(separator: ", ")
    var rows = [
      ("load", "\(Quantity.number(estimate.load.eventsPerSecond)) events/s in \(estimate.load.partitions) partitions"),
      ("groups", keys),
      ("an event", "\(Quantity.seconds(costs.processor.event)) of a processor"),
      (
        "a row",
        "\(Quantity.seconds(costs.postgres.row)) of Postgres, \(Quantity.bytes(costs.log.row)) of WAL, "
          + "\(Quantity.seconds(costs.processor.row)) of a processor"
      ),
      ("a flush", "\(Quantity.seconds(costs.postgres.flush)) of Postgres, \(Quantity.bytes(costs.log.flush)) of WAL"),
      ("", ""),
      (
        "processors",
        "\(estimate.instances) instance\(estimate.instances == 1 ? "" : "s"), "
          + "\(Quantity.number(estimate.processorCores)) cores together"
      ),
      (
        "Postgres",
        "\(Quantity.number(estimate.postgresCores)) cores, \(Quantity.number(estimate.rowsPerSecond)) rows/s in "
          + "\(Quantity.number(estimate.transactionsPerSecond)) transactions/s"
      ),
      ("WAL", "\(Quantity.bytes(estimate.logBytesPerSecond))/s"),
      ("freshness", "a flush every \(Quantity.seconds(estimate.flushSeconds))"),
      (
        "storage",
        "\(Quantity.number(estimate.newRowsPerDay)) rows and \(Quantity.bytes(estimate.newBytesPerDay)) a day, "
          + "\(Quantity.bytes(estimate.storedBytes)) in the end"
      ),
      ("", ""),
    ]
    rows += estimate.needs.map { need in
      (need.resource.label, "\(Quantity.percent(need.share)) of \(need.resource.quantity(need.available))")
    }
    var lines = rows.map { label, value in
      label + String(repeating: " ", count: max(0, 14 - label.count)) + value
    }
    lines.append("")
    lines.append(verdict)
    return lines.joined(separator: "\n") + "\n"
  }

  private var verdict: String {
    let first = estimate.needs[0]
    let bears =
      ceiling.map { "The greatest load of this shape is \(Quantity.number($0.load.eventsPerSecond)) events/s." }
      ?? "No load of this shape fits."
    let word = estimate.isPossible ? "It fits. First to run out: " : "IT DOES NOT FIT. First to run out: "
    return word + first.resource.advice + ". " + bears
  }

  public var json: JSONValue {
    .object([
      JSONMember("events_per_second", JSONValue(estimate.load.eventsPerSecond)),
      JSONMember("partitions", JSONValue(Double(estimate.load.partitions))),
      JSONMember("instances", .number(String(estimate.instances))),
      JSONMember("fits", .bool(estimate.isPossible)),
      JSONMember("bottleneck", .string(estimate.needs[0].resource.rawValue)),
      JSONMember("greatest_events_per_second", ceiling.map { JSONValue($0.load.eventsPerSecond) } ?? .null),
      JSONMember("processor_cores", JSONValue(estimate.processorCores)),
      JSONMember("postgres_cores", JSONValue(estimate.postgresCores)),
      JSONMember("rows_per_second", JSONValue(estimate.rowsPerSecond)),
      JSONMember("transactions_per_second", JSONValue(estimate.transactionsPerSecond)),
      JSONMember("flush_seconds", JSONValue(estimate.flushSeconds)),
      JSONMember("wal_bytes_per_second", JSONValue(estimate.logBytesPerSecond)),
      JSONMember("rows_per_day", JSONValue(estimate.newRowsPerDay)),
      JSONMember("bytes_per_day", JSONValue(estimate.newBytesPerDay)),
      JSONMember("stored_bytes", JSONValue(estimate.storedBytes)),
      JSONMember(
        "needs",
        .array(
          estimate.needs.map { need in
            .object([
              JSONMember("resource", .string(need.resource.rawValue)), JSONMember("needed", JSONValue(need.needed)),
              JSONMember("available", JSONValue(need.available)), JSONMember("share", JSONValue(need.share)),
            ])
          })),
      JSONMember("costs", costs.json),
    ])
  }
}

extension ScaleNeed.Resource {
  fileprivate var label: String {
    switch self {
    case .partitions: "partitions"
    case .worker: "worker"
    case .transactions: "transactions"
    case .postgresCores: "Postgres' CPU"
    case .log: "WAL"
    case .storage: "storage"
    }
  }

  fileprivate func quantity(_ available: Double) -> String {
    switch self {
    case .partitions: "\(Quantity.number(available)) partitions have an instance of their own"
    case .worker: "\(Quantity.percent(available)) of a core for the busiest thread of an instance"
    case .transactions: "\(Quantity.seconds(available)) from flush to flush"
    case .postgresCores: "\(Quantity.number(available)) cores"
    case .log: "\(Quantity.bytes(available))/s"
    case .storage: Quantity.bytes(available)
    }
  }

  /// What it is, and the way on.
  fileprivate var advice: String {
    switch self {
    case .partitions: "the topic's partitions; more of them let more instances work"
    case .worker: "one core of an instance; more instances, and partitions for them, share the events"
    case .transactions:
      "the time of an instance's transactions; fewer groups, longer windows or another database for a stream"
    case .postgresCores: "the cores of Postgres; a stream's tables may lie in a database of another server"
    case .log: "what Postgres' disk takes of write-ahead log; a longer FLUSH_INTERVAL_MS writes a row less often"
    case .storage: "the disk of Postgres; a shorter retention or longer windows keep fewer rows"
    }
  }
}

/// Numbers with three digits that count.
enum Quantity {
  static func number(_ value: Double) -> String { scaled(value, [(1e9, " G"), (1e6, " M"), (1e3, " k"), (1, "")]) }

  static func bytes(_ value: Double) -> String {
    scaled(value, [(1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1, " bytes")])
  }

  static func seconds(_ value: Double) -> String {
    scaled(value, [(1, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns")])
  }

  static func percent(_ share: Double) -> String { digits(share * 100) + " %" }

  private static func scaled(_ value: Double, _ units: [(size: Double, name: String)]) -> String {
    guard value.isFinite else { return "no end of" }
    let unit = units.first { value >= $0.size } ?? units[units.count - 1]
    return digits(value / unit.size) + unit.name
  }

  private static func digits(_ value: Double) -> String {
    guard value.isFinite else { return "∞" }
    guard value.magnitude < 1e15 else { return String(value) }
    let places = value >= 100 ? 1.0 : value >= 10 ? 10 : 100
    let rounded = (value * places).rounded() / places
    return rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
  }
}
