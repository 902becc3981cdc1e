import Detection
import Plan
import SQLQuoting

extension AlertPlan {
  /// What the alert of `smoke` is called.
  static let smokeName = "STREAMPULSE_SMOKE"

  /// An alert that every closed window of the aggregate raises, and that nobody is told of.
  static func smoke(on aggregate: AggregatePlan) -> AlertPlan {
    let place = FilePlace(path: "streampulse smoke", line: 1, column: 1)
    let keys = aggregate.keys.map(\.name)
    let columns = (keys.map(quotedIdentifier) + ["window_start", "window_end", "1 AS value"]).joined(separator: ", ")
    var select = FileText()
    select.append("SELECT \(columns) FROM \(quotedIdentifier(aggregate.name))", at: place)
    return AlertPlan(
      name: smokeName, summary: "A window of \(aggregate.name) has closed.", watched: aggregate, metric: "windows",
      detector: .values(
        DetectorConfiguration(.threshold, direction: .above, levels: [.init(severity: .warning, threshold: 0)])),
      minimumSamples: 0, message: MessageTemplate(pieces: [.text("a window has closed")]), keys: keys, measures: [],
      lifecycle: AlertLifecycle(), routing: AlertRouting(), missing: nil, backfillMicroseconds: 0, select: select)
  }
}
