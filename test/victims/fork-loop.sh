#!/bin/sh
# Forks for ever. Each child says how it was made by its exit code; prints how many were reaped, and any that was not as made.
forks=0
echo ready
while :; do
  (exit $((forks % 100)))
  code=$?
  [ "$code" -eq $((forks % 100)) ] || echo "lost $forks $code"
  forks=$((forks + 1))
  echo "done $forks"
done
