// Starting child processes that die with their parent, command-line parsing by getopt_long, and malloc's options: out of
// Swift's direct reach (fork is unavailable, getopt_long's results are global variables, malloc.h is in no module).
#ifndef STREAMPULSE_CPROCESS_SHIM_H
#define STREAMPULSE_CPROCESS_SHIM_H
// Without _GNU_SOURCE, which would make types differ from those that Swift's Glibc module was built with; what it would
// declare is called by number.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/memfd.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/// What to start. The caller owns all memory; everything is prepared before the fork.
struct streampulse_launch {
  const char *executable;
  /// NULL-terminated, the program's name first.
  char *const *arguments;
  /// NULL-terminated, "NAME=value".
  char *const *environment;
  /// NULL: the parent's.
  const char *working_directory;
  /// Becomes the child's stdout and stderr; -1: the parent's.
  int output;
  /// Whether `user` and `group` are to be taken on.
  int changes_user;
  uid_t user;
  gid_t group;
  /// Sent to the child when the thread that started it ends; 0: none.
  int death_signal;
};

// Runs in the child between fork and exec: only async-signal-safe calls.
static inline void streampulse_become_child(const struct streampulse_launch *launch, pid_t parent, int report) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);

  // A process group of its own: a terminal's Ctrl-C reaches only the parent, which then stops its children in order.
  setpgid(0, 0);
  // Nothing that we start reads a terminal.
  int input = open("/dev/null", O_RDONLY);
  if (input >= 0) dup2(input, STDIN_FILENO);
  if (launch->output >= 0 &&
      (dup2(launch->output, STDOUT_FILENO) < 0 || dup2(launch->output, STDERR_FILENO) < 0)) {
    goto failed;
  }
  // Sockets and locks of the parent end at exec, however their libraries opened them.
  if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    for (int descriptor = 3; descriptor < 4096; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
  if (launch->changes_user && (setgroups(1, &launch->group) != 0 || setgid(launch->group) != 0 ||
                               setuid(launch->user) != 0)) {
    goto failed;
  }
  if (launch->working_directory != NULL && chdir(launch->working_directory) != 0) goto failed;
  // After setuid, which clears it; and the parent may be gone already.
  if (launch->death_signal != 0 &&
      (prctl(PR_SET_PDEATHSIG, launch->death_signal) != 0 || getppid() != parent)) {
    goto failed;
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(launch->executable, launch->arguments, launch->environment);
failed:;
  int code = errno;
  ssize_t written = write(report, &code, sizeof code);
  (void)written;
  _exit(127);
}

/// Starts a child and returns its pid once it runs the new program; or -1 with the reason in `failure` (an errno).
static inline pid_t streampulse_spawn(const struct streampulse_launch *launch, int *failure) {
  // The pipe closes by itself when exec succeeds; a failure before that is written to it.
  int report[2];
  if (syscall(SYS_pipe2, report, O_CLOEXEC) != 0) {
    *failure = errno;
    return -1;
  }
  // No handler of ours may run in the child.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) streampulse_become_child(launch, parent, report[1]);
  int code = child < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  close(report[1]);
  if (child > 0) {
    ssize_t length;
    do {
      length = read(report[0], &code, sizeof code);
    } while (length < 0 && errno == EINTR);
    if (length == (ssize_t)sizeof code) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
      }
      child = -1;
    }
  }
  close(report[0]);
  if (child < 0) *failure = code;
  return child;
}

/// A nameless file in memory for a child's output; it ends with its last descriptor. -1 with errno on failure.
static inline int streampulse_memory_file(void) {
  return (int)syscall(SYS_memfd_create, "output", MFD_CLOEXEC);
}

extern char **environ;

/// The process's environment, NULL-terminated.
static inline char **streampulse_environment(void) {
  return environ;
}

/// What `streampulse_getopt_next` found.
struct streampulse_option {
  /// Index into the options; -1: the options are over; -2: unknown or ambiguous; -3: the argument is missing;
  /// -4: the short option `h`.
  int index;
  /// The option's argument, or NULL.
  const char *argument;
  /// The word of the command line that the error is about.
  const char *word;
  /// After the end: the index in `arguments` of the first positional argument.
  int next;
};

/// One step of getopt_long over `options`, whose `val` is 1000 and each one's index. `restart` begins a new command line. Keeps
/// its place in getopt's global variables: one command line at a time in a process.
static inline struct streampulse_option streampulse_getopt_next(
    int count, char **arguments, const struct option *options, int restart) {
  if (restart) optind = 0;
  opterr = 0;
  int before = optind == 0 ? 1 : optind;
  int code = getopt_long(count, arguments, ":h", options, NULL);
  struct streampulse_option found = {.index = code, .argument = optarg, .word = NULL, .next = optind};
  if (code == '?' || code == ':') {
    int at = optind > before ? optind - 1 : before;
    found.word = at < count ? arguments[at] : NULL;
    found.index = code == '?' ? -2 : -3;
  } else if (code == 'h') {
    found.index = -4;
  } else if (code >= 1000) {
    found.index = code - 1000;
  }
  return found;
}
#endif
