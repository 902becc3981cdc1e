import Detection

extension AggregatePlan {
  /// What forecasts its windows; nil: nothing does.
  public var forecaster: Forecaster? { forecasts.isEmpty ? nil : Forecaster(step: window.stepMicroseconds) }

  /// How far ahead its windows are forecast, in microseconds.
  public var forecastHorizons: [Int64] { forecaster?.horizonLengths ?? [] }
}
