import JSON
import Plan
import Testing

@testable import Notifications

@Suite struct MailTests {
  @Test("a text of ASCII stays as it is; other characters, = and blanks at a line's end are written in hexadecimal")
  func quoted() {
    #expect(String(decoding: quotedPrintable("a = b \nMünchen\n"), as: UTF8.self) == "a =3D b=20\r\nM=C3=BCnchen\r\n")
  }

  @Test("no line has more than 76 characters")
  func lineLength() throws {
    for text in [String(repeating: "x", count: 500), String(repeating: "ü", count: 500)] {
      let lines = String(decoding: quotedPrintable(text), as: UTF8.self).split(separator: "\r\n")
      #expect(lines.allSatisfy { $0.utf8.count <= 76 })
    }
    let long = JSONValue.string(String(repeating: "Größe ", count: 30))
    for line in try Examples.mail([Examples.notification(.firing, [("title", long)])]).split(separator: "\r\n") {
      #expect(line.utf8.count <= 78)
    }
  }

  @Test("a subject that is not ASCII, or looks like an encoded word, is encoded")
  func subject() throws {
    let title = JSONValue.string("Fehlerrate in Köln")
    #expect(
      try Examples.mail([Examples.notification(.firing, [("title", title)])]).contains(
        "Subject: =?utf-8?B?W0NSSVRJQ0FMXSBGZWhsZXJyYXRlIGluIEvDtmxu?=\r\n"))
    let word = JSONValue.string("=?utf-8?B?AAAA?=")
    #expect(try !Examples.mail([Examples.notification(.firing, [("title", word)])]).contains("AAAA"))
  }

  @Test("a line break in a text begins no header of its own")
  func injection() throws {
    let title = JSONValue.string("x\r\nBcc: everybody@example.org")
    let mail = try Examples.mail([Examples.notification(.firing, [("title", title)])])
    #expect(mail.contains("Subject: [CRITICAL] x  Bcc: everybody@example.org\r\n"))
  }

  @Test("a name in an address is quoted, or encoded where it is not ASCII")
  func addresses() throws {
    let mail = try Examples.mail([Examples.notification()])
    #expect(mail.contains("From: \"StreamPulse\" <alerts@example.org>\r\n"))
    #expect(mail.contains("To: oncall@example.org,\r\n =?utf-8?B?Wm/Dqw==?= <zoe@example.org>\r\n"))
  }

  @Test("the mails of an incident are one conversation, and each has an identifier that stays the same")
  func conversation() throws {
    let first = try Examples.mail([Examples.notification()])
    let last = try Examples.mail([Examples.notification(.resolved)])
    for mail in [first, last] { #expect(mail.contains("References: <incident-17.shop@example.org>\r\n")) }
    #expect(first.contains("Message-ID: <6f0c2a3e-58b1-4a52-9d34-7a1c1be20f11@example.org>\r\n"))
  }

  @Test(
    "a date is that of RFC 5322",
    arguments: [
      (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (1_769_860_865_999_999, "Sat, 31 Jan 2026 12:01:05 +0000"),
      (Int64.max, "Fri, 31 Dec 9999 23:59:59 +0000"), (Int64.min, "Thu, 1 Jan 1970 00:00:00 +0000"),
    ])
  func dates(microseconds: Int64, text: String) {
    #expect(MailDate.text(microseconds) == text)
  }

  @Test(
    "addresses are taken as people write them",
    arguments: [
      ("a@b.org", "", "a@b.org"), ("Alerts <a@b.org>", "Alerts", "a@b.org"), ("<a@b.org>", "", "a@b.org"),
    ])
  func mailAddresses(text: String, name: String, address: String) {
    let parsed = MailAddress(text)
    #expect(parsed?.name == name && parsed?.address == address)
  }

  @Test(
    "what is none, or would end a command, is refused",
    arguments: ["", "a", "a@", "@b", "a b@c", "a@b\r\nX", "a@b@c", "\"x\" <a@b>"])
  func noAddresses(text: String) {
    #expect(MailAddress(text) == nil)
  }
}
