// Says what a process may reach, one line each: reach [tcp ADDRESS PORT | udp ADDRESS PORT | open PATH | node PATH] ...
// "<words>: yes", or the name of the error. It runs inside the sandbox of a unit, and outside to show that it can tell.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int sent(const char *kind, const char *address, int port) {
  int family = strchr(address, ':') ? AF_INET6 : AF_INET, udp = !strcmp(kind, "udp");
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  struct sockaddr *to = family == AF_INET ? (void *)&four : (void *)&six;
  inet_pton(family, address, family == AF_INET ? (void *)&four.sin_addr : (void *)&six.sin6_addr);
  int fd = socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, to, family == AF_INET ? sizeof four : sizeof six) < 0 && errno != EINPROGRESS) return -1;
  if (udp) return send(fd, "?", 1, 0) == 1 ? 0 : -1;
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  int error = ETIMEDOUT;
  socklen_t size = sizeof error;
  if (poll(&ready, 1, 10000) == 1) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error ? -1 : 0;
}

static int opened(const char *path) { return open(path, O_RDWR | O_NONBLOCK | O_NOCTTY); }

// A device file of its own for ttyS1, where it may write.
static int node(const char *path) {
  if (mknod(path, S_IFCHR | 0600, makedev(4, 65)) < 0) return -1;
  return opened(path);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i + 1 < argc; i += 2) {
    int done, port = 0;
    if (!strcmp(argv[i], "open")) done = opened(argv[i + 1]);
    else if (!strcmp(argv[i], "node")) done = node(argv[i + 1]);
    else done = sent(argv[i], argv[i + 1], port = atoi(argv[i + 2]));
    printf("%s %s%s%s: %s\n", argv[i], argv[i + 1], port ? " " : "", port ? argv[i + 2] : "", done >= 0 ? "yes" : strerrorname_np(errno));
    if (port) i++;
  }
  return 0;
}
