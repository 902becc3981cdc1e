/// A stream's events with all that they have, and which of them are wanted: what it takes to look at events one by one.
public struct EventSelection: Sendable {
  /// The stream without aggregates. Its columns are all that events are shown with, and what the condition names beside
  /// them.
  public var stream: StreamPlan
  /// The columns that an event is shown with, in the order of the definition or of the schema.
  public var shown: [Int]
  /// nil: all events.
  public var condition: Expression?

  public init(stream: StreamPlan, shown: [Int], condition: Expression?) {
    self.stream = stream
    self.shown = shown
    self.condition = condition
  }
}
