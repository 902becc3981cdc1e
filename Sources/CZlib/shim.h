// zlib. `deflateInit2` is a macro, which Swift does not import.
#include <zlib.h>

// The window and its wrapping: 15 bits as large as it gets, 16 more for gzip's head and tail (zlib.h).
static inline int streampulse_gzip_begin(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
