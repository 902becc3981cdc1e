import Access

/// `streampulse serve` in a process of its own, on a free port.
struct APIServer {
  let program: Program
  let port: UInt16
  /// The secret of the token that it wants; nil: it wants none.
  let token: String?

  /// - Parameters:
  ///   - settings: what differs from the product's defaults.
  ///   - wantsToken: whether it answers only who has one.
  init(
    _ workspace: Workspace, _ broker: Broker, _ database: Database, _ settings: [String: String] = [:],
    wantsToken: Bool = false
  ) throws {
    var all = broker.childSettings(group: "serve").merging(database.childSettings) { $1 }
    all["API_PORT"] = "0"
    let made = wantsToken ? try AccessToken.make(name: "bench", scopes: [.read], expires: nil) : nil
    token = made?.secret
    all["API_TOKENS"] = made?.token.entry
    program = try workspace.start(["serve"], all.merging(settings) { $1 })
    let line = try program.line(containing: "http://localhost:")
    let digits = line.split(separator: ":").last?.prefix(while: \.isNumber) ?? ""
    guard let port = UInt16(digits) else { throw BenchmarkError.setup("not a port: \(line)") }
    self.port = port
  }
}
