import Tracing

/// How notifications are delivered.
public struct DeliverySettings: Sendable {
  /// What the project is called in messages.
  public var source: String
  /// A PEM file of the authorities that servers' certificates are checked against; nil: those of the system.
  public var caFile: String?
  /// Of one transfer as a whole.
  public var timeoutMilliseconds = 10_000
  /// How often an Alertmanager is told of an incident that goes on.
  public var resendSeconds = 60
  /// What could not be delivered for so long is given up.
  public var giveUpSeconds = 24 * 3_600
  /// How long notifications are kept that were delivered or given up.
  public var keepSeconds = 30 * 86_400

  /// nil: nothing is traced.
  public var tracer: Tracer?

  public init(source: String, caFile: String? = nil) {
    self.source = source
    self.caFile = caFile
  }

  /// How long an Alertmanager believes in an alert: as Prometheus itself has it, four times as long as it may be silent.
  var validMicroseconds: Int64 { 4 * Int64(resendSeconds) * 1_000_000 }
}
