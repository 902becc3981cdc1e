// GNU libmicrohttpd. Its enums are marked closed although options and flags are combined freely, which Swift would
// take at its word; without the attribute they are imported as open.
#define enum_extensibility(x)
#include <microhttpd.h>
#undef enum_extensibility
#include <string.h>

// The daemon's options are variadic, which Swift cannot call.
struct streampulse_http_options {
  unsigned int threads;
  unsigned int connection_limit;
  unsigned int idle_timeout_seconds;
  size_t connection_memory_bytes;
  void *context;
  MHD_AccessHandlerCallback on_request;
  void *(*on_target)(void *context, const char *target, struct MHD_Connection *connection);
  MHD_RequestCompletedCallback on_completed;
  MHD_NotifyConnectionCallback on_connection;
};

// Leaves the request target as it came: libmicrohttpd's own decoding lets invalid escapes pass.
static size_t streampulse_http_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

// Ends the target behind its question mark, in the connection's own memory, which libmicrohttpd is about to take apart. It
// would keep 56 bytes for each item of a query there, and a request with so many that they do not fit is never answered:
// neither is the handler called nor the connection closed (0.9.75). Nobody reads those items: ours are made of a copy.
static inline void streampulse_http_hide_query(const char *target) {
  char *mark = strchr((char *)target, '?');
  if (mark != NULL) mark[1] = '\0';
}

static inline struct MHD_Daemon *streampulse_http_start(const struct streampulse_http_options *options) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
          MHD_USE_NO_LISTEN_SOCKET,
      0, NULL, NULL,
      options->on_request, options->context,
      MHD_OPTION_THREAD_POOL_SIZE, options->threads,
      MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
      MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory_bytes,
      // What is strict here (RFC 9112) is ours: libmicrohttpd would answer twice to a request without Host.
      MHD_OPTION_STRICT_FOR_CLIENT, 0,
      MHD_OPTION_UNESCAPE_CALLBACK, streampulse_http_keep_escapes, NULL,
      MHD_OPTION_URI_LOG_CALLBACK, options->on_target, options->context,
      MHD_OPTION_NOTIFY_COMPLETED, options->on_completed, options->context,
      MHD_OPTION_NOTIFY_CONNECTION, options->on_connection, options->context,
      MHD_OPTION_END);
}

// An upgraded connection ends, and with it its descriptor. Any thread, once.
static inline void streampulse_http_close_upgraded(struct MHD_UpgradeResponseHandle *handle) {
  MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

static inline const struct sockaddr *streampulse_http_client_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

static inline size_t streampulse_http_header_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == NULL ? 0 : info->header_size;
}

static inline int streampulse_http_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

static inline void *streampulse_http_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}
