import Synthesis

extension DownloadEvent {
  /// The fields of `schemas/event.avsc`.
  public static let form = EventForm(
    name: "DownloadEvent", doc: "One attempt to download a piece of content, written when it ended.",
    timeText: .epochMilliseconds,
    fields: [
      .init("event_id", .text), .init("timestamp", .time), .init("content.content_id", .text),
      .init("content.title", .text), .init("content.type", .text), .init("content.size_gb", .double),
      .init("user.user_id", .text), .init("user.region", .text), .init("user.device_type", .text),
      .init("user.os_version", .text), .init("download.status", .text), .init("download.duration_seconds", .integer),
      .init("download.speed_mbps", .double), .init("download.error_code", .text, isNullable: true),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .text(eventID)
    row[1] = .time(timestampMilliseconds)
    row[2] = .text(contentID)
    row[3] = .text(title)
    row[4] = .text(contentType)
    row[5] = .double(sizeGB)
    row[6] = .text(userID)
    row[7] = .text(region)
    row[8] = .text(deviceType)
    row[9] = .text(osVersion)
    row[10] = .text(status.text)
    row[11] = .integer(Int64(durationSeconds))
    row[12] = .double(speedMbps)
    row[13] = errorCode.map { .text($0) } ?? .null
  }
}
