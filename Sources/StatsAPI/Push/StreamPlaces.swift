import HTTPServer
import Synchronization

/// How many event streams and WebSockets there may be, in all and of one address.
final class StreamPlaces: Sendable {
  private struct State {
    var count = 0
    var perAddress: [UInt64: Int] = [:]
  }

  /// One of them; comes back when it is released.
  final class Place: Sendable {
    private let owner: StreamPlaces
    private let address: UInt64

    fileprivate init(_ owner: StreamPlaces, _ address: UInt64) {
      self.owner = owner
      self.address = address
    }

    deinit { owner.giveBack(address) }
  }

  private let maximum: Int
  private let maximumPerAddress: Int
  private let state = Mutex(State())

  init(maximum: Int, maximumPerAddress: Int) {
    self.maximum = maximum
    self.maximumPerAddress = maximumPerAddress
  }

  var count: Int { state.withLock { $0.count } }

  /// - Throws: the answer to who may have none.
  func take(_ address: RemoteAddress) throws(StreamRefusal) -> Place {
    let bits = address.clientBits
    let refusal = state.withLock { state -> StreamRefusal? in
      guard state.count < maximum else { return StreamRefusal(Problems.tooManyStreams(maximum: maximum)) }
      guard state.perAddress[bits, default: 0] < maximumPerAddress else {
        return StreamRefusal(Problems.tooManyStreams(ofAddress: maximumPerAddress))
      }
      state.count += 1
      state.perAddress[bits, default: 0] += 1
      return nil
    }
    if let refusal { throw refusal }
    return Place(self, bits)
  }

  private func giveBack(_ address: UInt64) {
    state.withLock { state in
      state.count -= 1
      let left = state.perAddress[address, default: 1] - 1
      state.perAddress[address] = left > 0 ? left : nil
    }
  }
}

/// Why a stream or a socket is not opened.
struct StreamRefusal: Error {
  let response: HTTPResponse

  init(_ response: HTTPResponse) {
    self.response = response
  }
}
