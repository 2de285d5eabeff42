/** How the conditions of a selector are written as words, for the help of commands. It draws in nothing else. */
export const conditionsHelp = `Conditions, all of which must hold:
  name=nginx, exe=/usr/sbin/nginx, cmdline=RE2, user=www-data, group=33,
  pid=4242, pidfile=/run/nginx.pid, port=443, memoryAbove=512MiB, cpuAbove=50%,
  unit=nginx.service, cgroup=/user.slice, cgroupTree=/system.slice, container=ID
and, of other processes or nested:
  parent=1, parent.name=supervisor, descendantsOf.unit=cron.service,
  exclude.user=root, not.user=root,
  anyOf.1.name=nginx anyOf.2.name=haproxy, allOf.1.port=80 allOf.2.port=443`;
