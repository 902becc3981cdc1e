/// The options of a definition that say which events are too late for it.
struct Lateness {
  /// nil: it is not said.
  var policy: String?
  var allowedSeconds: Int?
  var retentionSeconds: Int?

  var revises: Bool { policy == nil || policy == "revise" }

  var text: String {
    let options = [
      policy.map { "late = '\($0)'" }, allowedSeconds.map { "allowed_lateness = '\($0) seconds'" },
      retentionSeconds.map { "retention = '\($0) seconds'" },
    ].compactMap { $0 }
    return options.isEmpty ? "" : "WITH (\(options.joined(separator: ", "))) "
  }
}

extension RandomDefinition {
  /// Whether an event is late, as docs/definitions.md has it: an expression of Postgres; nil: none ever is.
  ///
  /// - Parameters:
  ///   - time: of the event.
  ///   - watermark: with which it was processed; NULL before there was one.
  ///   - feeders: the definitions by way of which it is fed, the one in its FROM first.
  func isLate(_ time: String, by watermark: String, feeders: [RandomDefinition]) -> String? {
    var conditions: [String] = []
    var time = time
    for definition in feeders.reversed() + [self] {
      let lateness = definition.lateness
      var seconds = lateness.retentionSeconds.map { [$0] } ?? []
      if !lateness.revises { seconds.append(lateness.allowedSeconds ?? 0) }
      for seconds in seconds {
        conditions.append(definition.window.isOver(at: "\(watermark) - INTERVAL '\(seconds) seconds'", of: time))
      }
      // A row is of the time at which its window begins.
      time = definition.window.call("tumble", of: time)
    }
    return conditions.isEmpty ? nil : conditions.joined(separator: " OR ")
  }
}

extension RandomDefinition.Window {
  /// Whether the last of the windows that hold an event has closed; of sessions, whether the event itself is older.
  fileprivate func isOver(at horizon: String, of time: String) -> String {
    switch function {
    case "session": "\(time) < \(horizon)"
    case "hop": "tumble(\(time), \(arguments[0])) + \(arguments[1]) <= \(horizon)"
    default: "\(call("tumble_end", of: time)) <= \(horizon)"
    }
  }
}
