// Drives the lines of a simulated chip: edges FOLDER [LOG] < script. Each line of the script is "<microsecond> <line> <level>".
// LOG gets a line for each line that is about to go up, "<wall ms> <monotonic us> <line>": on the host it outlives the guest.
// Says how many edges it made, how long that took and how late the latest was, in microseconds.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LINES = 64, MOST = 100000 };
static struct { long us; int line, level; } script[MOST];

static long us_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static long now_us(void) { return us_of(CLOCK_MONOTONIC); }

int main(int argc, char **argv) {
  int fds[LINES] = {0}, count = 0, log = -1;
  long latest = 0;
  if (argc < 2) return 2;
  if (argc > 2 && (log = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0644)) < 0) { perror(argv[2]); return 1; }
  while (count < MOST && scanf("%ld %d %d", &script[count].us, &script[count].line, &script[count].level) == 3) count++;
  for (int i = 0; i < count; i++) {
    char path[256];
    int line = script[i].line;
    if (line < 0 || line >= LINES) return 2;
    if (fds[line]) continue;
    snprintf(path, sizeof path, "%s/sim_gpio%d/pull", argv[1], line);
    if ((fds[line] = open(path, O_WRONLY)) < 0) { perror(path); return 1; }
  }
  long start = now_us();
  for (int i = 0; i < count; i++) {
    long due = start + script[i].us;
    struct timespec at = {due / 1000000, due % 1000000 * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    long late = now_us() - due;
    if (late > latest) latest = late;
    if (log >= 0 && script[i].level &&
        dprintf(log, "%ld %ld %d\n", us_of(CLOCK_REALTIME) / 1000, now_us(), script[i].line) < 0) return 1;
    const char *pull = script[i].level ? "pull-up" : "pull-down";
    if (pwrite(fds[script[i].line], pull, script[i].level ? 7 : 9, 0) < 0) { perror("pull"); return 1; }
  }
  printf("{\"edges\":%d,\"tookUs\":%ld,\"latestUs\":%ld}\n", count, now_us() - start, latest);
  return 0;
}
