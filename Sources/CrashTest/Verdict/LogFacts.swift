/// What the processors' logs say, counted by message.
public struct LogFacts: Sendable {
  private var counts: [Substring: Int] = [:]

  init(_ logs: [String]) {
    for line in logs.joined(separator: "\n").utf8.split(separator: UInt8(ascii: "\n")) {
      if let message = LogFacts.message(of: Substring(line)) { counts[message, default: 0] += 1 }
    }
  }

  /// From a line of JSON that holds `"message":"…"`.
  private static func message(of line: Substring) -> Substring? {
    let key = "\"message\":\""
    guard let start = line.firstRange(of: key)?.upperBound else { return nil }
    return line[start...].prefix { $0 != "\"" }
  }

  var commits: Int { counts["flush committed", default: 0] }
  var assignments: Int { counts["partitions assigned", default: 0] }
  var revocations: Int { counts["partitions revoked", default: 0] }
  var losses: Int { counts["partitions lost", default: 0] }
  var fences: Int { counts["fenced by another instance", default: 0] }
  var abandonments: Int { counts["uncommitted work given up, reading it again", default: 0] }
  var rereads: Int { counts["re-reading a gap", default: 0] }
  var databaseOutages: Int { counts["database down", default: 0] }
}
