// GNU libmicrohttpd. Its enums are marked closed although options and flags are combined freely, which Swift would
// take at its word; without the attribute they are imported as open.
#define enum_extensibility(x)
#include <microhttpd.h>
#undef enum_extensibility
