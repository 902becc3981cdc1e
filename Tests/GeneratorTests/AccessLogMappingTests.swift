import Downloads
import Events
import Requests
import Testing

@Suite struct AccessLogMappingTests {
  private func event(_ text: String, number: UInt64 = 1, shift: Int64 = 0) throws -> KeptEvent {
    let mapping = AccessLogMapping(shiftMilliseconds: shift)
    return try Array(text.utf8).withUnsafeBufferPointer { bytes in
      KeptEvent(mapping.event(try AccessLogLine(parsing: bytes), source: bytes, number: number))
    }
  }

  private let request =
    #"83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /images/logo.png?v=2 HTTP/1.1" 200 203023 "-" "#
    + #""Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36""#

  @Test("a request becomes an event field by field")
  func success() throws {
    let event = try event(request)
    #expect(
      event
        == KeptEvent(
          eventID: event.eventID, timestampMilliseconds: 1_431_857_103_000, contentID: "/images/logo.png",
          title: "/images/logo.png", contentType: "app", sizeGB: 0.000203023, userID: "83.149.9.216", region: "RIPE",
          deviceType: "Mac", osVersion: "macOS 10.9", status: "success", durationSeconds: 0, speedMbps: 0))
  }

  @Test(
    "a status below 400 is a success, any other a failure with its number",
    arguments: [
      (101, nil), (200, nil), (304, nil), (399, nil), (400, "http_400"), (404, "http_404"), (503, "http_503"),
    ] as [(Int, String?)])
  func status(status: Int, errorCode: String?) throws {
    let event = try event(request.replacing(" 200 ", with: " \(status) "))
    #expect(event.errorCode == errorCode)
    #expect(event.status == (errorCode == nil ? "success" : "failed"))
  }

  @Test("an event id belongs to the line's number and text: the same again in a second replay")
  func eventIDs() throws {
    let id = try event(request, number: 7).eventID
    #expect(try event(request, number: 7).eventID == id)
    #expect(try event(request, number: 8).eventID != id)
    #expect(try event(request + " ", number: 7).eventID != id)
    #expect(id.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12] && id.split(separator: "-")[2].hasPrefix("8"))
  }

  @Test("rebasing shifts the event time")
  func shift() throws {
    #expect(try event(request, shift: 1000).timestampMilliseconds == 1_431_857_104_000)
  }

  @Test(
    "the type goes by the extension",
    arguments: [
      ("/talk.MP4", "movie"), ("/live/index.m3u8", "tv_show"), ("/song.ogg", "music"), ("/", "book"),
      ("/articles/dynamic", "book"), ("/index.html", "book"), ("/paper.pdf", "book"), ("/setup.exe", "app"),
      ("/style.css", "app"), ("/favicon.ico", "app"), ("/v1.2/notes", "book"), ("/strange.xyz", "app"),
    ])
  func contentType(path: String, type: String) throws {
    #expect(try event(request.replacing("/images/logo.png?v=2", with: path)).contentType == type)
  }

  @Test(
    "the region is the registry of the first octet",
    arguments: [
      ("83.149.9.216", "RIPE"), ("66.249.73.135", "ARIN"), ("1.2.3.4", "APNIC"), ("200.49.190.101", "LACNIC"),
      ("41.0.0.1", "AFRINIC"), ("3.0.0.1", "ARIN"), ("53.0.0.1", "RIPE"), ("133.1.1.1", "APNIC"),
      ("196.1.1.1", "AFRINIC"),
      ("191.1.1.1", "LACNIC"), ("10.1.2.3", "OTHER"), ("127.0.0.1", "OTHER"), ("0.0.0.0", "OTHER"),
      ("239.0.0.1", "OTHER"),
      ("255.255.255.255", "OTHER"), ("192.168.1.1", "ARIN"), ("256.1.1.1", "OTHER"), ("1.2.3", "OTHER"),
      ("1.2.3.4.5", "OTHER"), ("1..2.3", "OTHER"), ("1.2.3.", "OTHER"), ("crawl.example.org", "OTHER"), ("-", "OTHER"),
      ("2a00:1450:4001::1", "RIPE"), ("2600:1f18::1", "ARIN"), ("2404:6800::1", "APNIC"), ("2800:3f0::1", "LACNIC"),
      ("2c0f:fb50::1", "AFRINIC"), ("2001:db8::1", "OTHER"), ("::1", "OTHER"), ("fe80::1", "OTHER"),
      ("::ffff:83.149.9.216", "RIPE"),
    ])
  func region(address: String, registry: String) throws {
    #expect(try event(request.replacing("83.149.9.216", with: address)).region == registry)
  }

  @Test("each registry has the number of /8 blocks that IANA's list has")
  func blocks() {
    var counts: [RegionalRegistry: Int] = [:]
    for octet in 0...255 as ClosedRange<UInt8> { counts[RegionalRegistry.ipv4Block(octet), default: 0] += 1 }
    #expect(counts == ianaBlocks)
  }

  @Test(
    "the device and its system go by the user agent",
    arguments: [
      ("-", "Other", "Other"), ("Mozilla/4.0 (compatible;)", "Other", "Other"),
      ("Mozilla/5.0 (iPhone; CPU iPhone OS 7_0_4 like Mac OS X) AppleWebKit/537.51.1", "iPhone", "iOS 7.0"),
      ("Mozilla/5.0 (iPad; CPU OS 7_0_4 like Mac OS X) AppleWebKit/537.51.1", "iPad", "iOS 7.0"),
      ("Mozilla/5.0 (Linux; Android 4.4.2; Nexus 5) Chrome/32 Mobile Safari/537.36", "Android Phone", "Android 4.4"),
      ("Mozilla/5.0 (Linux; Android 14; Pixel Tablet) Chrome/120 Safari/537.36", "Android Tablet", "Android 14"),
      ("Mozilla/5.0 (Android; Mobile; rv:27.0) Gecko/27.0 Firefox/27.0", "Android Phone", "Android"),
      ("Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36", "Windows PC", "Windows 7"),
      ("Mozilla/5.0 (Windows NT 9.0; en-US)", "Windows PC", "Windows 9.0"), ("Windows 98", "Windows PC", "Windows"),
      ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.9; rv:27.0)", "Mac", "macOS 10.9"),
      ("Mozilla/5.0 (X11; Linux x86_64)", "Linux PC", "Linux"), ("(X11; Ubuntu; Linux i686)", "Linux PC", "Ubuntu"),
      ("Mozilla/5.0 (X11; CrOS x86_64 4920.83.0)", "Chromebook", "ChromeOS"),
      ("(iPhone; CPU iPhone OS 6_0 like Mac OS X) (compatible; Googlebot/2.1)", "Bot", "Other"),
      ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "Bot", "Other"),
      ("UniversalFeedParser/4.2-pre-314-svn", "Feed reader", "Other"), ("curl/7.81.0", "Script", "Other"),
    ])
  func device(userAgent: String, device: String, osVersion: String) throws {
    let event = try event(
      request.replacing("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36", with: userAgent))
    #expect(event.deviceType == device)
    #expect(event.osVersion == osVersion)
  }
}

/// Counted from IANA's registry: whois servers of the 256 blocks.
private let ianaBlocks: [RegionalRegistry: Int] = [
  .arin: 111, .ripe: 43, .apnic: 51, .lacnic: 10, .afrinic: 6, .other: 35,
]
