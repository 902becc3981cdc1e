import Events
import Kafka

/// The coordinator of a stream's consumer group with the cooperative protocol: a partition is given away only when its owner has
/// answered the revocation, or when the owner's session is over.
final class SimulatedGroup {
  final class Member {
    let id: Int
    /// Rebalances that it has not heard of yet.
    fileprivate(set) var news: [GroupEvent] = []
    /// Heard of and not answered.
    fileprivate(set) var unanswered: [GroupEvent] = []
    fileprivate var lastSeen: Int64
    /// The group goes on without it. It learns that later, or never.
    fileprivate(set) var isExpelled = false
    fileprivate var lossNotice: Int64?

    fileprivate init(id: Int, now: Int64) {
      self.id = id
      lastSeen = now
    }

    /// A revocation is under way or on its way.
    var isRevoking: Bool { (news + unanswered).contains { if case .revoke = $0 { true } else { false } } }
  }

  private struct Partition {
    var owner: Member?
    var isRevoking = false
  }

  private let world: World
  private let stream: SimulatedStream
  private(set) var members: [Member] = []
  private var partitions: [Partition] = []
  private var nextID = 1

  init(_ world: World, _ stream: SimulatedStream, partitions: Int) {
    self.world = world
    self.stream = stream
    self.partitions = Array(repeating: Partition(), count: partitions)
  }

  var partitionCount: Int { partitions.count }

  func addPartition() {
    partitions.append(Partition())
    balance()
  }

  func join() -> Member {
    let member = Member(id: nextID, now: world.now)
    nextID += 1
    members.append(member)
    world.note("group \(stream.name): member \(member.id) joins")
    balance()
    return member
  }

  func leave(_ member: Member) {
    guard members.contains(where: { $0 === member }) else { return }
    world.note("group \(stream.name): member \(member.id) leaves")
    remove(member)
  }

  /// What the member hears when it polls. Returns the partitions that it has lost, in place of other news.
  func poll(_ member: Member, holding: [TopicPartition]) -> [GroupEvent] {
    if member.isExpelled {
      // Its client notices a while after the coordinator; until then it goes on as if nothing had happened.
      let notice = member.lossNotice ?? world.now + world.random.within(0...800 * millisecond)
      member.lossNotice = notice
      guard world.now >= notice, !holding.isEmpty || !member.unanswered.isEmpty || !member.news.isEmpty else {
        return []
      }
      member.news = []
      member.unanswered = []
      return [.lost(holding)]
    }
    member.lastSeen = world.now
    var heard: [GroupEvent] = []
    while let next = member.news.first {
      // One at a time, as a rule; that an assignment is taken back before its answer must do no harm either.
      if let waiting = member.unanswered.first {
        guard case (.assign, .revoke) = (waiting, next), member.unanswered.count == 1, world.random.chance(0.3) else {
          break
        }
        world.reached(.revokedBeforeAnswer)
      }
      member.news.removeFirst()
      member.unanswered.append(next)
      heard.append(next)
    }
    return heard
  }

  func answered(_ member: Member, unassigned: [TopicPartition]?) {
    member.unanswered.removeAll { event in
      if case .revoke = event { unassigned != nil } else { true }
    }
    guard let unassigned, !member.isExpelled else { return }
    var isChanged = false
    for number in unassigned.map(\.index) where partitions[number].owner === member && partitions[number].isRevoking {
      partitions[number] = Partition()
      isChanged = true
    }
    if isChanged { balance() }
  }

  /// Ends the sessions of members that were not heard of.
  func expireSessions() {
    for member in members where world.now - member.lastSeen > world.scenario.sessionTimeout { expel(member) }
  }

  /// While the coordinator is away, nobody's session ends.
  func pardon() {
    for member in members { member.lastSeen = world.now }
  }

  func expel(_ member: Member) {
    world.note("group \(stream.name): member \(member.id) is expelled")
    member.isExpelled = true
    remove(member)
  }

  /// Moves a partition for no reason.
  func shuffle() {
    let held = partitions.indices.filter { partitions[$0].owner != nil && !partitions[$0].isRevoking }
    guard members.count > 1, let number = world.random.pick(held) else { return }
    revoke([number])
  }

  private func remove(_ member: Member) {
    members.removeAll { $0 === member }
    for number in partitions.indices where partitions[number].owner === member { partitions[number] = Partition() }
    balance()
  }

  private func revoke(_ numbers: [Int]) {
    guard let first = numbers.first, let owner = partitions[first].owner else { return }
    for number in numbers { partitions[number].isRevoking = true }
    owner.news.append(.revoke(numbers.map(stream.topic.partition)))
    world.note("group \(stream.name): revokes \(numbers) of member \(owner.id)")
  }

  /// Sticky: whoever has too many gives some back, and what is free goes to those who have too few.
  private func balance() {
    guard !members.isEmpty else { return }
    func held(_ member: Member) -> [Int] {
      partitions.indices.filter { partitions[$0].owner === member && !partitions[$0].isRevoking }
    }
    let (share, rest) = partitions.count.quotientAndRemainder(dividingBy: members.count)
    let ranking = members.sorted { (held($1).count, $0.id) < (held($0).count, $1.id) }
    for (rank, member) in ranking.enumerated() {
      let surplus = held(member).dropFirst(share + (rank < rest ? 1 : 0))
      revoke(Array(surplus))
    }
    for (rank, member) in ranking.enumerated() {
      let room = share + (rank < rest ? 1 : 0) - held(member).count
      let free = partitions.indices.filter { partitions[$0].owner == nil }.prefix(max(0, room))
      guard !free.isEmpty else { continue }
      for number in free { partitions[number].owner = member }
      member.news.append(.assign(free.map(stream.topic.partition)))
      world.note("group \(stream.name): assigns \(Array(free)) to member \(member.id)")
    }
  }
}
