import Events
import Synthesis

/// Why downloads fail.
struct DownloadError {
  var code: TextView
  var weight: Double

  private init(_ code: StaticString, weight: Double) {
    self.code = TextView(code)
    self.weight = weight
  }

  /// What goes wrong on any day.
  static var usual: [DownloadError] {
    [
      DownloadError("NETWORK_TIMEOUT", weight: 32),
      DownloadError("CONNECTION_RESET", weight: 22),
      DownloadError("STORAGE_FULL", weight: 15),
      DownloadError("SERVER_ERROR", weight: 12),
      DownloadError("CHECKSUM_MISMATCH", weight: 8),
      DownloadError("AUTH_EXPIRED", weight: 6),
      DownloadError("LICENSE_DENIED", weight: 5),
    ]
  }

  /// What an incident adds.
  static var incidentCode: TextView { TextView("SERVICE_UNAVAILABLE") }
}
