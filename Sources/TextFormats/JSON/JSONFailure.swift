import Events

/// Why a record is no event.
struct JSONFailure: Error {
  var code: EventErrorCode
  var message: String
}
