/// How many use a server, and what had to be done so that it answers.
public struct ConnectionFigures: Sendable {
  /// Connections that have sent a request and are open.
  public var open: Int
  /// Connections whose first request has not arrived yet.
  public var waiting: Int
  /// Event streams and WebSockets that are open.
  public var streams: Int
  /// WebSockets among them.
  public var sockets: Int
  /// Connections closed since the start, by the reason.
  public var closed: [String: Int]

  public init(open: Int, waiting: Int, streams: Int, sockets: Int, closed: [String: Int]) {
    self.open = open
    self.waiting = waiting
    self.streams = streams
    self.sockets = sockets
    self.closed = closed
  }
}

extension Observer {
  /// Makes a metric of when the certificate ends that is in use, in seconds since 1970; nil: there is none.
  public func exposeCertificate(_ expiry: @escaping @Sendable () -> Int64?) {
    registry.gauge(
      "streampulse_tls_certificate_expiry_timestamp_seconds", help: "When the API's certificate ends."
    ) { expiry().map(Double.init) ?? .nan }
  }

  /// Makes a server's connections metrics. `figures` must not block; `reasons` are all that it may name.
  public func exposeConnections(reasons: [String], _ figures: @escaping @Sendable () -> ConnectionFigures) {
    registry.gauge("streampulse_http_connections", help: "HTTP connections that have sent a request and are open.") {
      Double(figures().open)
    }
    registry.gauge(
      "streampulse_http_waiting_connections", help: "HTTP connections whose first request has not arrived yet."
    ) { Double(figures().waiting) }
    registry.gauge("streampulse_event_streams", help: "Event streams that are open.") {
      let figures = figures()
      return Double(max(0, figures.streams - figures.sockets))
    }
    registry.gauge("streampulse_websockets", help: "WebSockets that are open.") { Double(figures().sockets) }
    for reason in reasons {
      registry.counter(
        "streampulse_http_closed_connections_total", help: "HTTP connections that the server closed, by the reason.",
        labels: [MetricLabel("reason", reason)]
      ) { Double(figures().closed[reason] ?? 0) }
    }
  }
}
