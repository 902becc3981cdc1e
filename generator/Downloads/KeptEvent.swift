import Events

/// A `DownloadEvent` that owns its texts, so that it can be kept and compared.
public struct KeptEvent: Equatable, Sendable {
  public var eventID: String
  public var timestampMilliseconds: Int64
  public var contentID: String
  public var title: String
  public var contentType: String
  public var sizeGB: Double
  public var userID: String
  public var region: String
  public var deviceType: String
  public var osVersion: String
  public var status: String
  public var durationSeconds: Int32
  public var speedMbps: Double
  public var errorCode: String?

  public init(
    eventID: String, timestampMilliseconds: Int64, contentID: String, title: String, contentType: String,
    sizeGB: Double, userID: String, region: String, deviceType: String, osVersion: String, status: String,
    durationSeconds: Int32, speedMbps: Double, errorCode: String? = nil
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

extension KeptEvent {
  public init(_ event: DownloadEvent) {
    self.init(
      eventID: event.eventID.description, timestampMilliseconds: event.timestampMilliseconds,
      contentID: event.contentID.description, title: event.title.description,
      contentType: event.contentType.description, sizeGB: event.sizeGB, userID: event.userID.description,
      region: event.region.description, deviceType: event.deviceType.description,
      osVersion: event.osVersion.description, status: event.status.rawValue, durationSeconds: event.durationSeconds,
      speedMbps: event.speedMbps, errorCode: event.errorCode?.description)
  }
}
