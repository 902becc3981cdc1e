import Synchronization

/// Held from a child's fork to its exec, when it has a copy of every descriptor of this process.
///
/// Who closes a listening socket and needs its port at once holds it too: as long as a copy is open, the kernel goes on
/// listening.
public let forkLock = Mutex<Void>(())
