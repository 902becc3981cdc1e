import ChildProcess
import Glibc
import Postgres
import TestThreads
import Testing

@Suite(.blocking) struct PrivateClusterTests {
  let options = PrivateCluster.Options(isDurable: false)

  @Test("a cluster keeps its data and passwords over restarts, and is one process's at a time")
  func restarts() throws {
    let folder = scratchFolder()
    defer { removeScratchFolder(folder) }
    let first = try PrivateCluster(folder: folder, options: options)
    try PostgresConnection(first.settings).execute("CREATE TABLE kept AS SELECT 42 AS value")
    #expect(permissions(folder + "/pgpass") == 0o600)
    #expect(first.isRunning)

    let error = #expect(throws: PrivateClusterError.self) { try PrivateCluster(folder: folder, options: options) }
    guard case .inUse(_, let pid)? = error else {
      Issue.record("not refused: \(String(describing: error))")
      return
    }
    #expect(pid == getpid())
    first.stop()
    first.stop()
    #expect(!first.isRunning)

    let second = try PrivateCluster(folder: folder, options: options)
    defer { second.stop() }
    #expect(try PostgresConnection(second.settings).query("SELECT value FROM kept").integer(0, 0) == 42)
  }

  @Test("a data folder that only root can reach gets its cluster elsewhere", .enabled(if: geteuid() == 0))
  func unreachableFolder() throws {
    // mkdtemp's folders are closed to others.
    let closed = scratchFolder()
    defer { removeScratchFolder(closed) }
    for value in [1, 2] {
      let cluster = try PrivateCluster(folder: closed + "/data", options: options)
      let connection = try PostgresConnection(cluster.settings)
      try connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer); INSERT INTO kept VALUES (\(value))")
      #expect(try connection.query("SELECT count(*) FROM kept").integer(0, 0) == Int64(value))
      cluster.stop()
    }
    // The same path begins anew once it was removed, link and passwords included.
    let elsewhere = try #require(realpath(closed + "/data/postgres", nil))
    defer {
      removeScratchFolder(String(cString: elsewhere))
      free(elsewhere)
    }
    #expect(!String(cString: elsewhere).hasPrefix(closed))
    removeScratchFolder(closed + "/data")
    var last = options
    last.removesFolder = true
    let anew = try PrivateCluster(folder: closed + "/data", options: last)
    #expect(try PostgresConnection(anew.settings).query("SELECT to_regclass('kept')")[0, 0] == nil)
    anew.stop()
    #expect(access(closed + "/data", F_OK) != 0)
  }

  @Test("a server that was left behind is stopped, and stale files do no harm")
  func orphan() throws {
    let folder = scratchFolder()
    defer { removeScratchFolder(folder) }
    let first = try PrivateCluster(folder: folder, options: options)
    let command = try String(contentsOf: folder + "/postgres/postmaster.opts")
    first.stop()

    // As if the process that started it had been killed: it runs, and nobody holds the lock.
    let words = command.split(separator: " ").map { $0.filter { $0 != "\"" && $0 != "\n" } }
    let executable = try #require(words.first)
    let orphan = try ChildProcess(
      Launch(
        executable: executable, arguments: Array(words.dropFirst()), workingDirectory: folder + "/postgres",
        output: open("/dev/null", O_WRONLY | O_CLOEXEC), user: owner(of: folder + "/postgres")))
    defer { orphan.send(signal: SIGKILL) }
    while access(folder + "/postgres/postmaster.pid", F_OK) != 0 {
      try #require(orphan.wait(timeoutMilliseconds: 10) == nil)
    }
    let second = try PrivateCluster(folder: folder, options: options)
    #expect(orphan.wait(timeoutMilliseconds: 60_000) == .exited(0))
    second.stop()

    // The pid of a server that crashed may by now be another process's, here ours.
    try write("\(getpid())\n\(folder)/postgres\n", to: folder + "/postgres/postmaster.pid")
    let third = try PrivateCluster(folder: folder, options: options)
    #expect(try PostgresConnection(third.settings).query("SELECT 1").integer(0, 0) == 1)
    third.stop()
  }

  @Test("the application's role is no superuser, owns its database and can make roles for readers")
  func roles() throws {
    let connection = try TestCluster.connect()
    let role = try connection.query(
      "SELECT rolsuper, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = current_user")
    #expect(role.boolean(0, 0) == false && role.boolean(0, 1) == true && role.boolean(0, 2) == true)
    try connection.execute(
      """
      CREATE TABLE public.readable (a integer);
      CREATE ROLE reader NOLOGIN;
      GRANT reader TO CURRENT_USER;
      GRANT SELECT ON public.readable TO reader;
      """)
    defer {
      try? connection.execute("RESET ROLE; DROP TABLE public.readable; DROP ROLE reader")
    }
    try connection.execute("SET ROLE reader; SELECT FROM public.readable")
    let error = #expect(throws: PostgresError.self) { try connection.execute("INSERT INTO public.readable VALUES (1)") }
    #expect(error?.sqlstate == "42501")
  }

  @Test("the server is UTF-8 and UTC, listens on loopback TCP alone, and wants a SCRAM password of everybody")
  func serverSettings() throws {
    let connection = try PostgresConnection(TestCluster.superuserSettings())
    let expected = [
      "server_encoding": "UTF8", "lc_collate": "C.UTF-8", "timezone": "UTC", "listen_addresses": "127.0.0.1",
      "unix_socket_directories": "", "password_encryption": "scram-sha-256", "max_connections": "50",
      "shared_buffers": "128MB", "data_checksums": "on",
    ]
    for (name, value) in expected { #expect(try connection.query("SHOW \(name)")[0, 0] == value, "\(name)") }
    let methods = try connection.query("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
    #expect(methods.rowCount == 1 && methods[0, 0] == "scram-sha-256")
  }

  @Test("a folder that holds something else is left alone")
  func foreignFolder() throws {
    let folder = scratchFolder()
    defer { removeScratchFolder(folder) }
    mkdir(folder + "/postgres", 0o700)
    try write("precious", to: folder + "/postgres/file")
    #expect(throws: PrivateClusterError.self) { try PrivateCluster(folder: folder, options: options) }
    #expect(try String(contentsOf: folder + "/postgres/file") == "precious")
  }

  @Test("a cluster whose passwords are gone says so")
  func passwordsMissing() throws {
    let folder = scratchFolder()
    defer { removeScratchFolder(folder) }
    mkdir(folder + "/postgres", 0o700)
    try write("15\n", to: folder + "/postgres/PG_VERSION")
    let error = #expect(throws: PrivateClusterError.self) { try PrivateCluster(folder: folder, options: options) }
    guard case .passwordsMissing(let path)? = error else {
      Issue.record("something else: \(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("/pgpass"))
  }

  private func permissions(_ path: String) -> mode_t {
    var information = stat()
    return stat(path, &information) == 0 ? information.st_mode & 0o777 : 0
  }

  private func owner(of path: String) -> UserIdentity? {
    var information = stat()
    guard stat(path, &information) == 0, information.st_uid != geteuid() else { return nil }
    return UserIdentity(user: information.st_uid, group: information.st_gid)
  }

  private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    fputs(text, file)
    fclose(file)
  }
}

extension String {
  /// The text of a small file.
  fileprivate init(contentsOf path: String) throws {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 16 * 1024)
    let count = fread(&bytes, 1, bytes.count, file)
    self = String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
