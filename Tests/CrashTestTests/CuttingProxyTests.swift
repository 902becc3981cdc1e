import Glibc
import Testing
import Threads

@testable import CrashTest

@Suite struct CuttingProxyTests {
  @Test("bytes pass in both directions, and an orderly end does, too")
  func passes() throws {
    let server = try EchoServer()
    let proxy = try CuttingProxy(to: server.port)
    let client = try TestSocket(connectingTo: proxy.port)
    let message = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let writer = try WorkerThread(name: "writer") {
      client.send(message)
      client.finish()
    }
    #expect(client.readToEnd() == .ended(message))
    writer.join()
    #expect(proxy.cuts == (demands: 0, connections: 0))
  }

  @Test("exactly so many bytes of one direction are admitted, in whatever pieces they come")
  func admits() {
    var cut = PendingCut(ConnectionCut(direction: .toServer, bytes: 10), number: 1)
    #expect(cut.admit(4, .toServer) == 4)
    #expect(cut.admit(100, .toClient) == 100)
    #expect(cut.admit(6, .toServer) == 6)
    #expect(cut.admit(3, .toServer) == 0)
    var piece = PendingCut(ConnectionCut(direction: .toClient, bytes: 10), number: 1)
    #expect(piece.admit(25, .toClient) == 10)
  }

  @Test("to the server no byte more passes", arguments: [0, 1, 1000, 20_000])
  func cutsTowardsTheServer(bytes: Int) throws {
    let server = try EchoServer()
    let proxy = try CuttingProxy(to: server.port)
    let client = try TestSocket(connectingTo: proxy.port)
    // The proxy knows of the connection when something came through it.
    client.send([1])
    #expect(client.read(1) == [1])
    proxy.cut(ConnectionCut(direction: .toServer, bytes: bytes))
    let writer = try WorkerThread(name: "writer") { client.send([UInt8](repeating: 2, count: 200_000)) }
    guard case .reset = client.readToEnd() else {
      Issue.record("the client's connection was not reset")
      return
    }
    writer.join()
    // A reset may overtake what is on its way.
    #expect(server.received.read { $0 } <= bytes + 1)
    #expect(proxy.cuts == (demands: 1, connections: 1))
  }

  @Test("to the client no byte more passes", arguments: [1, 1000, 70_000])
  func cutsTowardsTheClient(bytes: Int) throws {
    let server = try EchoServer()
    let proxy = try CuttingProxy(to: server.port)
    let client = try TestSocket(connectingTo: proxy.port)
    client.send([1])
    #expect(client.read(1) == [1])
    proxy.cut(ConnectionCut(direction: .toClient, bytes: bytes))
    let writer = try WorkerThread(name: "writer") { client.send([UInt8](repeating: 2, count: 200_000)) }
    guard case .reset(let received) = client.readToEnd() else {
      Issue.record("the client's connection was not reset")
      return
    }
    writer.join()
    #expect(received.count <= bytes)
  }

  @Test("a cut waits for the next connection when there is none")
  func waitsForAConnection() throws {
    let server = try EchoServer()
    let proxy = try CuttingProxy(to: server.port)
    proxy.cut(ConnectionCut(direction: .toServer, bytes: 3))
    let client = try TestSocket(connectingTo: proxy.port)
    // In steps: the first may pass before the cut is taken up.
    var isReset = false
    for _ in 0..<100 where !isReset {
      client.send([1, 2])
      if client.read(2) == nil { isReset = true }
    }
    #expect(isReset)
    #expect(proxy.cuts == (demands: 1, connections: 1))
  }

  @Test("nobody behind it: the client is told so at once")
  func refuses() throws {
    let port = try EchoServer().port
    let proxy = try CuttingProxy(to: port)
    let client = try TestSocket(connectingTo: proxy.port)
    #expect(client.read(1) == nil)
  }
}
