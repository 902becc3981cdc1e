import JSON

/// Costs as a file keeps them, so that those of one machine can be reckoned with on another.
extension ScaleCosts {
  public var json: JSONValue {
    .object([
      JSONMember("processor", processor.json), JSONMember("worker", worker.json), JSONMember("postgres", postgres.json),
      JSONMember("wal", log.json), JSONMember("transaction", transaction.json),
      JSONMember("flush_seconds", JSONValue(flushSeconds)),
      JSONMember(
        "aggregates",
        .array(
          aggregates.map { aggregate in
            .object([
              JSONMember("name", .string(aggregate.name)), JSONMember("keys", JSONValue(aggregate.keys)),
              JSONMember("evenness", JSONValue(aggregate.evenness)),
              JSONMember("row_bytes", JSONValue(aggregate.rowBytes)),
              JSONMember("window_seconds", JSONValue(aggregate.windowSeconds)),
              JSONMember("retention_seconds", aggregate.retentionSeconds.map { JSONValue($0) } ?? .null),
            ])
          })),
    ])
  }

  /// What is wrong with a file of costs.
  public struct Fault: Error, CustomStringConvertible {
    public var description: String
  }

  public init(_ json: JSONValue) throws(Fault) {
    func number(_ name: String, of value: JSONValue, aboveZero: Bool = false) throws(Fault) -> Double {
      guard let found = value[name]?.doubleValue, found.isFinite, aboveZero ? found > 0 : found >= 0 else {
        throw Fault(description: "“\(name)” is no number \(aboveZero ? "above zero" : "from zero on")")
      }
      return found
    }
    func shares(_ name: String) throws(Fault) -> Shares {
      guard let value = json[name] else { throw Fault(description: "“\(name)” is missing") }
      return Shares(
        event: try number("event", of: value), row: try number("row", of: value), flush: try number("flush", of: value))
    }
    var aggregates: [Aggregate] = []
    for value in json["aggregates"]?.arrayValue ?? [] {
      aggregates.append(
        Aggregate(
          name: value["name"]?.stringValue ?? "", keys: try number("keys", of: value, aboveZero: true),
          evenness: try number("evenness", of: value, aboveZero: true), rowBytes: try number("row_bytes", of: value),
          windowSeconds: try number("window_seconds", of: value, aboveZero: true),
          retentionSeconds: value["retention_seconds"]?.doubleValue))
    }
    self.init(
      processor: try shares("processor"), worker: try shares("worker"), postgres: try shares("postgres"),
      log: try shares("wal"), transaction: try shares("transaction"),
      flushSeconds: try number("flush_seconds", of: json, aboveZero: true), aggregates: aggregates)
  }
}

extension ScaleCosts.Shares {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("event", JSONValue(event)), JSONMember("row", JSONValue(row)), JSONMember("flush", JSONValue(flush)),
    ])
  }
}

extension JSONValue {
  init(_ number: Double) { self = number.isFinite ? .number(String(number)) : .null }
}
