/// Protocol Buffers' wire format, as much of it as OTLP needs: a field is its number and wire type, and then its bytes.
///
/// Fields of the default value are left out, as proto3 has it; where one has to be there all the same, the caller says so.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func begin(_ field: Int, _ type: WireType) {
    varint(UInt64(truncatingIfNeeded: field) << 3 | type.rawValue)
  }

  private mutating func varint(_ value: UInt64) {
    var value = value
    while value > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  private mutating func littleEndian(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// `int64`, `uint32`, `bool` and enumerations; negative ones have ten bytes.
  mutating func integer(_ field: Int, _ value: Int64, always: Bool = false) {
    guard value != 0 || always else { return }
    begin(field, .varint)
    varint(UInt64(bitPattern: value))
  }

  mutating func fixed32(_ field: Int, _ value: UInt32) {
    guard value != 0 else { return }
    begin(field, .fixed32)
    littleEndian(value)
  }

  mutating func fixed64(_ field: Int, _ value: UInt64, always: Bool = false) {
    guard value != 0 || always else { return }
    begin(field, .fixed64)
    littleEndian(value)
  }

  mutating func text(_ field: Int, _ value: String, always: Bool = false) {
    guard !value.isEmpty || always else { return }
    begin(field, .lengthDelimited)
    varint(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// Big-endian, as identities are written.
  mutating func identity(_ field: Int, _ parts: UInt64...) {
    begin(field, .lengthDelimited)
    varint(UInt64(parts.count * 8))
    for part in parts { withUnsafeBytes(of: part.bigEndian) { bytes.append(contentsOf: $0) } }
  }

  /// A message within the message, which is there even when it is empty.
  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    begin(field, .lengthDelimited)
    varint(UInt64(inner.bytes.count))
    bytes.append(contentsOf: inner.bytes)
  }
}
