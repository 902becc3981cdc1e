import Access
import HTTPServer

/// A file outside of the web folder that is served at a path of its own.
public struct VendorFile: Hashable, Sendable {
  /// Begins with `/`.
  public var path: String
  /// Where the file may be installed; the first one that exists is served.
  public var candidates: [String]

  public init(path: String, candidates: [String]) {
    self.path = path
    self.candidates = candidates
  }

  /// Chart.js as Debian's libjs-chart.js installs it.
  public static let chartJS = VendorFile(
    path: "/vendor/chart.js",
    candidates: [
      "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/Chart.min.js",
      "/usr/share/nodejs/chart.js/dist/chart.min.js",
    ])
}

/// What the API serves and what it allows its clients to use.
public struct StatsAPIConfiguration: Sendable {
  /// The program's, for `/version` and `/health`.
  public var version = ""
  /// How long a result answers further requests; 0 asks the database every time.
  public var cacheTTLMilliseconds = 2_000
  public var maximumCacheEntries = 1_024
  public var maximumCacheBytes = 64 * 1024 * 1024
  public var allowedOrigins = AllowedOrigins.none
  /// Who may read what is not public. Public are the page's files, `/ping` and `/health`.
  public var access = AccessPolicy()
  /// Open event streams and WebSockets; more are refused with 503.
  public var maximumStreams = 1_024
  /// The same of one IPv4 address, or of one network of 64 bits in IPv6.
  public var maximumStreamsPerAddress = 512
  /// Of one WebSocket.
  public var maximumSubscriptions = 64
  /// What a WebSocket may use.
  public var sockets = WebSocketOptions()
  /// Between two comments on a stream, which keep it open through proxies and find out whether the client is there.
  public var heartbeatIntervalMilliseconds = 15_000
  /// At most one result per stream in this time, however often data is committed.
  public var streamIntervalMilliseconds = 200
  /// The folder of the web page, which is served when it exists.
  public var webFolder: String?
  /// The web page that is served without such a folder: what each file holds, by its path.
  public var embeddedFiles: [String: [UInt8]] = [:]
  public var vendorFiles = [VendorFile.chartJS]

  public init() {}
}
