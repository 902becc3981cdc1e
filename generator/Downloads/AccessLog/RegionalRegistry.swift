import Events
import Synthesis

/// The regional internet registry that an address block was given to.
///
/// Coarse on purpose: it goes by the first octet alone, so a reserved block inside a registry's /8 (192.168/16,
/// 172.16/12, 169.254/16) counts as that registry's.
public enum RegionalRegistry: String, Sendable, CaseIterable {
  case arin = "ARIN"
  case ripe = "RIPE"
  case apnic = "APNIC"
  case lacnic = "LACNIC"
  case afrinic = "AFRINIC"
  /// Reserved and private blocks, host names, whatever is not an address.
  case other = "OTHER"

  /// The raw value in memory that lives as long as the program.
  public var text: TextView {
    switch self {
    case .arin: TextView("ARIN")
    case .ripe: TextView("RIPE")
    case .apnic: TextView("APNIC")
    case .lacnic: TextView("LACNIC")
    case .afrinic: TextView("AFRINIC")
    case .other: TextView("OTHER")
    }
  }

  /// The registry of an IPv4 or IPv6 address in text form.
  public init(address: UnsafeBufferPointer<UInt8>) {
    if let octet = Self.firstIPv4Octet(address) {
      self = Self.ipv4Block(octet)
    } else if let octet = Self.firstIPv6Octet(address) {
      self = Self.ipv6Block(octet)
    } else if let colon = address.lastIndex(of: UInt8(ascii: ":")), address.contains(UInt8(ascii: ".")),
      let octet = Self.firstIPv4Octet(UnsafeBufferPointer(rebasing: address[(colon + 1)...]))
    {
      // ::ffff:192.0.2.1 is an IPv4 client of a dual-stack server.
      self = Self.ipv4Block(octet)
    } else {
      self = .other
    }
  }

  /// IANA's IPv4 address space registry: whose whois server knows the /8, legacy blocks included.
  public static func ipv4Block(_ octet: UInt8) -> RegionalRegistry {
    switch octet {
    case 0, 10, 127, 224...255:
      .other
    case 1, 14, 27, 36, 39, 42, 43, 49, 58...61, 101, 103, 106, 110...126, 133, 150, 153, 163, 171, 175, 180, 182, 183,
      202, 203, 210, 211, 218...223:
      .apnic
    case 2, 5, 25, 31, 37, 46, 51, 53, 57, 62, 77...95, 109, 141, 145, 151, 176, 178, 185, 188, 193...195, 212, 213,
      217:
      .ripe
    case 41, 102, 105, 154, 196, 197:
      .afrinic
    case 177, 179, 181, 186, 187, 189...191, 200, 201:
      .lacnic
    default:
      .arin
    }
  }

  /// IANA's IPv6 unicast assignments. 2001::/16 is shared by all five, so its first octet says nothing.
  private static func ipv6Block(_ octet: UInt8) -> RegionalRegistry {
    switch octet {
    case 0x24: .apnic
    case 0x26: .arin
    case 0x28: .lacnic
    case 0x2a: .ripe
    case 0x2c: .afrinic
    default: .other
    }
  }

  /// nil unless the text is four numbers up to 255 with points between them.
  private static func firstIPv4Octet(_ address: UnsafeBufferPointer<UInt8>) -> UInt8? {
    var first = 0
    var octet = 0
    var digits = 0
    var points = 0
    for byte in address {
      if (0x30...0x39).contains(byte) {
        octet = octet * 10 + Int(byte - 0x30)
        digits += 1
        guard digits <= 3, octet <= 255 else { return nil }
      } else {
        guard byte == UInt8(ascii: "."), digits > 0, points < 3 else { return nil }
        if points == 0 { first = octet }
        points += 1
        octet = 0
        digits = 0
      }
    }
    return points == 3 && digits > 0 ? UInt8(first) : nil
  }

  /// nil unless the text is made of hexadecimal digits and colons and begins with a group of four digits.
  private static func firstIPv6Octet(_ address: UnsafeBufferPointer<UInt8>) -> UInt8? {
    guard address.count > 4, address[4] == UInt8(ascii: ":"),
      address.allSatisfy({ hexValue($0) != nil || $0 == UInt8(ascii: ":") }),
      let high = hexValue(address[0]), let low = hexValue(address[1])
    else { return nil }
    return high << 4 | low
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
