/* A disk that fails on demand, for LD_PRELOAD: while the file FAIL_SWITCH exists, the call it names fails with EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(const char *call, int fd) {
  char text[32] = "", link[64], path[4096] = "";
  int handle = open(getenv("FAIL_SWITCH"), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return 0;
  ssize_t length = read(handle, text, sizeof text - 1);
  close(handle);
  if (length < 0 || strcmp(text, call) != 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (readlink(link, path, sizeof path - 1) < 0) return 0;
  return strstr(path, "outbox.db") != NULL;
}

#define FAIL(call, fd) if (fails(call, fd)) { errno = EIO; return -1; }

int fsync(int fd) {
  FAIL("fsync", fd)
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
  FAIL("fsync", fd)
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  FAIL("write", fd)
  return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }
