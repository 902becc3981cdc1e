import HTTPServer
import Synchronization

/// A result and the answers that can be made of it, ready to be sent any number of times.
final class EndpointAnswer: Sendable {
  /// One form of it on the wire.
  struct Variant: Hashable {
    var form: Representation
    var isGzip: Bool
  }

  /// What is sent as one variant.
  final class Content: Sendable {
    let body: [UInt8]
    let tag: EntityTag
    /// Of the variant; without the common ones.
    let headers: [HTTPHeader]
    /// Without headers for a particular origin or request. nil when memory was exhausted.
    let prepared: PreparedResponse?
    let preparedNotModified: PreparedResponse?

    fileprivate init(_ body: [UInt8], _ tag: EntityTag, _ variant: Variant, headers: [HTTPHeader], common: [HTTPHeader])
    {
      self.body = body
      self.tag = tag
      let coding = variant.isGzip ? [HTTPHeader("Content-Encoding", "gzip")] : []
      let shared = headers + [HTTPHeader("ETag", tag.text)]
      self.headers = shared + coding
      let constant = common + ResponseTime.fromMemory
      prepared = PreparedResponse(
        HTTPResponse(contentType: variant.form.contentType, bytes: body, headers: self.headers + constant))
      preparedNotModified = PreparedResponse(HTTPResponse(status: 304, headers: shared + constant))
    }
  }

  /// The JSON that Postgres made, as it is.
  let plain: Content
  private let headers: [HTTPHeader]
  private let common: [HTTPHeader]
  private let hasData: Bool
  /// The others, made when somebody first asks for them.
  private let others = Mutex<[Variant: Content]>([:])

  /// - Parameters:
  ///   - headers: of all variants.
  ///   - common: of every answer of the API.
  ///   - hasData: the rows are its member `data`, rather than it is the only row.
  init(body: [UInt8], headers: [HTTPHeader], common: [HTTPHeader], hasData: Bool) {
    self.headers = headers
    self.common = common
    self.hasData = hasData
    plain = Content(
      body, EntityTag(of: body), Variant(form: .json, isGzip: false), headers: headers, common: common)
  }

  var body: [UInt8] { plain.body }
  var tag: EntityTag { plain.tag }

  /// Whether it is long enough to be compressed.
  var isLong: Bool { plain.body.count > Gzip.minimumBytes }

  /// What it holds in the worst case, in bytes: each variant's body is there twice, on its own and in what is prepared.
  var maximumByteCount: Int { 8 * plain.body.count + 4096 }

  /// The variant, or the nearest one that can be made.
  func content(_ variant: Variant) -> Content {
    if variant.form == .json, !variant.isGzip { return plain }
    if let content = others.withLock({ $0[variant] }) { return content }
    guard let made = make(variant) else { return plain }
    // Two threads may make it at the same time; both are the same.
    others.withLock { $0[variant] = made }
    return made
  }

  private func make(_ variant: Variant) -> Content? {
    if variant.isGzip {
      let source = content(Variant(form: variant.form, isGzip: false))
      guard source.body.count > Gzip.minimumBytes, let body = Gzip.compressed(source.body) else { return source }
      // Other bytes of the same form have another strong tag (RFC 9110, section 8.8.3.3).
      return Content(body, source.tag.with(suffix: "gzip"), variant, headers: headers, common: common)
    }
    guard let rows = try? Rows(plain.body, hasData: hasData) else { return nil }
    let body = variant.form == .csv ? rows.csv : rows.jsonLines
    return Content(body, EntityTag(of: body), variant, headers: headers, common: common)
  }
}
