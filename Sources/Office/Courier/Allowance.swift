import Notifications
import Plan

/// What a target may be sent now.
enum Allowance: Equatable {
  /// Nothing: its rate limit is reached.
  case nothing
  case one
  /// All that waits, in one message.
  case summary

  /// As few as that are sent one by one, whatever the limit.
  private static let fewest = 3

  /// While messages are left, each notification has its own; the last one that is left tells all that still wait.
  ///
  /// - Parameters:
  ///   - left: messages that the rate limit lets through now; nil: there is no limit.
  ///   - waiting: notifications that are due.
  init(_ kind: NotificationTarget.Kind, left: Int?, waiting: Int) {
    if let left, left <= 0 {
      self = .nothing
    } else if MessageRenderer.combinesFreely(kind), waiting > 1 {
      self = .summary
    } else if left == 1, waiting >= Self.fewest, MessageRenderer.maximumCount(kind) > 1 {
      self = .summary
    } else {
      self = .one
    }
  }
}
