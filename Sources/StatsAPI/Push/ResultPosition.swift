/// Names a result that was pushed, so that a client that comes back can say what it has: `24035752-9f3b52c1-1f4`.
///
/// The position in the database's log tells how new it is, the digest what it says: results depend on the time, too, so
/// that equal positions need not mean equal results, and a later one often means the same result.
struct ResultPosition: Hashable {
  /// Whatever was committed and announced up to there is in it.
  var log: Int64
  private var digest: Substring

  init(log: Int64, _ tag: EntityTag) {
    self.log = log
    digest = tag.text.dropFirst().dropLast()
  }

  /// From what a client sends, as far as it is one of ours.
  init?(text: String) {
    guard text.utf8.count <= 64, let dash = text.firstIndex(of: "-"), let log = Int64(text[..<dash]), log >= 0 else {
      return nil
    }
    self.log = log
    digest = text[text.index(after: dash)...]
  }

  var text: String { "\(log)-\(digest)" }

  /// Whether both are of the same result, however often the data was changed in between.
  func isSameResult(as other: ResultPosition) -> Bool { digest == other.digest }
}
