import HTTPServer
import Synchronization

/// A file of the web page in memory, ready to be sent.
final class KeptFile: Sendable {
  /// As it is sent, plain or compressed.
  final class Content: Sendable {
    let tag: EntityTag
    let body: [UInt8]
    let headers: [HTTPHeader]
    let prepared: PreparedResponse?

    fileprivate init(tag: EntityTag, body: [UInt8], headers: [HTTPHeader], common: [HTTPHeader]) {
      self.tag = tag
      self.body = body
      self.headers = headers + [HTTPHeader("ETag", tag.text)]
      prepared = PreparedResponse(HTTPResponse(status: 200, headers: self.headers + common, body: .bytes(body)))
    }
  }

  let plain: Content
  private let headers: [HTTPHeader]
  private let common: [HTTPHeader]
  private let isWorthwhile: Bool
  private let packed = Mutex<[ContentCoding: Content]>([:])

  /// - Parameter headers: without its tag.
  init(tag: EntityTag, body: [UInt8], contentType: String, headers: [HTTPHeader], common: [HTTPHeader]) {
    self.headers = headers
    self.common = common
    isWorthwhile = body.count > ContentCoding.minimumBytes && ContentCoding.isWorthwhile(contentType: contentType)
    plain = Content(tag: tag, body: body, headers: headers, common: common)
  }

  func content(_ coding: ContentCoding?) -> Content {
    guard let coding, isWorthwhile else { return plain }
    if let content = packed.withLock({ $0[coding] }) { return content }
    guard let body = coding.packed(plain.body) else { return plain }
    let content = Content(
      tag: plain.tag.with(suffix: coding.rawValue), body: body,
      headers: headers + [HTTPHeader("Content-Encoding", coding.rawValue)], common: common)
    packed.withLock { $0[coding] = content }
    return content
  }
}
