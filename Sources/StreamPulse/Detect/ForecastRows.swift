import Detection
import SampleText

/// `streampulse detect --forecast`: what is expected after each line of a file, as forecasts of windows are made.
func writeForecasts(
  _ forecaster: Forecaster, of columns: SampleColumns, _ lines: inout InputLines, _ name: String
) throws -> Int32 {
  var state = ForecastState(for: forecaster)
  let header = "made_at,time,horizon_seconds,expected,low80,high80,low95,high95"
  return try rewrite(&lines, name, header: header) { (text, output) throws(SampleTextError) in
    let sample = try columns.row(text).sample
    let time = forecaster.windowStart(of: sample.time)
    let before = state.lastTime
    forecaster.learn(&state, sample.value, at: time)
    guard state.lastTime != before else { return }
    for forecast in forecaster.forecasts(state) {
      let numbers = [
        forecast.expected, forecast.likely.lowerBound, forecast.likely.upperBound, forecast.nearlySure.lowerBound,
        forecast.nearlySure.upperBound,
      ]
      output +=
        "\(time / 1_000_000),\(forecast.time / 1_000_000),\(forecast.horizon / 1_000_000),".utf8
      output += (numbers.map { "\($0)" }.joined(separator: ",") + "\n").utf8
    }
  }
}
