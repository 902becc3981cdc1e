/// `streampulse serve` in a process of its own, on a free port.
struct APIServer {
  let program: Program
  let port: UInt16

  /// - Parameter settings: what differs from the product's defaults.
  init(_ workspace: Workspace, _ broker: Broker, _ database: Database, _ settings: [String: String] = [:]) throws {
    var all = broker.childSettings(group: "serve").merging(database.childSettings) { $1 }
    all["API_PORT"] = "0"
    program = try workspace.start(["serve"], all.merging(settings) { $1 })
    let line = try program.line(containing: "http://localhost:")
    let digits = line.split(separator: ":").last?.prefix(while: \.isNumber) ?? ""
    guard let port = UInt16(digits) else { throw BenchmarkError.setup("not a port: \(line)") }
    self.port = port
  }
}
