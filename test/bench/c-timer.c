/*
 * The machine's own floor: how late a timer of the kernel wakes a program that does nothing else. Prints one line of
 * microseconds for each wake-up, until its input ends.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <time.h>

int main(void) {
  struct timespec at, now;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  clock_gettime(CLOCK_MONOTONIC, &at);
  for (;;) {
    at.tv_nsec += 20 * 1000 * 1000;
    if (at.tv_nsec >= 1000000000) {
      at.tv_nsec -= 1000000000;
      at.tv_sec += 1;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%ld\n", (now.tv_sec - at.tv_sec) * 1000000L + (now.tv_nsec - at.tv_nsec) / 1000);
    fflush(stdout);
    if (poll(&input, 1, 0) != 0) return 0;
    /* A late wake-up is one, and not several. */
    at = now;
  }
}
