import Glibc
import HTTPClient
import HTTPServer
import HTTPTestClient
import Testing
import Threads

private let noon2026: Int64 = 1_798_632_000

private func error(certificate: String, key: String, now: Int64 = noon2026) -> TLSIdentityError? {
  do throws(TLSIdentityError) {
    _ = try TLSIdentity(certificateFile: certificate, keyFile: key, now: now)
    return nil
  } catch {
    return error
  }
}

@Suite struct TLSIdentityTests {
  private let folder = TestFolder()
  private var pem: String { folder.file("pem", TestIdentity.first.certificate) }
  private var key: String { folder.file("key", TestIdentity.first.key) }

  @Test("a pair that belongs together is taken, with those above it behind the certificate")
  func fits() throws {
    let chain = folder.file("chain", TestIdentity.first.certificate + TestIdentity.second.certificate)
    let identity = try TLSIdentity(certificateFile: chain, keyFile: key, now: noon2026)
    #expect(identity.expiry == 4_733_510_400)
  }

  @Test("what is wrong with a pair is said of the file that it is wrong with")
  func isRefused() {
    let missing = error(certificate: folder.path + "/nothing", key: key)
    #expect(missing?.part == .certificate)
    #expect(missing?.description == "there is no file \(folder.path)/nothing")
    let folderAsKey = error(certificate: pem, key: folder.path)
    #expect(folderAsKey?.part == .key)
    #expect(folderAsKey?.description == "\(folder.path) is no file of at most 1 MiB")
    let noCertificate = error(certificate: folder.file("other", TestIdentity.first.key), key: key)
    #expect(noCertificate?.description.hasSuffix("other holds no certificate in PEM form") == true)
    let noKey = error(certificate: pem, key: folder.file("other", "none"))
    #expect(noKey?.description.hasSuffix("other holds no private key in PEM form") == true)
    let locked = error(certificate: pem, key: folder.file("other", TestIdentity.lockedKey))
    #expect(locked?.description.hasSuffix("other needs a passphrase") == true)
    let foreign = error(certificate: pem, key: folder.file("other", TestIdentity.second.key))
    #expect(foreign?.part == .key)
    #expect(foreign?.description.contains("does not belong to the certificate in") == true)
    let expired = error(certificate: pem, key: key, now: 4_733_510_400)
    #expect(expired?.description == "the certificate in \(pem) expired on 2120-01-01")
    let early = error(certificate: pem, key: key, now: 1_577_836_799)
    #expect(early?.description == "the certificate in \(pem) is not valid before 2020-01-01")
  }

  @Test("an unreadable file is told from a missing one", .enabled(if: geteuid() != 0))
  func unreadable() {
    let key = key
    chmod(key, 0)
    #expect(error(certificate: pem, key: key)?.description == "\(key) cannot be read: Permission denied")
  }
}

@Suite struct TLSTests {
  private let folder = TestFolder()

  private func server(
    _ change: (inout HTTPConfiguration) -> Void = { _ in },
    handler: @escaping HTTPServer.Handler = { request, responder in
      responder.complete(HTTPResponse(text: "\(request.path) of \(request.remoteAddress)"))
    }
  ) throws -> HTTPServer {
    var configuration = HTTPConfiguration()
    configuration.reservedPaths = ["/health"]
    change(&configuration)
    return try HTTPServer(configuration: configuration, identity: try folder.identity(.first), handler: handler)
  }

  /// Who trusts that certificate alone.
  private func client(trusting identity: TestIdentity) throws -> HTTPClient {
    try HTTPClient(HTTPClientSettings(caFile: folder.file("authority", identity.certificate)))
  }

  @Test("requests are answered over TLS, many on a connection, and the client's own address is known")
  func answers() throws {
    let server = try server()
    let client = try client(trusting: .first)
    for number in 0..<20 {
      let reply = try client.get("https://localhost:\(server.port)/\(number)")
      #expect(reply.status == 200)
      #expect(String(decoding: reply.body, as: UTF8.self) == "/\(number) of 127.0.0.1")
    }
    #expect(server.openConnections == 1)
    server.stop()
    #expect(throws: HTTPClientError.self) { try client.get("https://localhost:\(server.port)/") }
  }

  @Test("bodies of any length go through, either way")
  func bodies() throws {
    let server = try server {
      $0.maximumBodyBytes = 1 << 20
    } handler: { request, responder in
      let body = request.method == .post ? request.body : [UInt8](repeating: 7, count: 3_000_000)
      responder.complete(HTTPResponse(contentType: "application/octet-stream", bytes: body))
    }
    let client = try client(trusting: .first)
    let address = "https://localhost:\(server.port)/"
    #expect(try client.get(address).body == [UInt8](repeating: 7, count: 3_000_000))
    let sent = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try client.post(address, body: sent).body == sent)
  }

  @Test("another identity is used for connections that come after it; those that are open go on")
  func reload() throws {
    let server = try server()
    let address = "https://localhost:\(server.port)/"
    let early = try client(trusting: .first)
    #expect(try early.get(address).status == 200)
    server.use(try folder.identity(.second))
    #expect(try early.get(address).status == 200)
    #expect(try client(trusting: .second).get(address).status == 200)
    let late = try client(trusting: .first)
    #expect(throws: HTTPClientError.self) { try late.get(address) }
  }

  @Test("who speaks plain HTTP where TLS is spoken is told so", arguments: ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", "x"])
  func plain(text: String) throws {
    let server = try server()
    let client = try HTTPTestClient(port: server.port, keeping: server)
    client.send(text)
    let answer = try client.answer()
    #expect(answer.status == 400)
    #expect(answer.text.contains("https://"))
    #expect(client.isAtEnd())
    #expect(server.strain.malformed == 1)
  }

  @Test("a handshake has its time")
  func late() throws {
    let server = try server { $0.headTimeoutSeconds = 1 }
    let (silent, late) = (try HTTPTestClient(port: server.port), try HTTPTestClient(port: server.port))
    late.send([22, 3, 1])
    #expect(silent.isAtEnd())
    #expect(late.isAtEnd())
    #expect(server.strain.late == 1)
    #expect(server.strain.silent == 1)
  }

  @Test("who does not finish the handshake keeps nobody from being answered")
  func dripping() throws {
    let server = try server { $0.maximumWaitingConnections = 100 }
    let clients = try (0..<300).map { number in
      let client = try HTTPTestClient(port: server.port)
      if number % 2 == 0 { client.send([22, 3, 1]) }
      return client
    }
    let client = try client(trusting: .first)
    #expect(try client.get("https://localhost:\(server.port)/").status == 200)
    #expect(server.strain.displaced >= 190)
    withExtendedLifetime(clients) {}
  }

  @Test("a stop lets answers under way reach their clients, and frees the port")
  func stop() throws {
    let arrived = Latch()
    let server = try server(handler: { _, responder in
      arrived.open()
      responder.complete(HTTPResponse(contentType: "text/plain", bytes: [UInt8](repeating: 1, count: 500_000)))
    })
    let port = server.port
    let stopper = try WorkerThread(name: "stopper") {
      _ = arrived.wait()
      server.stop()
    }
    let client = try client(trusting: .first)
    #expect(try client.get("https://localhost:\(port)/").body.count == 500_000)
    stopper.join()
    try HTTPServer.checkAddress(host: "127.0.0.1", port: port)
  }
}
