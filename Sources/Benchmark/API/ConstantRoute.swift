import Glibc
import HTTPServer

/// The limit of serving: the product's HTTP server with one route, whose answer never changes.
public enum ConstantRoute {
  /// About as long as the answer of /api/stats/realtime.
  static let body = """
    {"total_downloads":200000,"unique_content":1000,"avg_success_rate":0.9050000000,"avg_download_time":1234.5678901}
    """

  /// Serves it, on a free port, for as long as `wait` waits.
  ///
  /// - Parameter started: called with a line for the process that asked for it.
  public static func serve(started: (String) -> Void, wait: () -> Void) throws {
    let response = HTTPResponse(contentType: "application/json", bytes: Array(body.utf8))
    guard let prepared = PreparedResponse(response) else { throw BenchmarkError.setup("no memory for an answer") }
    let server = try HTTPServer(configuration: HTTPConfiguration()) { _, responder in responder.complete(prepared) }
    started("constant-route \(server.port)")
    wait()
    server.stop()
  }
}
