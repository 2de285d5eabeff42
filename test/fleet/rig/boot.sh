#!/bin/sh
# Becomes a booted host: joins its cgroups, mounts its overlay where only it sees it, and turns into the last command.
# The mount and the process end together, so that neither can be left behind.
# usage: boot.sh OPTIONS-OF-OVERLAY MERGED CGROUP... -- COMMAND...
set -eu
options=$1
merged=$2
shift 2
while [ "$1" != -- ]; do
  echo $$ >"$1/cgroup.procs"
  shift
done
shift
mount -t overlay -o "$options" leash-host "$merged"
exec "$@"
