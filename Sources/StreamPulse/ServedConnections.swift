import HTTPServer
import Observability

// A server's connections, for the log and the metrics.

extension Observer {
  func expose(_ server: HTTPServer, _ served: ServedAPI) {
    exposeConnections(reasons: ["late", "silent", "displaced", "full", "malformed"]) { [weak server, weak served] in
      let strain = server?.strain ?? HTTPStrain()
      return ConnectionFigures(
        open: server?.openConnections ?? 0, waiting: server?.waitingConnections ?? 0,
        streams: served?.api.openStreams ?? 0, sockets: server?.openSockets ?? 0,
        closed: [
          "late": strain.late, "silent": strain.silent, "displaced": strain.displaced, "full": strain.full,
          "malformed": strain.malformed,
        ])
    }
  }
}

extension HTTPStrain {
  var observation: Observation { .connectionsStrained(late: late, full: full, displaced: displaced) }
}
