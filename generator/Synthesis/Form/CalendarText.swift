import Events

/// Appends a time as `2026-01-01T00:00:00.000Z`; the years from 1 to 9999 have their four digits.
public func appendISO8601(milliseconds: Int64, to output: inout [UInt8]) {
  // From the year 0 on, so that no number is negative.
  let milliseconds = max(milliseconds, -62_167_219_200_000)
  let time = (milliseconds % 86_400_000 + 86_400_000) % 86_400_000
  let day = (milliseconds - time) / 86_400_000
  let date = CalendarDate.date(days: day)
  func append(_ number: Int64, digits: Int) {
    var scale: Int64 = 1
    for _ in 1..<digits { scale *= 10 }
    while scale > 0 {
      output.append(0x30 + UInt8(number / scale % 10))
      scale /= 10
    }
  }
  append(date.year, digits: 4)
  output.append(UInt8(ascii: "-"))
  append(date.month, digits: 2)
  output.append(UInt8(ascii: "-"))
  append(date.day, digits: 2)
  output.append(UInt8(ascii: "T"))
  append(time / 3_600_000, digits: 2)
  output.append(UInt8(ascii: ":"))
  append(time / 60_000 % 60, digits: 2)
  output.append(UInt8(ascii: ":"))
  append(time / 1000 % 60, digits: 2)
  output.append(UInt8(ascii: "."))
  append(time % 1000, digits: 3)
  output.append(UInt8(ascii: "Z"))
}
