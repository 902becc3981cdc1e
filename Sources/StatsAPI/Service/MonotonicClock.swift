import Threads

/// Milliseconds since any fixed moment; never goes back. Called on any thread.
public typealias MonotonicClock = @Sendable () -> Int64

/// The system's monotonic clock.
public func systemMonotonicMilliseconds() -> Int64 { Clock.monotonic() / 1000 }
