import Events

@testable import TextFormats

/// Runs a reader over the bytes of a text.
func reading<Value>(
  _ text: String, _ read: (UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Value
) -> Result<Value, ValueFault> {
  // In an allocation of its own size, so that a read beyond the end is noticed where memory is watched.
  let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
  defer { bytes.deallocate() }
  _ = bytes.initialize(from: text.utf8)
  do throws(ValueFault) {
    return .success(try read(UnsafeBufferPointer(bytes)))
  } catch {
    return .failure(error)
  }
}

extension Result where Failure == ValueFault {
  var value: Success? { try? get() }

  var fault: ValueFault? {
    if case .failure(let fault) = self { fault } else { nil }
  }
}
