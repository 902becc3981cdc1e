import ChildProcess
import Glibc
import Testing
import Threads

@Suite struct ChildProcessTests {
  @Test("the exit status of a child is reported", arguments: [Int32(0), 1, 42])
  func exitStatus(code: Int32) throws {
    let (status, _) = try ChildProcess.run(shell("exit \(code)"), timeoutMilliseconds: 60_000)
    #expect(status == .exited(code))
    #expect(status.isSuccess == (code == 0))
  }

  @Test("what a child writes to stdout and stderr comes back")
  func output() throws {
    let (_, output) = try ChildProcess.run(shell("echo out; echo err >&2"), timeoutMilliseconds: 60_000)
    #expect(output == "out\nerr\n")
  }

  @Test("a child gets exactly the environment and the folder that it was given")
  func environment() throws {
    var launch = shell("pwd; /usr/bin/env")
    launch.environment = ["COLOUR": "blue"]
    launch.workingDirectory = "/usr"
    let (_, output) = try ChildProcess.run(launch, timeoutMilliseconds: 60_000)
    let lines = output.split(separator: "\n").filter { !$0.hasPrefix("_=") && !$0.hasPrefix("SHLVL=") }
    #expect(Set(lines) == ["/usr", "COLOUR=blue", "PWD=/usr"])
  }

  @Test("a program that does not exist is an error that names it")
  func missingProgram() {
    let error = #expect(throws: ChildProcessError.self) { try ChildProcess(Launch(executable: "/nonexistent/x")) }
    #expect(error?.description == "cannot start /nonexistent/x: No such file or directory")
  }

  @Test("a child that outlives its time is killed")
  func timeout() throws {
    let (status, _) = try ChildProcess.run(
      Launch(executable: "/bin/sleep", arguments: ["1000"]), timeoutMilliseconds: 20)
    #expect(status == .signalled(SIGKILL))
  }

  @Test("a child runs in a process group of its own and takes signals")
  func signals() throws {
    let child = try ChildProcess(Launch(executable: "/bin/sleep", arguments: ["1000"]))
    #expect(getpgid(child.pid) == child.pid)
    #expect(child.exitStatus == nil)
    #expect(child.wait(timeoutMilliseconds: 0) == nil)
    child.send(signal: SIGTERM)
    #expect(child.wait(timeoutMilliseconds: 60_000) == .signalled(SIGTERM))
    #expect(child.exitStatus == .signalled(SIGTERM))
    // The pid may be somebody else's by now.
    child.send(signal: SIGKILL)
  }

  @Test("a descriptor of the parent does not reach the child")
  func descriptorsAreClosed() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let (status, _) = try ChildProcess.run(
      shell("test -e /proc/self/fd/\(ends[1])"), timeoutMilliseconds: 60_000)
    #expect(status == .exited(1))
  }

  @Test("a child outlives the thread that asked for it")
  func threadsEnd() throws {
    // The kernel sends the death signal when the forking thread ends, not the process.
    let started = Monitor<ChildProcess?>(nil)
    let thread = try WorkerThread(name: "short-lived") {
      let child = try? ChildProcess(Launch(executable: "/bin/sleep", arguments: ["1000"], deathSignal: SIGKILL))
      started.update { $0 = child }
    }
    thread.join()
    let child = try #require(started.read { $0 })
    #expect(child.wait(timeoutMilliseconds: 50) == nil)
    child.send(signal: SIGTERM)
    #expect(child.wait(timeoutMilliseconds: 60_000) == .signalled(SIGTERM))
  }

  private func shell(_ script: String) -> Launch {
    Launch(executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
  }
}
