import Events

/// A value of an event's field. Texts and tags belong to whoever made the event, and are valid until it makes the next.
public enum FieldValue {
  case null
  case text(TextView)
  case integer(Int64)
  case double(Double)
  /// Milliseconds since 1970 UTC.
  case time(Int64)
  case tags(UnsafeBufferPointer<Tag>)
  /// JSON as it is to be written.
  case json(TextView)
}

/// A name with a value, of which an event may have any number.
public struct Tag {
  public var name: TextView
  public var value: TextView

  public init(name: TextView, value: TextView) {
    self.name = name
    self.value = value
  }
}

/// The values of one event after the other, in the order of the form's fields.
public final class EventRow {
  public let values: UnsafeMutableBufferPointer<FieldValue>

  public init(count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: .null)
  }

  deinit {
    values.deallocate()
  }

  public subscript(index: Int) -> FieldValue {
    get { values[index] }
    set { values[index] = newValue }
  }
}
