/// Encoded sizes of a writer's types, in bytes. Sums are cut off where no message can be that large anyway.
struct EncodedSize {
  private static let limit = Int(Int32.max)

  /// When each value of the type has the same size.
  private(set) var fixed: [Int?]
  /// The fewest bytes of any value of the type.
  private(set) var minimum: [Int]

  init(_ types: [AvroType]) {
    fixed = Array(repeating: nil, count: types.count)
    minimum = Array(repeating: 0, count: types.count)
    var isKnown = Array(repeating: false, count: types.count)
    for index in types.indices { measure(index, types, &isKnown) }
  }

  private mutating func measure(_ index: Int, _ types: [AvroType], _ isKnown: inout [Bool]) {
    guard !isKnown[index] else { return }
    switch types[index].shape {
    case .null: fixed[index] = 0
    case .boolean: fixed[index] = 1
    case .float: fixed[index] = 4
    case .double: fixed[index] = 8
    case .fixed(let size): fixed[index] = size
    case .record(let fields):
      // Terminates because no record contains itself in every value, and other types are not looked into.
      var total: Int? = 0
      var least = 0
      for field in fields {
        measure(field.type, types, &isKnown)
        total = total.flatMap { sum in fixed[field.type].map { min(sum + $0, Self.limit) } }
        least = min(least + minimum[field.type], Self.limit)
      }
      fixed[index] = total
      minimum[index] = least
    default: minimum[index] = 1
    }
    if let size = fixed[index] { minimum[index] = size }
    isKnown[index] = true
  }
}
