import Events
import JSON
import TextFormats

/// What a sample of JSON objects says of their members: where each is, and what its values are.
///
/// Objects inside of objects are looked into; of arrays it is known that they are some.
public struct SampledFields {
  /// Members of one object and of those in it; more become one `jsonb`.
  static let maximumFields = 200
  private static let maximumDepth = 4
  /// Different texts that are remembered to see how many there are.
  private static let maximumDistinct = 1_000

  /// A member, by its path.
  struct Field {
    var path: [String]
    /// Objects in which it is, with a value that is not null.
    var values = 0
    var booleans = 0
    var integers = 0
    var numbers = 0
    var texts = 0
    /// Texts that are times in ISO 8601 with an offset, and texts that are UUIDs.
    var times = 0
    var uuids = 0
    /// Arrays, and objects that are not looked into.
    var others = 0
    var least = Double.infinity
    var greatest = -Double.infinity
    var distinct: Set<String> = []
    /// The first value, for the test of the project.
    var example: JSONValue
  }

  /// In the order in which they were first met.
  private(set) var fields: [Field] = []
  private var places: [[String]: Int] = [:]
  /// Objects of the sample.
  public private(set) var objects = 0
  /// Values that were no objects.
  public private(set) var others = 0
  /// The first object, as it was written.
  private(set) var first: JSONValue?

  public init() {}

  /// Takes a document into account.
  public mutating func add(_ document: JSONValue) {
    guard case .object(let members) = document else {
      others += 1
      return
    }
    objects += 1
    if first == nil { first = document }
    add(members, at: [])
  }

  private mutating func add(_ members: [JSONMember], at path: [String]) {
    for member in members {
      let place = path + [member.name]
      if case .object(let inner) = member.value, !inner.isEmpty, place.count < Self.maximumDepth {
        add(inner, at: place)
      } else {
        add(member.value, at: place)
      }
    }
  }

  private mutating func add(_ value: JSONValue, at path: [String]) {
    if value == .null, places[path] == nil { return }
    guard let index = places[path] ?? newField(at: path, value) else { return }
    fields[index].add(value, maximumDistinct: Self.maximumDistinct)
  }

  private mutating func newField(at path: [String], _ value: JSONValue) -> Int? {
    guard fields.count < Self.maximumFields else { return nil }
    places[path] = fields.count
    fields.append(Field(path: path, example: value))
    return fields.count - 1
  }

  /// Fields that are columns: a path that is a value in some objects and leads further in others is one `jsonb`, and what
  /// is below it no field of its own.
  var leaves: [Field] {
    fields.filter { field in
      !fields.contains { $0.path.count < field.path.count && Array(field.path.prefix($0.path.count)) == $0.path }
    }.map { field in
      guard
        fields.contains(where: {
          $0.path.count > field.path.count && Array($0.path.prefix(field.path.count)) == field.path
        })
      else { return field }
      var mixed = field
      mixed.others = max(mixed.others, 1)
      mixed.values = min(mixed.values, objects - 1)
      return mixed
    }
  }
}

extension SampledFields.Field {
  mutating func add(_ value: JSONValue, maximumDistinct: Int) {
    switch value {
    case .null: return
    case .bool: booleans += 1
    case .number(let text):
      numbers += 1
      if Int64(text) != nil { integers += 1 }
      if let number = Double(text) {
        least = min(least, number)
        greatest = max(greatest, number)
      }
    case .string(let text):
      texts += 1
      if Self.isTime(text) { times += 1 }
      if Self.isUUID(text) { uuids += 1 }
      if distinct.count < maximumDistinct { distinct.insert(text) }
    case .array, .object: others += 1
    }
    values += 1
  }

  private static func isTime(_ text: String) -> Bool {
    guard text.utf8.count >= 16, text.utf8.count <= 40 else { return false }
    return Array(text.utf8).withUnsafeBufferPointer { bytes in (try? ValueText.timestamptz(bytes)) != nil }
  }

  private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      [8, 13, 18, 23].contains(index)
        ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
  }
}
