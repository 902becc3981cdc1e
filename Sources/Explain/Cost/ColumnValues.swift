import Events
import Plan

/// Made-up values for the columns of a plan: those that the definition compares a column with, among others of its type.
final class ColumnValues {
  private static let distinctTexts = 50
  private static let words = (0..<distinctTexts).map { "value-\($0)" }
  /// 2024-01-01T00:00:00Z, in microseconds since 1970.
  private static let epoch: Int64 = 1_704_067_200_000_000
  /// Events of five minutes.
  private static let span: Int64 = 300_000_000

  private let specs: [ColumnSpec]
  private let eventTime: Int
  /// By column; of columns whose values are texts.
  private var texts: [[TextView]] = []
  /// By column; of the others.
  private let compared: [[Literal]]
  private var arena = TextArena()
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  init(_ plan: StreamPlan) {
    specs = plan.columns
    eventTime = plan.eventTimeColumn
    var compared = [[Literal]](repeating: [], count: plan.columns.count)
    for expression in plan.aggregates.flatMap(\.expressions) { expression.collectComparisons(into: &compared) }
    self.compared = compared
    for (index, spec) in plan.columns.enumerated() {
      guard case .text = spec.type.physical else {
        texts.append([])
        continue
      }
      let own = compared[index].compactMap { literal -> String? in
        if case .text(let text, _) = literal { text } else { nil }
      }
      // Half of the events have one of the compared values.
      let others = Self.texts(of: spec.type)
      let repeated = own.isEmpty ? [] : (0..<others.count).map { own[$0 % own.count] }
      if let element = spec.type.element {
        texts.append((0..<Self.distinctTexts).map { _ in array(of: element) })
      } else if plan.aggregates.contains(where: { $0.unnest?.array == .column(index, .jsonb) }) {
        texts.append(others.map { arena.append("[\($0), \($0), \($0)]") })
      } else {
        texts.append((repeated + others).map { arena.append($0) })
      }
    }
  }

  /// Three elements.
  private func array(of element: ArrayElement) -> TextView {
    let list = ElementList(element)
    let words = Self.texts(of: element.type)
    for _ in 0..<3 {
      let row = list.append()
      list.column.validity[row] = 1
      switch element.type.physical {
      case .boolean: list.column.booleans[row] = UInt8(truncatingIfNeeded: next() & 1)
      case .integer: list.column.integers[row] = Self.integer(of: element.type, next())
      case .decimal: list.column.decimals[row] = Int128(next() % 100_000)
      case .double: list.column.doubles[row] = Double(next() % 100_000) / 100
      case .text: list.column.texts[row] = arena.append(words[Int(next() % UInt64(words.count))])
      }
    }
    return list.packed(into: &arena)
  }

  private static func texts(of type: SQLType) -> [String] {
    switch type {
    case .uuid:
      (0..<distinctTexts).map { "00000000-0000-4000-8000-0000000000\($0 < 10 ? "0" : "")\($0)" }
    case .jsonb: words.map { "{\"name\": \"\($0)\"}" }
    default: words
    }
  }

  /// The wall clock that goes with the events, in microseconds since 1970.
  static let now = epoch + span

  /// Fills the batch with `count` rows.
  func fill(_ batch: EventBatch, count: Int) {
    batch.reset(count: count)
    for (index, spec) in specs.enumerated() {
      let column = batch.columns[index]
      for row in 0..<count {
        column.validity[row] = 1
        switch spec.type.physical {
        case .boolean: column.booleans[row] = UInt8(truncatingIfNeeded: next() & 1)
        case .integer: column.integers[row] = integer(index, spec.type)
        case .decimal: column.decimals[row] = Int128(next() % 100_000)
        case .double: column.doubles[row] = Double(next() % 100_000) / 100
        case .text: column.texts[row] = texts[index][Int(next() % UInt64(texts[index].count))]
        }
      }
    }
  }

  private func integer(_ column: Int, _ type: SQLType) -> Int64 {
    if column == eventTime { return ColumnValues.epoch + Int64(next() % UInt64(ColumnValues.span)) }
    if !compared[column].isEmpty, next() & 1 == 0,
      case .integer(let value, _) = compared[column][Int(next() % UInt64(compared[column].count))]
    {
      return value
    }
    return Self.integer(of: type, next())
  }

  private static func integer(of type: SQLType, _ number: UInt64) -> Int64 {
    switch type {
    case .timestamptz, .timestamp: epoch + Int64(number % 1000) * 1_000_000
    case .date: 19_000 + Int64(number % 1000)
    case .time: Int64(number % 86_400) * 1_000_000
    default: Int64(number % 1000)
    }
  }

  /// Xorshift; the same values every time.
  private func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state >> 1
  }
}

extension Expression {
  /// Literals that stand beside a column as operands of one operation.
  fileprivate func collectComparisons(into compared: inout [[Literal]]) {
    let literals = children.compactMap { child -> Literal? in
      if case .literal(let literal) = child { literal } else { nil }
    }
    for child in children {
      if case .column(let index, _) = child, compared.indices.contains(index) { compared[index] += literals }
      child.collectComparisons(into: &compared)
    }
  }
}
