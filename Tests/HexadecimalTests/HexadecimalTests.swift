import Hexadecimal
import Testing

@Suite struct HexadecimalTests {
  @Test("a number has all the digits of its width, in lower case")
  func numbers() {
    #expect(UInt8(0).hexadecimal == "00" && UInt8(0x0A).hexadecimal == "0a" && UInt8.max.hexadecimal == "ff")
    #expect(UInt32(0x1000).hexadecimal == "00001000")
    #expect(UInt64(0x00AB_CDEF).hexadecimal == "0000000000abcdef" && UInt64.max.hexadecimal == "ffffffffffffffff")
  }

  @Test("bytes are written one behind the other, or with what is asked for between them")
  func bytes() {
    let bytes: [UInt8] = [0x00, 0x7F, 0x80, 0x05]
    #expect(bytes.hexadecimal() == "007f8005" && bytes[1...2].hexadecimal(separator: " ") == "7f 80")
    #expect([UInt8]().hexadecimal(separator: " ").isEmpty)
    #expect((UInt8.min...UInt8.max).allSatisfy { UInt8($0.hexadecimal, radix: 16) == $0 && $0.hexadecimal.count == 2 })
  }

  @Test("what was written is read again, in capitals as well; a digit without its pair is left out")
  func reading() {
    let all = Array(UInt8.min...UInt8.max)
    #expect([UInt8](hexadecimal: all.hexadecimal()) == all)
    #expect([UInt8](hexadecimal: "00 fF7") == [0, 255] && [UInt8](hexadecimal: "").isEmpty)
  }

  @Test("in an address only the unreserved characters stand for themselves")
  func addresses() {
    #expect(percentEncoded("AZaz09-._~") == "AZaz09-._~" && percentEncoded("").isEmpty)
    #expect(percentEncoded("a b/c:@%?#é\u{0}") == "a%20b%2Fc%3A%40%25%3F%23%C3%A9%00")
  }
}
