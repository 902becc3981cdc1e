import Glibc
import Synchronization
import Threads

/// Writes log lines to a descriptor, a line per `write(2)`. Any number of threads may use it.
public final class Logger: Sendable {
  public let minimumLevel: LogLevel
  private let format: LogFormat
  private let descriptor: Int32
  private let now: @Sendable () -> Int64
  /// Keeps lines whole when the system takes a line in parts.
  private let isWriting = Mutex(())
  private let limit: Mutex<RepeatLimit>
  private let suppressed = Atomic<Int64>(0)

  /// - Parameters:
  ///   - descriptor: stays the caller's; stderr by default.
  ///   - format: nil: coloured text when the descriptor is a terminal (without colour if `NO_COLOR` is set), else JSON.
  ///   - linesPerMinute: of one message; below `info` there is no limit. 0: nowhere.
  ///   - now: microseconds since 1970 UTC.
  public init(
    minimumLevel: LogLevel = .info, format: LogFormat? = nil, descriptor: Int32 = STDERR_FILENO,
    linesPerMinute: Int = 0, now: @escaping @Sendable () -> Int64 = Clock.wall
  ) {
    self.minimumLevel = minimumLevel
    self.descriptor = descriptor
    self.now = now
    limit = Mutex(RepeatLimit(maximum: linesPerMinute))
    self.format =
      format ?? (isatty(descriptor) != 1 ? .json : getenv("NO_COLOR") == nil ? .colouredText : .text)
  }

  /// Whether a message of this level would be written.
  public func isEnabled(_ level: LogLevel) -> Bool { level >= minimumLevel }

  /// Lines that were not written because there had been too many of their message.
  public var suppressedLines: Int64 { suppressed.load(ordering: .relaxed) }

  /// Writes one line, unless there have been too many of its message. A line that cannot be written is dropped: there is nowhere to say so.
  public func log(_ level: LogLevel, _ message: StaticString, _ fields: [LogField] = []) {
    guard isEnabled(level) else { return }
    let now = now()
    var fields = fields
    if level >= .info {
      switch limit.withLock({ $0.judge(message, now: now) }) {
      case .suppress:
        suppressed.wrappingAdd(1, ordering: .relaxed)
        return
      case .write(let count): if count > 0 { fields.append(.init(.suppressed, count)) }
      }
    }
    let line = format.line(level: level, message: message, fields: fields, microseconds: now)
    isWriting.withLock { _ in
      line.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
          if count < 0 {
            guard errno == EINTR else { return }
          } else {
            rest = rest.dropFirst(count)
          }
        }
      }
    }
  }
}
