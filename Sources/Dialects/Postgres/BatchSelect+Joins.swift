import Events
import Plan
import SQLQuoting

extension JoinPlan {
  /// The rows that an event can find: of those of a key the one that is valid at the event's time.
  func relation(of stream: StreamPlan) -> String {
    // Under a name that no definition has.
    let table = quotedIdentifier("streampulse reference")
    func column(_ index: Int) -> String { "\(table).\(quotedIdentifier(reference.columns[index].name))" }
    let columns = reference.columns.indices.map { index in
      let text = reference.columns[index].type == .text ? "::text COLLATE \"C\"" : ""
      return "\(column(index))\(text) AS \(quotedIdentifier(reference.columns[index].name))"
    }
    let rows = "SELECT \(columns.joined(separator: ", ")) FROM \(quotedIdentifier(reference.name)) AS \(table)"
    let name = quotedIdentifier(alias)
    guard let validity = reference.validity else { return "(\(rows)) AS \(name)" }
    let path = stream.columns[stream.eventTimeColumn].path
    // The stream's own columns are of the relation that has its name, others of one for their record.
    let time = quotedPath(path.count > 1 ? path : [stream.definition.name] + path)
    let bounds = [
      validity.from.map { "(\(column($0)) IS NULL OR \(column($0)) <= \(time))" },
      validity.to.map { "(\(column($0)) IS NULL OR \(time) < \(column($0)))" },
    ]
    let condition = bounds.compactMap { $0 }.joined(separator: " AND ")
    return "LATERAL (\(rows)\(condition.isEmpty ? "" : " WHERE \(condition)")) AS \(name)"
  }
}
