/// What a server had to do to connections so that others are answered, counted from its start.
public struct HTTPStrain: Sendable, Equatable {
  /// The head of a request took longer than `HTTPConfiguration.headTimeoutSeconds`.
  public var late = 0
  /// Closed after that time, as nothing had come at all.
  public var silent = 0
  /// Closed before their time, as too many others had not sent a request either.
  public var displaced = 0
  /// Answered 503, as all connections were in use, or all of an address.
  public var full = 0
  /// Refused as no request of HTTP/1.1, or as one whose end is in doubt.
  public var malformed = 0

  public init() {}

  mutating func count(_ fault: HeadFault) {
    switch fault {
    case .late: late += 1
    case .full, .addressFull: full += 1
    default: malformed += 1
    }
  }

  /// What concerns others than the client itself. Browsers' spare connections are silent, scanners send anything.
  func isWorse(than earlier: HTTPStrain) -> Bool {
    late > earlier.late || displaced > earlier.displaced || full > earlier.full
  }

  func since(_ earlier: HTTPStrain) -> HTTPStrain {
    var difference = self
    difference.late -= earlier.late
    difference.silent -= earlier.silent
    difference.displaced -= earlier.displaced
    difference.full -= earlier.full
    difference.malformed -= earlier.malformed
    return difference
  }
}
