import Glibc

/// Whose connection it is, for bounds by address: an IPv4 address, or the first 64 bits of an IPv6 address, which are
/// what one client is given.
struct AddressKey: Hashable, Sendable {
  private let bits: UInt64
  private let family: UInt16

  init(_ storage: sockaddr_storage) {
    family = UInt16(storage.ss_family)
    bits = withUnsafeBytes(of: storage) { bytes in
      switch Int32(storage.ss_family) {
      // Behind family and port, and in IPv6 behind the flow label, too.
      case AF_INET: UInt64(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      case AF_INET6:
        Self.isMapped(bytes)
          ? UInt64(bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
          : bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      default: 0
      }
    }
  }

  /// `::ffff:192.0.2.1`: an IPv4 client of a socket for both.
  private static func isMapped(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 0
      && bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self).bigEndian == 0xffff
  }
}
