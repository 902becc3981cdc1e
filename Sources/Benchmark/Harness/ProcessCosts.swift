/// What the processes of a bench have cost since they were started, for its notes.
struct ProcessCosts {
  private var parts: [String] = []

  mutating func add(_ name: String, _ program: Program) {
    add(name, cpuSeconds: program.usage.cpuSeconds, peakBytes: program.usage.peakResidentBytes)
  }

  /// Of a Postgres the peak would be that of the parent process alone, and is left out.
  mutating func add(_ database: Database) {
    add("Postgres", cpuSeconds: database.usage.cpuSecondsWithChildren, peakBytes: nil)
  }

  /// Nothing for a broker that is not ours.
  mutating func add(_ broker: Broker) {
    guard let usage = broker.usage else { return }
    add("broker", cpuSeconds: usage.cpuSeconds, peakBytes: usage.peakResidentBytes)
  }

  private mutating func add(_ name: String, cpuSeconds: Double, peakBytes: Int?) {
    let peak = peakBytes.map { ", peak \(rounded(Double($0) / 1e6, places: 0)) MB" } ?? ""
    parts.append("\(name) \(rounded(cpuSeconds, places: 1)) CPU-s\(peak)")
  }

  var text: String { parts.joined(separator: "; ") }
}
