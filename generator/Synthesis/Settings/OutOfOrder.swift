/// Events that arrive late: a share of them is stamped up to some seconds before their turn.
public struct OutOfOrder: Equatable, Sendable {
  /// 0 to 1.
  public var share: Double
  public var maxSeconds: Int64

  public init(share: Double, maxSeconds: Int64) {
    self.share = share
    self.maxSeconds = maxSeconds
  }

  /// Reads `SHARE[:MAX_SECONDS]`, for example `5%:120` or `0.05`; the default is 30 seconds.
  public init(parsing text: String) throws(SettingError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    share = try parseShare(String(parts.first ?? ""))
    guard parts.count == 2 else {
      maxSeconds = 30
      return
    }
    guard let seconds = Int64(parts[1]), (1...86_400).contains(seconds) else {
      throw SettingError("“\(parts[1])” is not a number of seconds from 1 to 86400")
    }
    maxSeconds = seconds
  }

  /// How many milliseconds before its turn an event is stamped; 0 for most.
  public func lateness(_ bits: UInt64) -> Int64 {
    let fraction = RandomNumbers.fraction(bits)
    guard fraction < share else { return 0 }
    // What is left of the fraction is as random as the whole.
    return 1 + Int64(fraction / share * Double(maxSeconds * 1000 - 1))
  }
}
