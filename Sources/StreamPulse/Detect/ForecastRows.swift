import Detection
import SampleText

/// `streampulse detect --forecast`: what is expected after each line of a file, as forecasts of windows are made.
func writeForecasts(
  _ forecaster: Forecaster, of columns: SampleColumns, _ lines: inout InputLines, _ name: String
) throws -> Int32 {
  var state = ForecastState(for: forecaster)
  var output = LineOutput()
  let header = "made_at,time,horizon_seconds,expected,low80,high80,low95,high95\n"
  guard try output.append(Array(header.utf8), until: { false }) else { return 0 }
  do {
    while true {
      if !lines.hasLine, try !output.flush(until: { false }) { return 0 }
      let rows = try lines.next { (text) throws(SampleTextError) -> String in
        guard !text.isEmpty else { return "" }
        let sample = try columns.row(text).sample
        // As the window that holds it.
        let time = sample.time - (sample.time % forecaster.step + forecaster.step) % forecaster.step
        let before = state.lastTime
        forecaster.learn(&state, sample.value, at: time)
        guard state.lastTime != before else { return "" }
        return forecaster.forecasts(state).map { forecast in
          let numbers = [
            forecast.expected, forecast.likely.lowerBound, forecast.likely.upperBound, forecast.nearlySure.lowerBound,
            forecast.nearlySure.upperBound,
          ]
          return "\(time / 1_000_000),\(forecast.time / 1_000_000),\(forecast.horizon / 1_000_000),"
            + numbers.map { "\($0)" }.joined(separator: ",") + "\n"
        }.joined()
      }
      guard let rows else { break }
      if try !output.append(Array(rows.utf8), until: { false }) { return 0 }
    }
  } catch let error as SampleTextError {
    // What came before the line is right.
    _ = try output.flush(until: { false })
    throw InputError(place: "\(name):\(lines.number)", message: error.message, hint: error.hint)
  }
  _ = try output.flush(until: { false })
  return 0
}
