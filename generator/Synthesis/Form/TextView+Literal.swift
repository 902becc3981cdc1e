import Events

extension TextView {
  /// A view of a literal, whose bytes live as long as the program.
  @inlinable
  public init(_ literal: StaticString) {
    self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
  }
}
