import ChildProcess
import Glibc

/// A command of this program as a child process of its own, whose output goes to a file.
///
/// It ends with this object at the latest.
final class Program {
  private let process: ChildProcess
  private let outputPath: String
  private let command: String
  private var read = 0

  init(_ launch: Launch, outputPath: String, command: String) throws {
    let output = open(outputPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw BenchmarkError.setup("\(outputPath): \(String(cString: strerror(errno)))") }
    defer { close(output) }
    var launch = launch
    launch.output = output
    process = try ChildProcess(launch)
    self.outputPath = outputPath
    self.command = command
  }

  deinit {
    kill()
  }

  var usage: ProcessUsage { ProcessUsage(pid: process.pid) }

  /// Waits for the next line of output that contains the text, and returns it.
  func line(containing text: String, seconds: Double = 60) throws -> String {
    try wait(for: "“\(text)” from streampulse \(command)", seconds: seconds, everyMilliseconds: 1) {
      let hasEnded = process.exitStatus != nil
      for line in newLines() where line.contains(text) { return line }
      if hasEnded { throw failure("it ended") }
      return nil
    }
  }

  /// The complete lines since the last call.
  func newLines() -> [String] {
    let file = open(outputPath, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let length = pread(file, &chunk, chunk.count, off_t(read + bytes.count))
      guard length > 0 else { break }
      bytes.append(contentsOf: chunk.prefix(length))
    }
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    read += end + 1
    return String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Fails when the process has ended.
  func checkRunning() throws {
    if process.exitStatus != nil { throw failure("it ended") }
  }

  /// Waits for its end; fails unless it ended well.
  func waitForSuccess(seconds: Double) throws {
    let status = try wait(for: "the end of streampulse \(command)", seconds: seconds) { process.exitStatus }
    guard status.isSuccess else { throw failure(status.description) }
  }

  /// Asks it to end in order.
  func stop() throws {
    process.send(signal: SIGTERM)
    guard process.wait(timeoutMilliseconds: 20_000) != nil else {
      throw BenchmarkError.timeout("streampulse \(command) to stop")
    }
  }

  /// SIGKILL; returns when it is gone.
  func kill() {
    process.send(signal: SIGKILL)
    _ = process.wait()
  }

  private func failure(_ what: String) -> BenchmarkError {
    let status = process.exitStatus.map { " (\($0))" } ?? ""
    let end = readText(outputPath).split(separator: "\n").suffix(3).joined(separator: " | ")
    return .setup("streampulse \(command): \(what)\(status): \(end)")
  }
}
