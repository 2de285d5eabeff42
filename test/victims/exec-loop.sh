#!/bin/sh
# Becomes itself again for ever, with the number of its lives as its argument.
lives=$((${1:-0} + 1))
[ "$lives" -gt 1 ] || echo ready
echo "done $lives"
exec "$0" "$lives"
