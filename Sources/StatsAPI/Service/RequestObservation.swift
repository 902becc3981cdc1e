/// What became of a request, for logs and metrics.
public struct RequestObservation: Sendable {
  /// A path of the API, or `static`, or `unknown`: never what a client made up.
  public var route: String
  public var status: Int
  /// `OTHER` for methods that HTTP does not define.
  public var method: String
  /// From the request's arrival to the moment its answer was ready.
  public var seconds: Double
  /// `X-Request-ID` of the answer; nil when it has none.
  public var identity: String?
  /// Of the trace that it belongs to; nil: nothing is traced.
  public var trace: String?
  /// nil unless it is an endpoint's result: whether it came from the cache.
  public var isCached: Bool?
  /// Why an endpoint's query failed.
  public var failure: QueryFailure?
}
