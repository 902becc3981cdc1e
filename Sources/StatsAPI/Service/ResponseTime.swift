import HTTPServer

/// How long an answer has taken: `Server-Timing` in milliseconds (W3C Server Timing), and `X-Process-Time` in seconds for
/// clients that know that.
enum ResponseTime {
  /// Of what is answered from memory: microseconds, which both headers round away. The same for every request, so that
  /// the answer can be prepared.
  static let fromMemory = [
    HTTPHeader("Server-Timing", "cache;desc=\"hit\""), HTTPHeader("X-Process-Time", "0.0000"),
  ]

  /// - Parameter isCached: nil unless it is an endpoint's result.
  static func headers(nanoseconds: Int64, isCached: Bool?) -> [HTTPHeader] {
    if isCached == true { return fromMemory }
    // In steps of 0.1 ms.
    let tenths = max(0, nanoseconds + 50_000) / 100_000
    let total = "total;dur=\(tenths / 10).\(tenths % 10)"
    let fraction = String(tenths % 10_000)
    let seconds = "\(tenths / 10_000).\(String(repeating: "0", count: 4 - fraction.count))\(fraction)"
    return [
      HTTPHeader("Server-Timing", isCached == nil ? total : "cache;desc=\"miss\", \(total)"),
      HTTPHeader("X-Process-Time", seconds),
    ]
  }
}
