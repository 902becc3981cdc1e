/// The device and operating system that a user agent names.
public struct UserAgent: Equatable, Sendable {
  public var deviceType: String
  public var osVersion: String

  /// What nothing is known about.
  public static let unknown = UserAgent(deviceType: "Other", osVersion: "Other")

  init(deviceType: String, osVersion: String) {
    self.deviceType = deviceType
    self.osVersion = osVersion
  }

  /// Goes by the first rule that applies; `unknown` when none does.
  public init(parsing text: String) {
    for rule in Self.rules where rule.markers.allSatisfy({ text.firstRange(of: $0) != nil }) {
      let version = rule.versionAfter.flatMap { Self.version(in: text, after: $0) }
      let os = [rule.os, version.map { rule.versionNames[$0] ?? $0 }].compactMap(\.self).joined(separator: " ")
      self = UserAgent(deviceType: rule.device, osVersion: os)
      return
    }
    self = .unknown
  }

  private struct Rule {
    /// All of them occur in the user agent.
    var markers: [String]
    var device: String
    var os: String
    /// The version's first two numbers follow one of these.
    var versionAfter: String?
    /// What a version is called when not by its number.
    var versionNames: [String: String] = [:]
  }

  /// Programs first, because many of them pretend to be a browser; then what is special before what is general.
  private static let rules: [Rule] =
    ["bot", "Bot", "spider", "Spider", "crawler", "Crawler", "Slurp", "Ezooms", "facebookexternalhit"].map {
      Rule(markers: [$0], device: "Bot", os: "Other")
    }
    + ["Feed", "feed", "RSS", "Liferea", "LiveJournal"].map {
      Rule(markers: [$0], device: "Feed reader", os: "Other")
    }
    + ["curl/", "Wget/", "python-", "Python-urllib", "Java/", "libwww-perl", "Ruby", "Chef Client"].map {
      Rule(markers: [$0], device: "Script", os: "Other")
    }
    + [
      Rule(markers: ["Windows Phone"], device: "Windows Phone", os: "Windows Phone", versionAfter: "Windows Phone "),
      Rule(markers: ["iPhone"], device: "iPhone", os: "iOS", versionAfter: "iPhone OS "),
      Rule(markers: ["iPad"], device: "iPad", os: "iOS", versionAfter: "CPU OS "),
      Rule(markers: ["iPod"], device: "iPod", os: "iOS", versionAfter: "iPhone OS "),
      Rule(markers: ["Android", "Mobile"], device: "Android Phone", os: "Android", versionAfter: "Android "),
      Rule(markers: ["Android"], device: "Android Tablet", os: "Android", versionAfter: "Android "),
      Rule(
        markers: ["Windows NT"], device: "Windows PC", os: "Windows", versionAfter: "Windows NT ",
        versionNames: [
          "5.0": "2000", "5.1": "XP", "5.2": "XP", "6.0": "Vista", "6.1": "7", "6.2": "8", "6.3": "8.1", "10.0": "10",
        ]),
      Rule(markers: ["Windows"], device: "Windows PC", os: "Windows"),
      Rule(markers: ["Macintosh"], device: "Mac", os: "macOS", versionAfter: "Mac OS X "),
      Rule(markers: ["CrOS"], device: "Chromebook", os: "ChromeOS"),
      Rule(markers: ["Ubuntu"], device: "Linux PC", os: "Ubuntu"),
      Rule(markers: ["Linux"], device: "Linux PC", os: "Linux"),
      Rule(markers: ["FreeBSD"], device: "BSD PC", os: "FreeBSD"),
      Rule(markers: ["OpenBSD"], device: "BSD PC", os: "OpenBSD"),
    ]

  /// `10_9_1` or `10.9` after `marker` as `10.9`.
  private static func version(in text: String, after marker: String) -> String? {
    guard let range = text.firstRange(of: marker) else { return nil }
    let numbers = text[range.upperBound...].prefix { $0.isASCII && $0.isNumber || $0 == "." || $0 == "_" }
      .split(whereSeparator: { $0 == "." || $0 == "_" })
    return numbers.isEmpty ? nil : numbers.prefix(2).joined(separator: ".")
  }
}
