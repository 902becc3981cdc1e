/// Tells one record from another: 64 bits of its timestamp, key and payload.
///
/// It is stored and compared by later versions, so its definition never changes: FNV-1a over little-endian words of
/// eight bytes (the last one padded with zeros) with a shift after each step, each byte string led by its length.
public struct RecordFingerprint: Hashable, Sendable {
  public let rawValue: Int64

  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }

  public init(_ record: Record) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    mix(UInt64(bitPattern: record.timestampMilliseconds), into: &hash)
    mix(record.key, record.keyCount, into: &hash)
    mix(record.payload, record.payloadCount, into: &hash)
    // FNV's low bits know little of the high ones.
    rawValue = Int64(bitPattern: hash ^ hash >> 32)
  }
}

private func mix(_ word: UInt64, into hash: inout UInt64) {
  hash = (hash ^ word) &* 0x0000_0100_0000_01b3
  hash ^= hash >> 29
}

/// `bytes` may be nil, which is not the same as no bytes.
private func mix(_ bytes: UnsafePointer<UInt8>?, _ count: Int, into hash: inout UInt64) {
  guard let bytes else { return mix(.max, into: &hash) }
  mix(UInt64(count), into: &hash)
  let raw = UnsafeRawPointer(bytes)
  var offset = 0
  while offset + 8 <= count {
    mix(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)), into: &hash)
    offset += 8
  }
  guard offset < count else { return }
  var tail: UInt64 = 0
  for index in offset..<count { tail |= UInt64(bytes[index]) << UInt64(8 * (index - offset)) }
  mix(tail, into: &hash)
}
