// Apache Avro's C library.
#include <avro.h>

// libavro's value API is made of function-like macros, which Swift cannot see.
static inline int shim_avro_value_get_by_name(const avro_value_t *record, const char *name, avro_value_t *field) {
  return avro_value_get_by_name(record, name, field, NULL);
}

static inline avro_type_t shim_avro_value_get_type(const avro_value_t *value) { return avro_value_get_type(value); }

static inline int shim_avro_value_set_int(const avro_value_t *value, int32_t number) {
  return avro_value_set_int(value, number);
}

static inline int shim_avro_value_set_long(const avro_value_t *value, int64_t number) {
  return avro_value_set_long(value, number);
}

static inline int shim_avro_value_set_double(const avro_value_t *value, double number) {
  return avro_value_set_double(value, number);
}

// `size` counts the terminating zero byte.
static inline int shim_avro_value_set_string_len(const avro_value_t *value, const char *text, size_t size) {
  return avro_value_set_string_len(value, (char *)text, size);
}

static inline int shim_avro_value_set_branch(const avro_value_t *value, int branch, avro_value_t *content) {
  return avro_value_set_branch(value, branch, content);
}

static inline int shim_avro_value_reset(const avro_value_t *value) { return avro_value_reset(value); }

// The entry of a map; `name` is copied.
static inline int shim_avro_value_add(const avro_value_t *map, const char *name, avro_value_t *entry) {
  return avro_value_add(map, name, entry, NULL, NULL);
}

static inline void shim_avro_value_iface_decref(avro_value_iface_t *class) { avro_value_iface_decref(class); }

// What the tests read back.
static inline int shim_avro_value_get_int(const avro_value_t *value, int32_t *number) {
  return avro_value_get_int(value, number);
}

static inline int shim_avro_value_get_long(const avro_value_t *value, int64_t *number) {
  return avro_value_get_long(value, number);
}

static inline int shim_avro_value_get_double(const avro_value_t *value, double *number) {
  return avro_value_get_double(value, number);
}

static inline int shim_avro_value_get_string(const avro_value_t *value, const char **text, size_t *size) {
  return avro_value_get_string(value, text, size);
}

static inline int shim_avro_value_get_current_branch(const avro_value_t *value, avro_value_t *content) {
  return avro_value_get_current_branch(value, content);
}
