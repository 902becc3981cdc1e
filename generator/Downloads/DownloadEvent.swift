import Events
import Synthesis

/// How a download ended; the raw value is what the event says.
public enum DownloadStatus: String, Sendable, CaseIterable {
  case success
  case failed
  case cancelled

  /// The raw value in memory that lives as long as the program.
  public var text: TextView {
    switch self {
    case .success: TextView("success")
    case .failed: TextView("failed")
    case .cancelled: TextView("cancelled")
    }
  }
}

/// One download event, field by field as in `schemas/event.avsc`.
///
/// The texts are views: they belong to whoever made the event and are valid until it makes the next one.
public struct DownloadEvent {
  public var eventID: TextView
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  public var contentID: TextView
  public var title: TextView
  public var contentType: TextView
  /// Gigabytes of 10^9 bytes.
  public var sizeGB: Double
  public var userID: TextView
  /// Also the key of the event's Kafka record.
  public var region: TextView
  public var deviceType: TextView
  public var osVersion: TextView
  public var status: DownloadStatus
  public var durationSeconds: Int32
  /// Megabits per second.
  public var speedMbps: Double
  /// nil unless `status` is `failed`.
  public var errorCode: TextView?

  public init(
    eventID: TextView, timestampMilliseconds: Int64, contentID: TextView, title: TextView, contentType: TextView,
    sizeGB: Double, userID: TextView, region: TextView, deviceType: TextView, osVersion: TextView,
    status: DownloadStatus, durationSeconds: Int32, speedMbps: Double, errorCode: TextView?
  ) {
    self.eventID = eventID
    self.timestampMilliseconds = timestampMilliseconds
    self.contentID = contentID
    self.title = title
    self.contentType = contentType
    self.sizeGB = sizeGB
    self.userID = userID
    self.region = region
    self.deviceType = deviceType
    self.osVersion = osVersion
    self.status = status
    self.durationSeconds = durationSeconds
    self.speedMbps = speedMbps
    self.errorCode = errorCode
  }
}
