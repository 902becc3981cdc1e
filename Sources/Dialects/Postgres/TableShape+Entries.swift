extension TableShape {
  /// What the shape says of `window`, `filter`, `key shop` or `column total_orders` (names as SQL writes them); nil when it
  /// has no such thing.
  public func meaning(of subject: String) -> String? {
    entries.first { $0.subject == subject }?.meaning
  }
}
