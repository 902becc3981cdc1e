import Plan

extension StreamPlan {
  /// After this much silence every window has closed, and the watermark need not be stored any more.
  package var quietAfterMicroseconds: Int64 {
    let longestWindow = aggregates.map(\.window.longestMicroseconds).max() ?? 0
    return definition.idleTimeoutMicroseconds + 2 * longestWindow + definition.outOfOrdernessMicroseconds
  }
}
