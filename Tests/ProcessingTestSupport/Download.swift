/// A download event, written as Avro by the specification alone.
struct Download {
  var minute = 0
  var milliseconds: Int64?
  var content = "c1"
  var title = "Title"
  var size = 1.0
  var region = "R1"
  var device = "iPhone"
  var os = "iOS 17"
  var status = "success"
  var duration: Int64 = 10
  var speed = 5.0

  /// 2026-01-01T00:00:00Z.
  static let start: Int64 = 1_767_225_600_000

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    text("00000000-0000-4000-8000-000000000000", &bytes)
    long(milliseconds ?? Download.start + Int64(minute) * 60_000, &bytes)
    for value in [content, title, "movie"] { text(value, &bytes) }
    double(size, &bytes)
    for value in ["u1", region, device, os, status] { text(value, &bytes) }
    long(duration, &bytes)
    double(speed, &bytes)
    long(0, &bytes)
    return bytes
  }

  private func text(_ value: String, _ bytes: inout [UInt8]) {
    long(Int64(value.utf8.count), &bytes)
    bytes += value.utf8
  }

  private func long(_ value: Int64, _ bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private func double(_ value: Double, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }
}
