import CProcess
import Glibc

extension ChildProcess {
  /// The most output that `run` returns; the rest is dropped.
  public static let maximumOutputBytes = 1 << 20

  /// Runs a program to its end and returns what it wrote to stdout and stderr.
  ///
  /// - Parameter timeoutMilliseconds: after it the child is killed, which its status then says.
  public static func run(
    _ launch: Launch, timeoutMilliseconds: Int
  ) throws(ChildProcessError) -> (status: ExitStatus, output: String) {
    // A file, not a pipe: a child can fill it without anybody reading.
    let file = streampulse_memory_file()
    guard file >= 0 else {
      throw ChildProcessError(executable: launch.executable, reason: String(cString: strerror(errno)))
    }
    defer { close(file) }
    var launch = launch
    launch.output = file
    let child = try ChildProcess(launch)
    var status = child.wait(timeoutMilliseconds: timeoutMilliseconds)
    if status == nil {
      child.send(signal: SIGKILL)
      status = child.wait()
    }
    return (status ?? .signalled(SIGKILL), readStart(of: file))
  }

  private static func readStart(of file: Int32) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while bytes.count < maximumOutputBytes {
      let length = pread(file, &chunk, chunk.count, off_t(bytes.count))
      guard length > 0 else { break }
      bytes.append(contentsOf: chunk.prefix(length))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
