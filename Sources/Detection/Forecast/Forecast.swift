/// What is expected of a window to come, and between which values it will probably lie.
public struct Forecast: Sendable, Hashable {
  /// How far ahead of the newest window, in microseconds.
  public var horizon: Int64
  /// When the window that it is about begins, in microseconds since 1970 UTC.
  public var time: Int64
  public var expected: Double
  /// Four of five values lie in it.
  public var likely: ClosedRange<Double>
  /// 19 of 20 do.
  public var nearlySure: ClosedRange<Double>
}
