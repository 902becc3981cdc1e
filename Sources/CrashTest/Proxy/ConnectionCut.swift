/// Where a connection is cut.
public struct ConnectionCut: Hashable, Sendable {
  public enum Direction: Hashable, Sendable {
    case toServer
    case toClient
  }

  public var direction: Direction
  /// So many more bytes pass in that direction; the next one does not.
  public var bytes: Int

  public init(direction: Direction, bytes: Int) {
    self.direction = direction
    self.bytes = bytes
  }
}

/// One connection's way to its cut.
struct PendingCut {
  /// Which of the proxy's cuts it is.
  let number: Int
  private let direction: ConnectionCut.Direction
  private var remaining: Int

  init(_ cut: ConnectionCut, number: Int) {
    self.number = number
    direction = cut.direction
    remaining = cut.bytes
  }

  /// How many of the bytes that came may pass; the connection is cut when that is not all of them.
  mutating func admit(_ count: Int, _ direction: ConnectionCut.Direction) -> Int {
    guard direction == self.direction else { return count }
    let passed = min(count, remaining)
    remaining -= passed
    return passed
  }
}
