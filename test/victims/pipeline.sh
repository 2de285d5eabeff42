#!/bin/sh
# Four processes: this shell, and the three of its pipeline. Each line that goes in comes out in capitals, with its number.
echo ready
stdbuf -oL tr a-z A-Z | sed -u 's/^/seen /' | cat
