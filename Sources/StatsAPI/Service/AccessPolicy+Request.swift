import Access
import HTTPServer
import Threads

extension AccessPolicy {
  /// Whether a request may be answered now.
  ///
  /// - Parameter authorization: the header `Authorization`.
  func judge(_ authorization: String?, from address: RemoteAddress, for scope: AccessScope) -> Judgement {
    judge(
      authorization: authorization, from: address.clientBits, for: scope, now: Clock.monotonicNanoseconds(),
      wall: Clock.wall() / 1_000_000)
  }

  /// Why a client may not read; nil: it may.
  func refusal(_ authorization: String?, from address: RemoteAddress) -> Refusal? {
    if case .refused(let refusal) = judge(authorization, from: address, for: .read) { return refusal }
    return nil
  }
}
