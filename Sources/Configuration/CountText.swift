/// A number with the name of what it counts: `1 line`, `2 lines`.
///
/// - Parameter plural: of a noun that does not just take an s.
public func counted(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
  number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
}
