import Synthesis

/// Something that every host measures.
struct Gauge {
  var name: String
  var level: Double
  /// How far it strays from its level.
  var spread: Double
  /// How much of it follows the day, from 0 to 1.
  var dailyShare: Double
  var limits: ClosedRange<Double>
  /// How often it is measured, compared with the others.
  var frequency: Int

  static let all = [
    Gauge(name: "cpu_usage_percent", level: 34, spread: 10, dailyShare: 0.5, limits: 0...100, frequency: 4),
    Gauge(name: "requests_per_second", level: 120, spread: 20, dailyShare: 0.9, limits: 0...1e6, frequency: 4),
    Gauge(name: "request_latency_ms", level: 80, spread: 18, dailyShare: 0.3, limits: 1...60_000, frequency: 4),
    Gauge(name: "error_rate_percent", level: 0.6, spread: 0.35, dailyShare: 0.2, limits: 0...100, frequency: 2),
    Gauge(name: "memory_used_percent", level: 61, spread: 5, dailyShare: 0.1, limits: 0...100, frequency: 2),
    Gauge(name: "network_out_mbps", level: 45, spread: 12, dailyShare: 0.8, limits: 0...1e6, frequency: 2),
    Gauge(name: "queue_depth", level: 14, spread: 8, dailyShare: 0.7, limits: 0...1e6, frequency: 1),
    Gauge(name: "disk_used_percent", level: 52, spread: 0.5, dailyShare: 0, limits: 0...100, frequency: 1),
    Gauge(name: "temperature_celsius", level: 47, spread: 1.5, dailyShare: 0.2, limits: -20...120, frequency: 1),
  ]
}

/// A machine that measures.
struct Host {
  var name: String
  var service: String
  var zone: String

  private static let services = [
    "web", "api", "web", "database", "web", "api", "search", "web", "cache", "api", "web", "batch",
  ]
  private static let zones = ["eu-1", "us-1", "eu-2", "us-2", "ap-1"]

  /// Host number `index`; most are web servers.
  init(_ index: Int) {
    service = Self.services[index % Self.services.count]
    zone = Self.zones[index % Self.zones.count]
    name = "\(service)-\(index + 1)"
  }
}
