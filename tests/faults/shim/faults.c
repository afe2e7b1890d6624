/*
 * A clock that is wrong and a disk that fails, for LD_PRELOAD. What it does stands in a small file (FAULTS_CONTROL) that
 * is mapped, so that the test changes it while the process runs: three 64-bit whole numbers in the machine's byte order,
 *   [0] milliseconds added to the wall clock
 *   [1] milliseconds that every sync takes longer
 *   [2] how the disk fails: 0 not, 1 full, 2 every write fails, 3 every sync fails, 4 writes stop half-way
 * Only files below FAULTS_DISK are touched. After every sync that went well the file is copied to FAULTS_SYNCED under the
 * number of its inode: what a power cut would leave.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { CLOCK_OFFSET, SYNC_DELAY, DISK };
enum { WELL, FULL, WRITE_FAILS, SYNC_FAILS, SHORT };

static volatile int64_t none[3];
static volatile int64_t *control = none;

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("FAULTS_CONTROL");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) control = mapped;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

static void move(int64_t *seconds, int64_t *part, int64_t per_second) {
  int64_t ms = control[CLOCK_OFFSET];
  *seconds += ms / 1000;
  *part += ms % 1000 * (per_second / 1000);
  if (*part >= per_second) { *part -= per_second; *seconds += 1; }
  if (*part < 0) { *part += per_second; *seconds -= 1; }
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = REAL("clock_gettime", int (*)(clockid_t, struct timespec *));
  int result = real(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t seconds = time->tv_sec, part = time->tv_nsec;
    move(&seconds, &part, 1000000000);
    time->tv_sec = seconds;
    time->tv_nsec = part;
  }
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  static int (*real)(struct timeval *, void *);
  if (!real) real = REAL("gettimeofday", int (*)(struct timeval *, void *));
  int result = real(time, zone);
  if (result == 0 && time) {
    int64_t seconds = time->tv_sec, part = time->tv_usec;
    move(&seconds, &part, 1000000);
    time->tv_sec = seconds;
    time->tv_usec = part;
  }
  return result;
}

static int on_disk(int fd) {
  const char *disk = getenv("FAULTS_DISK");
  char link[64], path[4096];
  if (!disk) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, disk, strlen(disk)) == 0;
}

/* Reads through the descriptor itself: closing another one would drop the locks that SQLite holds on the file. */
static void keep_synced(int fd) {
  const char *folder = getenv("FAULTS_SYNCED");
  struct stat about;
  char name[4096], unfinished[4100], data[65536];
  if (!folder || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return;
  snprintf(name, sizeof name, "%s/%llu", folder, (unsigned long long)about.st_ino);
  snprintf(unfinished, sizeof unfinished, "%s.new", name);
  int copy = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (copy < 0) return;
  off_t at = 0;
  for (ssize_t size; (size = pread(fd, data, sizeof data, at)) > 0; at += size)
    if (write(copy, data, size) != size) abort();
  close(copy);
  rename(unfinished, name);
}

static int synced(int fd, const char *call) {
  if (!on_disk(fd)) return REAL(call, int (*)(int))(fd);
  if (control[SYNC_DELAY] > 0) usleep(control[SYNC_DELAY] * 1000);
  if (control[DISK] == SYNC_FAILS) { errno = EIO; return -1; }
  int result = REAL(call, int (*)(int))(fd);
  if (result == 0) keep_synced(fd);
  return result;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

static ssize_t written(int fd, const void *data, size_t size, off64_t at) {
  static int half;
  int64_t fault = control[DISK];
  if ((fault == FULL || fault == WRITE_FAILS || fault == SHORT) && on_disk(fd)) {
    half = fault == SHORT && size > 1 ? !half : 0;
    if (!half) { errno = fault == WRITE_FAILS ? EIO : ENOSPC; return -1; }
    size /= 2;
  }
  return REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return written(fd, data, size, at); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written(fd, data, size, at); }
