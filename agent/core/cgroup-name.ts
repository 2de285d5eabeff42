/** How a cgroup is called: by the systemd unit that has it, or by its path in the tree. */

/** A folder as service managers and container runtimes name them. */
const folderName = /^(?!\.{1,2}$)[\w@:.\\+-]{1,255}$/;
const unitName = /^(?!-)[A-Za-z0-9@:_.\\-]{1,246}\.(service|scope|slice)$/;

/** "shop.service", or "/system.slice/shop.service", and never the root of all. */
export function isCgroupName(name: string): boolean {
  return name.startsWith('/') ? isCgroupPath(name) : isUnitWithCgroup(name);
}

export function isUnitWithCgroup(name: string): boolean {
  return unitName.test(name);
}

export function isCgroupPath(name: string): boolean {
  return (
    name.length < 2048 &&
    name.startsWith('/') &&
    name
      .slice(1)
      .split('/')
      .every((part) => folderName.test(part))
  );
}
