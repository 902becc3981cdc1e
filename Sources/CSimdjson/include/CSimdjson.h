// simdjson's on-demand front end over download events, for the bench alone: what it takes to get at the values that the
// shipped aggregates use.
#ifndef STREAMPULSE_CSIMDJSON_H
#define STREAMPULSE_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A text inside of a document, or in the parser's memory until the next document.
struct streampulse_simdjson_text {
  const char *start;
  size_t count;
};

/// One element a document in each array.
struct streampulse_simdjson_columns {
  int64_t *timestamp;
  struct streampulse_simdjson_text *content;
  struct streampulse_simdjson_text *title;
  double *size_gb;
  struct streampulse_simdjson_text *place;
  struct streampulse_simdjson_text *device;
  struct streampulse_simdjson_text *os;
  struct streampulse_simdjson_text *status;
  int64_t *seconds;
  double *speed_mbps;
};

struct streampulse_simdjson_parser;

struct streampulse_simdjson_parser *streampulse_simdjson_open(void);
void streampulse_simdjson_close(struct streampulse_simdjson_parser *parser);

/// Bytes that must be readable behind a document.
size_t streampulse_simdjson_padding(void);

/// Reads documents that lie one behind the other into rows of the columns, from the first row on. Members are looked for in
/// the order of the struct, which should be the documents'.
///
/// - documents: where the first document of all begins; `ends[i]` is where the one with the index `i` ends.
/// - Returns: how many documents were read; less than `count` when a member is missing or has another type.
size_t streampulse_simdjson_read(
  struct streampulse_simdjson_parser *parser, const uint8_t *documents, const ptrdiff_t *ends, size_t first, size_t count,
  const struct streampulse_simdjson_columns *columns);

#ifdef __cplusplus
}
#endif
#endif
