"""Fifty threads that count, each for itself. A line on standard input is answered by itself and the fifty counts."""
import sys
import threading
import time

THREADS = 50
counts = [0] * THREADS


def count(index):
    while True:
        counts[index] += 1
        time.sleep(0.001)


for index in range(THREADS):
    threading.Thread(target=count, args=(index,), daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    print(line.strip(), *counts, flush=True)
