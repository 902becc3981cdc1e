import Events
import Synthesis

/// A device with the operating system it runs.
public struct Device {
  public var type: TextView
  public var osVersion: TextView
  /// How the device changes the speed that its region allows.
  var speedFactor: Double
  var weight: Double

  private init(
    _ type: StaticString, _ osVersion: StaticString, speedFactor: Double = 1, weight: Double
  ) {
    self.type = TextView(type)
    self.osVersion = TextView(osVersion)
    self.speedFactor = speedFactor
    self.weight = weight
  }

  /// The twelve pairs that synthetic users have.
  public static var all: [Device] {
    [
      Device("iPhone", "iOS 17.2", weight: 20),
      Device("Android Phone", "Android 14", speedFactor: 0.9, weight: 18),
      Device("Windows PC", "Windows 11", speedFactor: 1.3, weight: 12),
      Device("Android Phone", "Android 13", speedFactor: 0.8, weight: 11),
      Device("iPhone", "iOS 16.7", speedFactor: 0.85, weight: 8),
      Device("Smart TV", "webOS 23", weight: 7),
      Device("iPad", "iPadOS 17.2", weight: 6),
      Device("Mac", "macOS 14.2", speedFactor: 1.4, weight: 6),
      Device("Windows PC", "Windows 10", speedFactor: 1.1, weight: 5),
      Device("Apple TV", "tvOS 17.2", speedFactor: 1.2, weight: 3),
      Device("Android Tablet", "Android 13", speedFactor: 0.7, weight: 3),
      Device("Linux PC", "Ubuntu 22.04", speedFactor: 1.3, weight: 1),
    ]
  }
}
