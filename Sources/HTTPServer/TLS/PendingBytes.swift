/// Bytes that could not be sent yet. Bounded by its user, who adds none while there are some.
struct PendingBytes {
  private var bytes: [UInt8] = []
  private var head = 0

  var isEmpty: Bool { head == bytes.count }

  mutating func append(_ rest: UnsafeRawBufferPointer) { bytes += rest }

  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
  }

  mutating func remove(_ count: Int) {
    head += count
    if isEmpty { removeAll() }
  }

  mutating func removeAll() {
    bytes = []
    head = 0
  }
}
