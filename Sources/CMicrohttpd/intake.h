// Linux's system calls for accepting connections and waiting for them, which Swift's Glibc does not have.
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Declared by <sys/socket.h> for GNU sources alone.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

struct streampulse_poll_event {
  int descriptor;
  int is_readable;
  int is_writable;
  int is_hung_up;
};

static inline int streampulse_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int streampulse_wake_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Reports it as long as there is something to read.
static inline int streampulse_poll_add(int poll, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = descriptor}};
  return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

// Reports it when something new has come, whether or not the old has been read.
static inline int streampulse_poll_add_edge(int poll, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.fd = descriptor}};
  return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

// Reports it when something new has come, when there is room to write again, and when it is broken.
static inline int streampulse_poll_add_both_edges(int poll, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.fd = descriptor}};
  return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

// Reports it as long as there is something to read or, when that is wanted, room to write.
static inline int streampulse_poll_watch(int poll, int descriptor, int for_writing, int is_new) {
  struct epoll_event event = {.events = EPOLLIN | (for_writing ? EPOLLOUT : 0), .data = {.fd = descriptor}};
  return epoll_ctl(poll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}

static inline int streampulse_poll_remove(int poll, int descriptor) {
  return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, 0);
}

// At most 128 at a time.
static inline int streampulse_poll_wait(int poll, struct streampulse_poll_event *found, int count, int milliseconds) {
  struct epoll_event events[128];
  int ready = epoll_wait(poll, events, count < 128 ? count : 128, milliseconds);
  for (int i = 0; i < ready; i++) {
    found[i].descriptor = events[i].data.fd;
    found[i].is_readable = (events[i].events & EPOLLIN) != 0;
    found[i].is_writable = (events[i].events & EPOLLOUT) != 0;
    found[i].is_hung_up = (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  }
  return ready;
}

static inline int streampulse_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
