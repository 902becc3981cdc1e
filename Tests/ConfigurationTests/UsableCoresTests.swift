import Configuration
import Glibc
import Testing

@Suite struct UsableCoresTests {
  /// A root folder with these files, gone with the test.
  private final class Root {
    let path = "/tmp/streampulse-cores-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    private var made: [String] = []

    init(_ files: [String: String]) {
      makeFolder(path)
      for (name, text) in files.sorted(by: { $0.key < $1.key }) {
        var folder = path
        let parts = name.split(separator: "/")
        for part in parts.dropLast() {
          folder += "/" + part
          makeFolder(folder)
        }
        guard let file = fopen(path + "/" + name, "w") else { continue }
        fputs(text, file)
        fclose(file)
        made.append(path + "/" + name)
      }
    }

    private func makeFolder(_ folder: String) {
      if mkdir(folder, 0o700) == 0 { made.append(folder) }
    }

    deinit {
      for path in made.reversed() { remove(path) }
    }
  }

  @Test(
    "the cores are those of the affinity, within the narrowest quota around the process",
    arguments: [
      ("0-3", "max 100000", "max 100000", 4), ("0-3,8", "max 100000", "max 100000", 5), ("5", "max 100000", "", 1),
      ("0-15", "max 100000", "250000 100000", 3), ("0-15", "200000 100000", "800000 100000", 2),
      ("0-1", "max 100000", "800000 100000", 2), ("0-15", "max 100000", "10000 100000", 1),
      ("0-3", "nonsense", "1 0", 4), ("?", "max 100000", "max 100000", 1),
    ])
  func cores(allowed: String, outer: String, inner: String, count: Int) {
    let root = Root([
      "proc/self/status": "Name:\tstreampulse\nCpus_allowed:\tff\nCpus_allowed_list:\t\(allowed)\nThreads:\t3\n",
      "proc/self/cgroup": "0::/system.slice/streampulse.service\n",
      "sys/fs/cgroup/system.slice/cpu.max": outer + "\n",
      "sys/fs/cgroup/system.slice/streampulse.service/cpu.max": inner + "\n",
    ])
    #expect(UsableCores.count(root: root.path) == count)
  }

  @Test("in a container the group is the root of what it sees, and where nothing can be read it is one core")
  func container() {
    let root = Root([
      "proc/self/status": "Cpus_allowed_list:\t0-7\n", "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/cpu.max": "150000 100000\n",
    ])
    #expect(UsableCores.count(root: root.path) == 2)
    #expect(UsableCores.count(root: "/nowhere") == 1)
    #expect(UsableCores.count() >= 1)
  }
}
