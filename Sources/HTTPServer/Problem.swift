import Hexadecimal

/// An error for a program to read and a person to understand: RFC 9457, `application/problem+json`.
public struct Problem: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case texts([String])
  }

  public struct Member: Sendable, Equatable {
    public var name: String
    public var value: Value

    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  public var status: Int
  /// The same for every problem of the kind.
  public var title: String
  /// What is wrong in this case, for a person.
  public var detail: String
  /// A URI reference that names the kind.
  public var type: String
  /// What a program may want to know beyond the standard members.
  public var extensions: [Member]

  public init(
    status: Int, title: String, detail: String, type: String = "about:blank", extensions: [Member] = []
  ) {
    self.status = status
    self.title = title
    self.detail = detail
    self.type = type
    self.extensions = extensions
  }

  /// The members as a JSON object, the standard ones first.
  public var json: [UInt8] {
    let standard = [
      Member("type", .text(type)), Member("title", .text(title)), Member("status", .integer(status)),
      Member("detail", .text(detail)),
    ]
    var bytes: [UInt8] = []
    for member in standard + extensions {
      bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
      Self.append(member.name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      switch member.value {
      case .text(let text): Self.append(text, to: &bytes)
      case .integer(let number): bytes.append(contentsOf: String(number).utf8)
      case .boolean(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
      case .texts(let texts):
        bytes.append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
          if index > 0 { bytes.append(UInt8(ascii: ",")) }
          Self.append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
      }
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  public func response(headers: [HTTPHeader] = []) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "application/problem+json", bytes: json, headers: headers)
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00\(byte.hexadecimal)".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
