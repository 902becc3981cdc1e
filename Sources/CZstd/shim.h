// Zstandard's simple interface.
#include <zstd.h>
