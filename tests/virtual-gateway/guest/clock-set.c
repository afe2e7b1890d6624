// Tells the kernel that its clock is right, as a time daemon does (adjtimex(2)): clears STA_UNSYNC.
#include <sys/timex.h>

int main(void) {
  struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = 0, .maxerror = 1000, .esterror = 1000};
  return adjtimex(&t) < 0;
}
