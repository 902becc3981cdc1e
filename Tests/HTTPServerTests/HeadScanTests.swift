import Testing

@testable import enum HTTPServer.HeadFault
@testable import enum HTTPServer.HeadScan

@Suite struct HeadScanTests {
  private func scan(_ text: String) -> HeadScan { scan(Array(text.utf8)) }

  private func scan(_ bytes: [UInt8]) -> HeadScan {
    bytes.withUnsafeBufferPointer { HeadScan($0, maximumTargetBytes: 20, maximumHeadBytes: 200) }
  }

  @Test(
    "a whole head of a request is known by its empty line",
    arguments: [
      ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "/"), ("GET /a?b HTTP/1.1\r\nhost:h\r\n\r\n", "/a"),
      ("\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\nbody", "/a"), ("GET / HTTP/1.0\r\n\r\n", "/"),
      ("POST /x HTTP/1.1\nHost: h\nContent-Length: 12\n\n", "/x"),
      ("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n", "/x"),
      ("GET /?a=/b HTTP/1.1\r\nX: ?\r\nHost: h\r\n\r\n", "/"), ("GET * HTTP/1.1\r\nHost:\r\n\r\n", "*"),
    ])
  func complete(text: String, path: String) {
    guard case .complete(let range) = scan(text) else {
      Issue.record("\(scan(text))")
      return
    }
    #expect(String(decoding: Array(text.utf8)[range], as: UTF8.self) == path)
  }

  @Test("every beginning of a head may become one")
  func beginnings() {
    let text = "POST /path?query HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nX-Header: value\r\n\r\n"
    for count in 0..<text.utf8.count { #expect(scan(Array(text.utf8.prefix(count))) == .incomplete) }
  }

  @Test(
    "what cannot become a request, or one whose end is in doubt, is refused as soon as that is known",
    arguments: [
      ("\u{16}\u{3}\u{1}", .malformed), ("GET", .complete), (String(repeating: "x", count: 33), .malformed),
      ("GET /\r\n", .malformed), ("GET / \r\n", .malformed), (" / HTTP/1.1\r\n", .malformed),
      ("GET  HTTP/1.1\r\n", .malformed), ("GET /a b HTTP/1.1\r\n", .malformed), ("GET / FTP/1.1\r\n", .malformed),
      ("GET / HTTP/2.0\r\n", .unsupportedVersion), ("GET / HTTP/1.x\r\n", .unsupportedVersion),
      ("GET / HTTP/1.11\r\n", .unsupportedVersion), ("GET / http/1.1\r\n", .malformed),
      ("GET /\(String(repeating: "x", count: 20))", .targetTooLong),
      ("GET /\(String(repeating: "x", count: 20)) HTTP/1.1\r\n", .targetTooLong),
      ("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 200))", .headTooLarge),
      ("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 200))\r\n\r\n", .headTooLarge),
      ("GET / HTTP/1.1\r\n\r\n", .noHost), ("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", .severalHosts),
      ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .severalHosts),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .ambiguousLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .ambiguousLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\n", .invalidLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", .invalidLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999999999999\r\n\r\n", .invalidLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", .invalidLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .ambiguousLength),
      ("POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n", .ambiguousLength),
      ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedCoding),
      ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", .unsupportedCoding),
      ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", .malformed), ("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", .malformed),
      ("GET / HTTP/1.1\r\nnothing\r\n\r\n", .malformed), ("GET / HTTP/1.1\r\n: x\r\n\r\n", .malformed),
    ] as [(String, Expected)])
  func refused(text: String, expected: Expected) {
    guard let fault = expected.fault else {
      #expect(scan(text) == .incomplete)
      return
    }
    #expect(scan(text) == .refused(fault))
  }

  enum Expected {
    case complete, malformed, noHost, severalHosts, ambiguousLength, invalidLength, unsupportedCoding, targetTooLong
    case headTooLarge, unsupportedVersion
  }
}

extension HeadScanTests.Expected {
  fileprivate var fault: HeadFault? {
    switch self {
    case .complete: nil
    case .malformed: .malformed
    case .noHost: .noHost
    case .severalHosts: .severalHosts
    case .ambiguousLength: .ambiguousLength
    case .invalidLength: .invalidLength
    case .unsupportedCoding: .unsupportedCoding
    case .targetTooLong: .targetTooLong
    case .headTooLarge: .headTooLarge
    case .unsupportedVersion: .unsupportedVersion
    }
  }
}
