#!/bin/sh
# Becomes the program of its arguments, in a cgroup of its own of the unified hierarchy, as a unit with Delegate=yes would
# be. The hierarchy is mounted for this program alone.
#
#   as-service.sh NAME.service PROGRAM [ARGUMENT …]       without a program: removes the cgroup again
set -eu
mount -t tmpfs -o mode=0755 leash-test /sys/fs/cgroup
mkdir /sys/fs/cgroup/unified
mount -t cgroup2 leash-test /sys/fs/cgroup/unified
service=/sys/fs/cgroup/unified/$1
shift
if [ "$#" -eq 0 ]; then
  [ ! -d "$service/stress" ] || rmdir "$service/stress"
  [ ! -d "$service/agent" ] || rmdir "$service/agent"
  exec rmdir "$service"
fi
mkdir "$service" "$service/agent"
echo "$$" >"$service/agent/cgroup.procs"
export INVOCATION_ID=leash-test
exec "$@"
