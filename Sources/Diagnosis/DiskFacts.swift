/// How full the disk below a folder is.
public struct DiskFacts: Hashable, Sendable {
  /// Less than so much is a failure soon: a checkpoint and a table's next piece need it.
  private static let failureBytes: UInt64 = 64 << 20
  private static let warningBytes: UInt64 = 1 << 30
  private static let warningShare = 0.05

  public var folder: String
  public var freeBytes: UInt64
  public var totalBytes: UInt64

  public init(folder: String, freeBytes: UInt64, totalBytes: UInt64) {
    (self.folder, self.freeBytes, self.totalBytes) = (folder, freeBytes, totalBytes)
  }

  /// - Parameter area: whose folder it is.
  /// - Returns: nil: there is room.
  public func finding(_ area: String) -> Finding? {
    let left = freeBytes >> 20
    let advice =
      "make room: the ledger is small (docs/operations.md, Retention), results are as large as their retention"
    if freeBytes < Self.failureBytes {
      return .failure(area, "the disk of \(folder) is full: \(left) MiB are left", advice)
    }
    guard freeBytes < Self.warningBytes, Double(freeBytes) < Self.warningShare * Double(totalBytes) else { return nil }
    return .warning(area, "the disk of \(folder) is nearly full: \(left) MiB are left", advice)
  }
}
