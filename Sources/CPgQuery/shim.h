// PostgreSQL's own parser as a library.
#include <pg_query.h>
