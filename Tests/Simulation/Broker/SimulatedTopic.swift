import Events
import Plan

/// A topic of the simulated broker, by its name.
enum SimulatedTopic: String, CaseIterable {
  case avro = "simulated"
  case json = "simulated-json"

  var format: StreamDefinition.Format {
    switch self {
    case .avro: .avro
    case .json: .json
    }
  }

  /// The code of a record whose last byte is missing.
  var truncationCode: EventErrorCode {
    switch self {
    case .avro: .truncated
    case .json: .malformed
    }
  }

  func partition(_ number: Int) -> TopicPartition {
    TopicPartition(topic: rawValue, partition: Int32(number))
  }
}

/// An event of a simulated topic.
struct SimulatedEvent {
  /// Microseconds since 1970.
  var time: Int64
  var key: Int64
  /// One of `values`.
  var value: Double

  static let values = 0...9

  /// The payload, by the format's specification alone.
  func encoded(_ format: StreamDefinition.Format) -> [UInt8] {
    switch format {
    case .avro: avro
    case .json, .csv: Array("{\"at\":\(time),\"key\":\(key),\"value\":\(value)}".utf8)
    }
  }

  /// In Avro, in Confluent framing, of a schema that the registry knows.
  func encoded(schema id: UInt32) -> [UInt8] {
    [0] + withUnsafeBytes(of: id.bigEndian, Array.init) + (id == 2 ? [14] : []) + avro
  }

  private var avro: [UInt8] {
    var bytes: [UInt8] = []
    append(time, to: &bytes)
    append(key, to: &bytes)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    return bytes
  }

  private func append(_ long: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: long << 1 ^ long >> 63)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
