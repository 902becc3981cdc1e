/// The answers that the server gives by itself.
struct StandardResponses: Sendable {
  /// To heads of requests on connections that have had one before.
  let refusals: [HeadFault: PreparedResponse]
  let badTarget: PreparedResponse
  let bodyTooLarge: PreparedResponse
  let failed: PreparedResponse
  let stopping: PreparedResponse

  /// nil when memory is exhausted.
  init?(_ configuration: HTTPConfiguration) {
    let maximumBodyBytes = configuration.maximumBodyBytes
    var refusals: [HeadFault: PreparedResponse] = [:]
    for fault in HeadFault.allCases {
      guard let refusal = PreparedResponse(fault.problem(configuration).response(headers: fault.headers)) else {
        return nil
      }
      refusals[fault] = refusal
    }
    self.refusals = refusals
    let badTarget = Problem(
      status: 400, title: "Malformed request target",
      detail: "the path and the query must be UTF-8 with escapes of the form %HH, and without zero bytes")
    let bodyTooLarge = Problem(
      status: 413, title: "Request body too large", detail: "a request body may have \(maximumBodyBytes) bytes at most",
      extensions: [.init("maximum", .integer(maximumBodyBytes))])
    let failed = Problem(status: 500, title: "Internal error", detail: "the request was dropped without an answer")
    let stopping = Problem(status: 503, title: "Server is stopping", detail: "the server is about to stop")
    guard let badTarget = PreparedResponse(badTarget.response()),
      let bodyTooLarge = PreparedResponse(bodyTooLarge.response(headers: [HTTPHeader("Connection", "close")])),
      let failed = PreparedResponse(failed.response()),
      let stopping = PreparedResponse(
        stopping.response(headers: [HTTPHeader("Connection", "close"), HTTPHeader("Retry-After", "1")]))
    else { return nil }
    self.badTarget = badTarget
    self.bodyTooLarge = bodyTooLarge
    self.failed = failed
    self.stopping = stopping
  }
}
