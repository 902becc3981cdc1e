import Glibc

/// The answers to requests that no event loop sees, as they stand on the wire.
struct Refusals {
  private struct Parts {
    let head: String
    let body: [UInt8]
  }

  private let parts: [HeadFault: Parts]

  init(_ configuration: HTTPConfiguration) {
    parts = Dictionary(
      uniqueKeysWithValues: HeadFault.allCases.map { fault in
        let problem = fault.problem(configuration)
        let body = problem.json
        var lines = ["HTTP/1.1 \(problem.status) \(problem.title)"]
        lines += fault.headers.map { "\($0.name): \($0.value)" }
        lines += ["Content-Type: application/problem+json", "Content-Length: \(body.count)"]
        return (fault, Parts(head: lines.joined(separator: "\r\n"), body: body))
      })
  }

  subscript(fault: HeadFault) -> [UInt8] {
    guard let parts = parts[fault] else { return [] }
    return Array("\(parts.head)\r\nDate: \(Self.date())\r\n\r\n".utf8) + parts.body
  }

  /// `Sat, 31 Jan 2026 12:00:00 GMT` (RFC 9110, section 5.6.7), in English whatever the locale is.
  private static func date() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : String(number) }
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two).joined(separator: ":")
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
      + "\(clock) GMT"
  }
}
