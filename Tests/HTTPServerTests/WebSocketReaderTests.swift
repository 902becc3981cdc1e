import HTTPTestClient
import Hexadecimal
import Testing

@testable import HTTPServer

private func frame(_ opcode: UInt8, _ payload: String, isLast: Bool = true) -> [UInt8] {
  HTTPTestClient.frame(opcode, Array(payload.utf8), isLast: isLast)
}

/// All events that the bytes come to, fed in pieces of that size.
private func events(_ bytes: [UInt8], piece: Int = 1_000_000) throws -> [WebSocketReader.Event] {
  var reader = WebSocketReader(maximumMessageBytes: 200)
  var events: [WebSocketReader.Event] = []
  for start in stride(from: 0, to: bytes.count, by: piece) {
    reader.feed(bytes[start..<min(start + piece, bytes.count)])
    while let event = try reader.next() { events.append(event) }
  }
  return events
}

@Suite struct WebSocketReaderTests {
  @Test(
    "messages, fragments and what stands between them are told apart, in whatever pieces they come", arguments: 1...9)
  func pieces(piece: Int) throws {
    let bytes =
      frame(1, "one") + frame(1, "tw", isLast: false) + frame(9, "ping") + frame(0, "o", isLast: false) + frame(0, "")
      + frame(10, "") + frame(1, String(repeating: "é", count: 100)) + frame(8, "")
    #expect(
      try events(bytes, piece: piece) == [
        .text(Array("one".utf8)), .ping(Array("ping".utf8)), .text(Array("two".utf8)), .pong,
        .text(Array(String(repeating: "é", count: 100).utf8)), .close([]),
      ])
  }

  @Test(
    "what breaks the protocol closes the connection, with the code that says how",
    arguments: [
      ("a frame that is not masked", [0x81, 0x01, 0x61], 1002),
      ("an extension that was not agreed on", [0xc1, 0x80, 0, 0, 0, 0], 1002),
      ("an unknown opcode", [0x83, 0x80, 0, 0, 0, 0], 1002),
      ("a binary message", frame(2, "x"), 1003),
      ("a ping of 126 bytes", frame(9, String(repeating: "x", count: 126)), 1002),
      ("a fragmented ping", frame(9, "x", isLast: false), 1002),
      ("a message that goes on and has not begun", frame(0, "x"), 1002),
      ("a message within another", frame(1, "x", isLast: false) + frame(1, "x"), 1002),
      ("too large a message, before it is there", [0x81, 0xfe, 0x01, 0x00], 1009),
      ("a message of 2^63 bytes", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009),
      ("a length that is longer than it need be", [0x81, 0xfe, 0x00, 0x05], 1002),
      (
        "too large a message, in fragments",
        frame(1, String(repeating: "x", count: 150), isLast: false) + frame(0, String(repeating: "x", count: 51)), 1009
      ),
      ("what is not UTF-8", HTTPTestClient.frame(1, [0xc3, 0x28]), 1007),
      ("half a close code", HTTPTestClient.frame(8, [0x03]), 1002),
      ("a close code that may not be sent", HTTPTestClient.frame(8, [0x03, 0xed]), 1002),
    ] as [(String, [UInt8], UInt16)])
  func faults(what: String, bytes: [UInt8], code: UInt16) {
    #expect { try events(bytes) } throws: { ($0 as? WebSocketClose)?.code == code }
  }

  @Test("whatever comes, at most one message and one frame are held, and nothing between messages")
  func bounded() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var reader = WebSocketReader(maximumMessageBytes: 200)
      for _ in 0..<20 {
        reader.feed(
          (0..<Int.random(in: 1...64, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) })
        do { while try reader.next() != nil {} } catch { break }
        #expect(reader.heldByteCount <= 2 * 200 + 14 + 64)
      }
    }
    var reader = WebSocketReader(maximumMessageBytes: 200)
    reader.feed(frame(1, "whole"))
    #expect(try reader.next() == .text(Array("whole".utf8)))
    #expect(try reader.next() == nil)
    #expect(reader.heldByteCount == 0)
  }

  @Test("the handshake is the one of RFC 6455, section 1.3")
  func accept() {
    #expect(WebSocketHandshake.accept(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(
      ["", "f", "fo", "foo", "foob"].map { Base64.encode(Array($0.utf8)) }
        == ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="])
  }

  @Test("a server's frames have the shortest length there is", arguments: [0, 125, 126, 65_535, 65_536])
  func lengths(count: Int) {
    let bytes = WebSocketFrame.bytes(.text, [UInt8](repeating: 0x61, count: count))
    #expect(bytes.count == count + (count < 126 ? 2 : count < 65_536 ? 4 : 10))
  }
}
