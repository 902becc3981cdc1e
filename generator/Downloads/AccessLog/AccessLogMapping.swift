import Events
import Requests
import Synthesis

/// Turns requests of a web server into download events. To be used on one thread.
///
/// Path without its query → content id and title; status below 400 → success, else failed with `http_<status>`;
/// bytes → size; user agent → device and operating system; client address → region, by its registry, and user id.
/// Duration and speed are 0 because the log does not say.
public final class AccessLogMapping {
  /// Added to every event time, in milliseconds.
  public var shiftMilliseconds: Int64

  private var texts = TextArena()
  private var devices: [String: (type: TextView, osVersion: TextView)] = [:]
  private var errorCodes: [Int: TextView] = [:]
  private let eventID: UnsafeMutablePointer<UInt8>
  /// User agents are written by strangers: past this many the table starts afresh.
  private static let maxDevices = 10_000

  public init(shiftMilliseconds: Int64 = 0) {
    self.shiftMilliseconds = shiftMilliseconds
    eventID = .allocate(capacity: uuidLength)
  }

  deinit {
    eventID.deallocate()
  }

  /// The event of a request. `source` is the line it was read from and `number` counts lines from 1: together they make
  /// the event id, so that a second replay of the same file repeats it. Valid until the next call, and only as long as
  /// the line's bytes.
  public func event(
    _ line: AccessLogLine, source: UnsafeBufferPointer<UInt8>, number: UInt64
  ) -> DownloadEvent {
    if devices.count >= Self.maxDevices {
      devices.removeAll(keepingCapacity: true)
      errorCodes.removeAll()
      texts.reset()
    }
    if let start = source.baseAddress {
      let high = hashBytes(start, source.count, seed: number)
      let low = hashBytes(start, source.count, seed: ~number)
      writeUUID(high: high, low: low, version: 8, into: eventID)
    }
    let device = device(line.userAgent)
    let failed = line.status >= 400
    return DownloadEvent(
      eventID: TextView(start: eventID, count: uuidLength),
      timestampMilliseconds: line.timestampMilliseconds + shiftMilliseconds, contentID: line.path, title: line.path,
      contentType: ContentType(path: line.path.bytes).text, sizeGB: Double(line.bytes) / 1e9, userID: line.client,
      region: RegionalRegistry(address: line.client.bytes).text, deviceType: device.type,
      osVersion: device.osVersion, status: failed ? .failed : .success, durationSeconds: 0, speedMbps: 0,
      errorCode: failed ? errorCode(line.status) : nil)
  }

  private func device(_ userAgent: TextView) -> (type: TextView, osVersion: TextView) {
    let text = userAgent.description
    if let known = devices[text] { return known }
    let parsed = UserAgent(parsing: text)
    let device = (type: texts.append(parsed.deviceType), osVersion: texts.append(parsed.osVersion))
    devices[text] = device
    return device
  }

  private func errorCode(_ status: Int) -> TextView {
    if let known = errorCodes[status] { return known }
    let code = texts.append("http_\(status)")
    errorCodes[status] = code
    return code
  }
}
