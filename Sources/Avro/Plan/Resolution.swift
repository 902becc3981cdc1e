/// The specification's rules for which writer's type a reader's type can stand for.
///
/// Looks one level deep, as the rules for choosing a union's branch do; what is inside is resolved when the plan for it
/// is compiled.
struct Resolution {
  let writer: [AvroType]
  let reader: [AvroType]

  /// Neither may be a union.
  func matches(writer w: Int, reader r: Int) -> Bool {
    isSame(writer: w, reader: r) || isPromotion(writer: w, reader: r)
  }

  /// The branch of the reader's union for a writer's type: the first of the same type and full name, else the first of
  /// the same type, else the first that it can be promoted to.
  func branch(writer w: Int, branches: [Int]) -> Int? {
    branches.first { isSame(writer: w, reader: $0) && writer[w].name?.full == reader[$0].name?.full }
      ?? branches.first { isSame(writer: w, reader: $0) }
      ?? branches.first { isPromotion(writer: w, reader: $0) }
  }

  private func isSame(writer w: Int, reader r: Int) -> Bool {
    switch (writer[w].shape, reader[r].shape) {
    case (.null, .null), (.boolean, .boolean), (.int, .int), (.long, .long), (.float, .float), (.double, .double),
      (.bytes, .bytes), (.string, .string), (.array, .array), (.map, .map):
      true
    case (.fixed(let written), .fixed(let read)): written == read && isSameName(writer: w, reader: r)
    case (.enumeration, .enumeration), (.record, .record): isSameName(writer: w, reader: r)
    default: false
    }
  }

  private func isPromotion(writer w: Int, reader r: Int) -> Bool {
    switch (writer[w].shape, reader[r].shape) {
    case (.int, .long), (.int, .float), (.int, .double), (.long, .float), (.long, .double), (.float, .double),
      (.string, .bytes), (.bytes, .string):
      true
    default: false
    }
  }

  /// Names match without their namespaces; so do the reader's aliases.
  private func isSameName(writer w: Int, reader r: Int) -> Bool {
    guard let written = writer[w].name, let read = reader[r].name else { return false }
    return written.simple == read.simple || reader[r].aliases.contains { $0.simple == written.simple }
  }

  /// Which of the writer's fields the reader's field is read from: the one of its name, else the first of its aliases.
  func writerField(of field: AvroField, in fields: [AvroField]) -> Int? {
    for name in [field.name] + field.aliases {
      if let index = fields.firstIndex(where: { $0.name == name }) { return index }
    }
    return nil
  }

  /// Why they do not match, with the remedy where there is one.
  func mismatch(writer w: Int, reader r: Int) -> String {
    let base = "the writer's \(writer[w].summary) cannot be read as \(reader[r].summary)"
    switch (writer[w].shape, reader[r].shape) {
    case (.record, .record), (.enumeration, .enumeration):
      return base + "; an alias in the reader's schema would make the names match"
    default: return base
    }
  }
}
