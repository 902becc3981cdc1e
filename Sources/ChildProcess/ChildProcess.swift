import CProcess
import Glibc
import Threads

/// A child could not be started.
public struct ChildProcessError: Error, CustomStringConvertible {
  public var executable: String
  public var reason: String

  public var description: String { "cannot start \(executable): \(reason)" }
}

/// The system user whom a child runs as.
public struct UserIdentity: Hashable, Sendable {
  public var user: uid_t
  public var group: gid_t

  public init(user: uid_t, group: gid_t) {
    self.user = user
    self.group = group
  }
}

/// What to start, and how.
public struct Launch: Sendable {
  /// Full path of the program.
  public var executable: String
  /// Without the program's name. Everybody on the machine can read them: no secrets.
  public var arguments: [String]
  /// The whole environment: nothing is inherited.
  public var environment: [String: String]
  /// nil: the parent's.
  public var workingDirectory: String?
  /// A descriptor for stdout and stderr; nil: the parent's. The caller keeps it.
  public var output: Int32?
  /// nil: the parent's user. Another one needs root.
  public var user: UserIdentity?
  /// What the child gets when this process ends in whatever way, `kill -9` included.
  public var deathSignal: Int32

  public init(
    executable: String, arguments: [String] = [], environment: [String: String] = [:], workingDirectory: String? = nil,
    output: Int32? = nil, user: UserIdentity? = nil, deathSignal: Int32 = SIGTERM
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.output = output
    self.user = user
    self.deathSignal = deathSignal
  }
}

/// How a child ended.
public enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
  case exited(Int32)
  case signalled(Int32)

  public var isSuccess: Bool { self == .exited(0) }

  public var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
    }
  }
}

/// A running child process, in a process group of its own.
///
/// A thread per child starts it, waits for its end and reaps it. That the same thread does both matters: the kernel sends
/// the death signal when the *thread* that forked ends, so it must live as long as the child.
public final class ChildProcess: Sendable {
  public let pid: pid_t
  private let state: Monitor<ChildState>

  /// Starts the child; returns when it runs the new program. May be called on any thread.
  public init(_ launch: Launch) throws(ChildProcessError) {
    let state = Monitor(ChildState())
    do {
      _ = try WorkerThread(name: "child") { superviseChild(launch, state) }
    } catch {
      throw ChildProcessError(executable: launch.executable, reason: "\(error)")
    }
    guard let outcome = state.wait(until: { $0.start }) else {
      throw ChildProcessError(executable: launch.executable, reason: "it was never started")
    }
    switch outcome {
    case .running(let pid): self.pid = pid
    case .failed(let code):
      throw ChildProcessError(executable: launch.executable, reason: String(cString: strerror(code)))
    }
    self.state = state
  }

  /// nil while it runs.
  public var exitStatus: ExitStatus? {
    state.read { $0.status }
  }

  /// Sends a signal, unless the child has ended.
  public func send(signal: Int32) {
    // A child is reaped under the same lock, so the pid cannot be somebody else's by now.
    state.read { state in
      if state.status == nil { _ = kill(pid, signal) }
    }
  }

  /// Waits for the end of the child.
  ///
  /// - Parameter timeoutMilliseconds: nil waits for ever.
  /// - Returns: nil when it still runs after that time.
  public func wait(timeoutMilliseconds: Int? = nil) -> ExitStatus? {
    state.wait(timeoutMilliseconds: timeoutMilliseconds) { $0.status }
  }
}

private struct ChildState: Sendable {
  enum Start: Sendable {
    case running(pid_t)
    case failed(Int32)
  }

  var start: Start?
  var status: ExitStatus?
}

/// Starts the child, reports how that went, waits for its end and reports that: the life of a child's own thread.
private func superviseChild(_ launch: Launch, _ state: Monitor<ChildState>) {
  var failure: Int32 = 0
  let pid = withCStrings([launch.executable] + launch.arguments) { arguments in
    withCStrings(launch.environment.map { "\($0.key)=\($0.value)" }.sorted()) { environment in
      launch.executable.withCString { executable in
        withOptionalCString(launch.workingDirectory) { directory in
          var request = streampulse_launch(
            executable: executable, arguments: arguments, environment: environment, working_directory: directory,
            output: launch.output ?? -1, changes_user: launch.user == nil ? 0 : 1, user: launch.user?.user ?? 0,
            group: launch.user?.group ?? 0, death_signal: launch.deathSignal)
          return forkLock.withLock { _ in streampulse_spawn(&request, &failure) }
        }
      }
    }
  }
  guard pid > 0 else {
    state.update { $0.start = .failed(failure) }
    return
  }
  state.update { $0.start = .running(pid) }

  // First wait without reaping, so that the pid stays the child's until nobody can signal it any more.
  var information = siginfo_t()
  while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
  state.update { state in
    var code: Int32 = 0
    while waitpid(pid, &code, 0) < 0 && errno == EINTR {}
    let signal = code & 0x7f
    state.status = signal == 0 ? .exited((code >> 8) & 0xff) : .signalled(signal)
  }
}

/// The strings as a NULL-terminated array of C strings, for the time of the call.
private func withCStrings<Value>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
  var pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  pointers.append(nil)
  return pointers.withUnsafeBufferPointer { buffer in body(buffer.baseAddress.unsafelyUnwrapped) }
}

private func withOptionalCString<Value>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Value) -> Value {
  guard let string else { return body(nil) }
  return string.withCString { body($0) }
}
