/// What targets of requests mean, byte by byte as they came. Only targets of valid requests belong here.
struct KnownTargets<Meaning> {
  /// An array of bytes hashes them one by one, which takes seven times as long.
  private struct Target: Hashable {
    var bytes: [UInt8]

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }

  private let maximumTargets: Int
  private let maximumBytes: Int
  private var meanings: [Target: Meaning] = [:]

  /// - Parameters:
  ///   - maximumTargets: beyond it all are forgotten: those in use come back by themselves, and to be known is only
  ///     faster.
  ///   - maximumBytes: of one target; longer ones are not kept.
  init(maximumTargets: Int, maximumBytes: Int) {
    self.maximumTargets = maximumTargets
    self.maximumBytes = maximumBytes
  }

  var count: Int { meanings.count }

  subscript(target: [UInt8]) -> Meaning? { meanings[Target(bytes: target)] }

  mutating func insert(_ target: [UInt8], _ meaning: Meaning) {
    let key = Target(bytes: target)
    guard target.count <= maximumBytes, meanings[key] == nil else { return }
    if meanings.count >= maximumTargets { meanings.removeAll(keepingCapacity: true) }
    meanings[key] = meaning
  }
}
