/** How a service of systemd is called (systemd.unit(5)); never as an option of systemctl(1). */
export function isServiceName(name: string): boolean {
  return /^(?!-)[A-Za-z0-9@:_.\\-]{1,246}\.service$/.test(name);
}
