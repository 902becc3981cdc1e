extension Observer {
  /// Makes what waits for targets metrics. `waiting` is asked for at each rendering and must not block.
  public func exposeNotifications(_ targets: [String], waiting: @escaping @Sendable (_ target: String) -> Int) {
    for target in targets {
      registry.gauge(
        "streampulse_waiting_notifications",
        help: "Notifications that the target has not taken yet, as the instance sees it that delivers them.",
        labels: [MetricLabel("target", target)]
      ) { Double(waiting(target)) }
    }
  }
}
