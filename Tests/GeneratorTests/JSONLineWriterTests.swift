import Downloads
import Events
import Synthesis
import Testing

@Suite struct JSONLineWriterTests {
  @Test("an event is one line with the fields and nesting of the schema, special characters escaped")
  func line() {
    var event = DownloadEvent(
      eventID: TextView("id"), timestampMilliseconds: newYear, contentID: TextView("/a\"b\\c"),
      title: TextView("tab\tbell\u{7}é"), contentType: TextView("app"), sizeGB: 0.000203023, userID: TextView("u"),
      region: TextView("RIPE"), deviceType: TextView("Mac"), osVersion: TextView("macOS 10.9"), status: .failed,
      durationSeconds: 3, speedMbps: 0, errorCode: TextView("http_404"))
    var writer = JSONLineWriter()
    writer.append(event)
    event.status = .success
    event.errorCode = nil
    writer.append(event)
    let lines = String(decoding: writer.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines[2].isEmpty)
    let start = #"{"event_id":"id","timestamp":1767225600000,"content":{"content_id":"/a\"b\\c","#
    let middle =
      #""title":"tab\tbell\u0007é","type":"app","size_gb":0.000203023},"#
      + #""user":{"user_id":"u","region":"RIPE","device_type":"Mac","os_version":"macOS 10.9"},"#
    #expect(
      lines[0] == start + middle
        + #""download":{"status":"failed","duration_seconds":3,"speed_mbps":0.0,"error_code":"http_404"}}"#)
    #expect(
      lines[1] == start + middle
        + #""download":{"status":"success","duration_seconds":3,"speed_mbps":0.0,"error_code":null}}"#)
  }
}
