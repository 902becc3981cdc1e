import Events
import Testing

@Suite struct RecordFingerprintTests {
  private func fingerprint(_ value: [UInt8]?, key: [UInt8]? = nil, time: Int64 = 0, offset: Offset = 0) -> Int64 {
    func withPointer<Result>(_ bytes: [UInt8]?, _ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
      guard let bytes else { return body(nil) }
      // An empty array has no pointer of its own.
      return (bytes + [0]).withUnsafeBufferPointer { body($0.baseAddress) }
    }
    return withPointer(value) { payload in
      withPointer(key) { keyBytes in
        RecordFingerprint(
          Record(
            payload: payload, payloadCount: value?.count ?? 0, key: keyBytes, keyCount: key?.count ?? 0, offset: offset,
            timestampMilliseconds: time)
        ).rawValue
      }
    }
  }

  @Test("records that differ anywhere have different fingerprints; the offset is not part of it")
  func distinction() {
    let long = Array(repeating: 7 as UInt8, count: 100)
    var other = long
    other[97] = 8
    let all = [
      fingerprint(nil), fingerprint([]), fingerprint([0]), fingerprint([0, 0]), fingerprint([], key: []),
      fingerprint([1], key: [2]), fingerprint([2], key: [1]), fingerprint([0], time: 1), fingerprint(long),
      fingerprint(other),
    ]
    #expect(Set(all).count == all.count)
    #expect(fingerprint(long, offset: 5) == fingerprint(long))
  }

  @Test("stored fingerprints stay valid over versions")
  func stability() {
    #expect(
      fingerprint(Array("0123456789".utf8), key: Array("key".utf8), time: 1_767_225_600_000) == 145_584_189_693_266_701)
  }
}
