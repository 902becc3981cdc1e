import Glibc
import Testing

@testable import HTTPServer

@Suite struct ConnectionTableTests {
  private func isAdmitted(_ table: ConnectionTable, _ descriptor: Int32, isReserved: Bool) -> Bool {
    if case .admitted = table.admit(descriptor, AddressKey(sockaddr_storage()), isReserved: isReserved) {
      true
    } else {
      false
    }
  }

  @Test("reserved places are counted: who has them all is bound as everybody is, and takes none of the others")
  func reserved() {
    var configuration = HTTPConfiguration()
    configuration.maximumConnections = 2
    configuration.maximumConnectionsPerAddress = 40
    let table = ConnectionTable(configuration)
    let descriptors = (0..<Int32(ConnectionTable.reserve)).map { 100_000 + $0 }
    for descriptor in descriptors { #expect(isAdmitted(table, descriptor, isReserved: true)) }
    #expect(isAdmitted(table, 1, isReserved: false))
    #expect(isAdmitted(table, 2, isReserved: true))
    // All of them have just been given, so that none is idle.
    #expect(!isAdmitted(table, 3, isReserved: true))
    #expect(!isAdmitted(table, 3, isReserved: false))
    table.remove(descriptors[0])
    #expect(!isAdmitted(table, 3, isReserved: false))
    #expect(isAdmitted(table, 3, isReserved: true))
    #expect(table.count == ConnectionTable.reserve + 2)
  }
}
