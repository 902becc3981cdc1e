import HTTPServer
import Synchronization

/// A result and the answers that can be made of it, ready to be sent any number of times.
final class EndpointAnswer: Sendable {
  /// One form of it on the wire.
  struct Variant: Hashable {
    var form: Representation
    /// nil: as it is.
    var coding: ContentCoding?

    /// RFC 8288: the next page, in the same form.
    fileprivate func link(to query: String) -> HTTPHeader {
      let format = form == .json ? "" : form.name.map { "&\(FormatParameter.name)=\($0)" } ?? ""
      return HTTPHeader("Link", "<?\(query)\(format)>; rel=\"next\"")
    }
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

    fileprivate init(
      _ body: [UInt8], _ tag: EntityTag, _ variant: Variant, headers: [HTTPHeader], nextPage: String?,
      common: [HTTPHeader]
    ) {
      self.body = body
      self.tag = tag
      let headers = headers + (nextPage.map { [variant.link(to: $0)] } ?? [])
      let coding = variant.coding.map { [HTTPHeader("Content-Encoding", $0.rawValue)] } ?? []
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
  /// The query that asks for the next page; nil: there is none.
  private let nextPage: String?
  /// What it is called when it is pushed.
  let position: ResultPosition
  /// The others, made when somebody first asks for them.
  private let others = Mutex<[Variant: Content]>([:])

  /// - Parameters:
  ///   - headers: of all variants.
  ///   - common: of every answer of the API.
  ///   - hasData: the rows are its member `data`, rather than it is the only row.
  ///   - nextPage: the query that asks for it; nil: there is none.
  ///   - log: the position in the database's log that was known when it was asked for.
  init(
    body: [UInt8], headers: [HTTPHeader], common: [HTTPHeader], hasData: Bool, nextPage: String? = nil,
    log: Int64 = 0
  ) {
    self.headers = headers
    self.common = common
    self.hasData = hasData
    self.nextPage = nextPage
    plain = Content(
      body, EntityTag(of: body), Variant(form: .json, coding: nil), headers: headers, nextPage: nextPage,
      common: common)
    position = ResultPosition(log: log, plain.tag)
  }

  var body: [UInt8] { plain.body }
  var tag: EntityTag { plain.tag }

  /// Whether it is long enough to be compressed.
  var isLong: Bool { plain.body.count > ContentCoding.minimumBytes }

  /// What it holds in the worst case, in bytes: each variant's body is there twice, on its own and in what is prepared.
  ///
  /// Of three forms as they are, of which CSV and JSON lines are hardly longer than JSON; what packing adds to bytes that do
  /// not shrink is in the constant.
  var maximumByteCount: Int {
    2 * 3 * (1 + ContentCoding.allCases.count) * (plain.body.count + (nextPage?.utf8.count ?? 0)) + 8192
  }

  /// The variant, or the nearest one that can be made.
  func content(_ variant: Variant) -> Content {
    if variant.form == .json, variant.coding == nil { return plain }
    if let content = others.withLock({ $0[variant] }) { return content }
    guard let made = make(variant) else { return plain }
    // Two threads may make it at the same time; both are the same.
    others.withLock { $0[variant] = made }
    return made
  }

  private func make(_ variant: Variant) -> Content? {
    if let coding = variant.coding {
      let source = content(Variant(form: variant.form, coding: nil))
      guard source.body.count > ContentCoding.minimumBytes, let body = coding.packed(source.body) else { return source }
      // Other bytes of the same form have another strong tag (RFC 9110, section 8.8.3.3).
      return Content(
        body, source.tag.with(suffix: coding.rawValue), variant, headers: headers, nextPage: nextPage, common: common)
    }
    guard let rows = try? Rows(plain.body, hasData: hasData) else { return nil }
    let body = variant.form == .csv ? rows.csv : rows.jsonLines
    return Content(body, EntityTag(of: body), variant, headers: headers, nextPage: nextPage, common: common)
  }
}
