// Made from the faults by `npm run generate`; do not edit.
import type { JsonObject } from '../struct.ts';

/** JSON Schema of the parameters of each fault that this release knows; an agent of another release may know others. */
export const faultSchemas: { readonly [kind: string]: JsonObject } = {
  "process.kill": {
    "description": "Ends the targets by a signal, followed by SIGKILL.",
    "type": "object",
    "properties": {
      "signal": {
        "description": "What the targets receive (SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGABRT, SIGSEGV, SIGKILL)",
        "enum": [
          "SIGTERM",
          "SIGINT",
          "SIGQUIT",
          "SIGHUP",
          "SIGABRT",
          "SIGSEGV",
          "SIGKILL"
        ],
        "default": "SIGTERM"
      },
      "grace": {
        "description": "After this, SIGKILL follows to targets that still live; 0ms: it never follows. From 0ms to 10m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$",
        "default": "10s"
      },
      "respawnWithin": {
        "description": "The fault has ended when a successor of each target was seen, and at the latest this long after its death. From 100ms to 60m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$"
      },
      "tree": {
        "description": "All that descends from a target is a target too. One protected member, or one that came after the plan, refuses the whole.",
        "type": "boolean",
        "default": false
      },
      "keepKilling": {
        "description": "For this long, whatever takes the place of a target is ended too, unless it is protected. From 1s to 60m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$"
      },
      "survivors": {
        "description": "Matching processes that must stay untouched, where that is more than the policy asks for. From 0 to 10000.",
        "type": "integer",
        "minimum": 0,
        "maximum": 10000,
        "default": 0
      }
    },
    "additionalProperties": false
  },
  "process.pause": {
    "description": "Stops every thread of the targets; they run on where they were.",
    "type": "object",
    "properties": {
      "visible": {
        "description": "Stopped by SIGSTOP, which the parent of the target sees and waits for; bound by the journal, since the kernel does not undo it.",
        "type": "boolean",
        "default": false
      },
      "despiteWatchdog": {
        "description": "Holds targets of a unit with WatchdogSec= still too, which its supervisor ends when they are silent for that long.",
        "type": "boolean",
        "default": false
      }
    },
    "additionalProperties": false
  },
  "process.slow": {
    "description": "Slows the targets down: they run for a share of the time, and are held for the rest.",
    "type": "object",
    "properties": {
      "share": {
        "description": "Of the time that the targets may run: CPU time for one that is always busy; sleeping, and waiting for a CPU that others have, count as running. From 1% to 99%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "period": {
        "description": "One turn held and one turn running. From 5ms to 1s.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$",
        "default": "10ms"
      },
      "despiteWatchdog": {
        "description": "Holds targets of a unit with WatchdogSec= still too, which its supervisor ends when they are silent for that long.",
        "type": "boolean",
        "default": false
      }
    },
    "required": [
      "share"
    ],
    "additionalProperties": false
  },
  "process.renice": {
    "description": "Sets the nice value of every thread of the targets, and of what they start meanwhile.",
    "type": "object",
    "properties": {
      "nice": {
        "description": "Of every thread. 19 yields to all others; below 0 only where the policy’s niceMin allows it. From -20 to 19.",
        "type": "integer",
        "minimum": -20,
        "maximum": 19
      }
    },
    "required": [
      "nice"
    ],
    "additionalProperties": false
  },
  "process.affinity": {
    "description": "Lets every thread of the targets, and what they start meanwhile, run on some CPUs only.",
    "type": "object",
    "properties": {
      "cpus": {
        "description": "CPUs by their numbers, such as 0 or 0-1,3: some of those that the targets may run on now.",
        "type": [
          "string",
          "integer"
        ]
      }
    },
    "required": [
      "cpus"
    ],
    "additionalProperties": false
  },
  "stress.cpu": {
    "description": "Burns CPU time at an exact share.",
    "type": "object",
    "properties": {
      "cores": {
        "description": "Threads that burn; all CPUs when left out. From 1 to 4096.",
        "type": "integer",
        "minimum": 1,
        "maximum": 4096
      },
      "load": {
        "description": "Of one CPU, in each thread; 100% when left out. From 1% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "percent": {
        "description": "Of all CPUs of the host together, evenly; instead of cores and load. From 1% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "ramp": {
        "description": "The load rises evenly from nothing in that time. From 0ms to 60m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$",
        "default": "0ms"
      }
    },
    "additionalProperties": false
  },
  "stress.memory": {
    "description": "Takes memory of the host, and gives it back at once when it grows scarce.",
    "type": "object",
    "properties": {
      "size": {
        "description": "How much to take. From 1MiB to 16TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      },
      "percent": {
        "description": "Of all memory of the host, to take. From 0.1% to 95%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "untilFree": {
        "description": "Takes all but this, gives back as others take memory, and takes again, but never more than at first. From 64MiB to 16TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      },
      "leaveFree": {
        "description": "Memory that stays available on the host; when others need it, all is given back. From 64MiB to 16TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$",
        "default": "256MiB"
      }
    },
    "additionalProperties": false
  },
  "stress.io": {
    "description": "Reads and writes at a rate, past the cache, in a file without a name.",
    "type": "object",
    "properties": {
      "path": {
        "description": "The directory where a file without a name is made; no symbolic link may lead there.",
        "type": [
          "string",
          "integer"
        ]
      },
      "floor": {
        "description": "Space that stays free on the file system; when others need it, all is given back. From 1MiB to 16TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$",
        "default": "256MiB"
      },
      "workers": {
        "description": "Threads that read and write at once. From 1 to 16.",
        "type": "integer",
        "minimum": 1,
        "maximum": 16,
        "default": 1
      },
      "rate": {
        "description": "What is read and written in a second, by all workers together. From 64KiB to 16GiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$",
        "default": "16MiB"
      },
      "reads": {
        "description": "Of these bytes; the others are written. From 0% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$",
        "default": "50%"
      },
      "size": {
        "description": "Of the file that is read and written over and over. From 1MiB to 64GiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$",
        "default": "64MiB"
      }
    },
    "required": [
      "path"
    ],
    "additionalProperties": false
  },
  "stress.disk": {
    "description": "Fills a file system, by a file without a name that du does not show; never below its floor.",
    "type": "object",
    "properties": {
      "path": {
        "description": "The directory where a file without a name is made; no symbolic link may lead there.",
        "type": [
          "string",
          "integer"
        ]
      },
      "floor": {
        "description": "Space that stays free on the file system; when others need it, all is given back. From 1MiB to 16TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$",
        "default": "256MiB"
      },
      "size": {
        "description": "How much to take. From 1MiB to 64TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      },
      "percent": {
        "description": "Of the whole file system, to take. From 0.1% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "leaveFree": {
        "description": "Takes all but this. From 1MiB to 64TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      }
    },
    "required": [
      "path"
    ],
    "additionalProperties": false
  },
  "stress.fds": {
    "description": "Takes open files of the whole host (fs.file-max), up to what one process may open.",
    "type": "object",
    "properties": {
      "count": {
        "description": "Open files to take. From 1 to 10000000.",
        "type": "integer",
        "minimum": 1,
        "maximum": 10000000
      },
      "percent": {
        "description": "Of all open files that the host allows (fs.file-max), to take. From 0.1% to 95%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "leaveFree": {
        "description": "Open files that stay free on the host; when others need them, all are given back. From 1024 to 10000000.",
        "type": "integer",
        "minimum": 1024,
        "maximum": 10000000,
        "default": 8192
      }
    },
    "additionalProperties": false
  },
  "stress.pids": {
    "description": "Takes tasks of the host, within the limit of the cgroup for stressors.",
    "type": "object",
    "properties": {
      "count": {
        "description": "Tasks (processes or threads) to take. From 1 to 32768.",
        "type": "integer",
        "minimum": 1,
        "maximum": 32768
      },
      "percent": {
        "description": "Of the tasks that the cgroup for stressors allows (pids.max), to take. From 0.1% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "leaveFree": {
        "description": "Tasks that stay free on the host; when others need them, all are given back. From 256 to 4194304.",
        "type": "integer",
        "minimum": 256,
        "maximum": 4194304,
        "default": 1024
      }
    },
    "additionalProperties": false
  },
  "network.cut": {
    "description": "Cuts traffic of this host off; the agent, SSH and loopback are spared.",
    "type": "object",
    "properties": {
      "direction": {
        "description": "Packets that arrive, that leave, or both (in, out, both)",
        "enum": [
          "in",
          "out",
          "both"
        ],
        "default": "both"
      },
      "protocol": {
        "description": "What is hit (any, tcp, udp)",
        "enum": [
          "any",
          "tcp",
          "udp"
        ],
        "default": "any"
      },
      "localPorts": {
        "description": "Ports of this host: one, a range such as 8000-8010, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "remotePorts": {
        "description": "Ports of the other side: one, a range, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "addresses": {
        "description": "Addresses or networks (CIDR) of the other side: one, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "user": {
        "description": "Only what sockets of this user send (a name, or a uid); direction must be out.",
        "type": [
          "string",
          "integer"
        ]
      },
      "cgroup": {
        "description": "Only sockets of this cgroup (v2) and those below, such as system.slice/x.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "loopback": {
        "description": "Hits packets of the loopback device too.",
        "type": "boolean",
        "default": false
      },
      "verdict": {
        "description": "Dropped silently, or refused with an answer (drop, reject)",
        "enum": [
          "drop",
          "reject"
        ],
        "default": "drop"
      }
    },
    "additionalProperties": false
  },
  "network.loss": {
    "description": "Loses a share of the packets of this host; the agent, SSH and loopback are spared.",
    "type": "object",
    "properties": {
      "direction": {
        "description": "Packets that arrive, that leave, or both (in, out, both)",
        "enum": [
          "in",
          "out",
          "both"
        ],
        "default": "both"
      },
      "protocol": {
        "description": "What is hit (any, tcp, udp)",
        "enum": [
          "any",
          "tcp",
          "udp"
        ],
        "default": "any"
      },
      "localPorts": {
        "description": "Ports of this host: one, a range such as 8000-8010, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "remotePorts": {
        "description": "Ports of the other side: one, a range, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "addresses": {
        "description": "Addresses or networks (CIDR) of the other side: one, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "user": {
        "description": "Only what sockets of this user send (a name, or a uid); direction must be out.",
        "type": [
          "string",
          "integer"
        ]
      },
      "cgroup": {
        "description": "Only sockets of this cgroup (v2) and those below, such as system.slice/x.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "loopback": {
        "description": "Hits packets of the loopback device too.",
        "type": "boolean",
        "default": false
      },
      "loss": {
        "description": "Of the packets, in each direction by itself. From 0.01% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      }
    },
    "required": [
      "loss"
    ],
    "additionalProperties": false
  },
  "network.rate": {
    "description": "Drops what is above a rate; the agent, SSH and loopback are spared.",
    "type": "object",
    "properties": {
      "direction": {
        "description": "Packets that arrive, that leave, or both (in, out, both)",
        "enum": [
          "in",
          "out",
          "both"
        ],
        "default": "both"
      },
      "protocol": {
        "description": "What is hit (any, tcp, udp)",
        "enum": [
          "any",
          "tcp",
          "udp"
        ],
        "default": "any"
      },
      "localPorts": {
        "description": "Ports of this host: one, a range such as 8000-8010, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "remotePorts": {
        "description": "Ports of the other side: one, a range, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "addresses": {
        "description": "Addresses or networks (CIDR) of the other side: one, or a list of them.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "user": {
        "description": "Only what sockets of this user send (a name, or a uid); direction must be out.",
        "type": [
          "string",
          "integer"
        ]
      },
      "cgroup": {
        "description": "Only sockets of this cgroup (v2) and those below, such as system.slice/x.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "loopback": {
        "description": "Hits packets of the loopback device too.",
        "type": "boolean",
        "default": false
      },
      "perSecond": {
        "description": "What passes in a second, in each direction by itself, after a burst of as much and 64KiB. From 1KiB to 1TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      }
    },
    "required": [
      "perSecond"
    ],
    "additionalProperties": false
  },
  "network.delay": {
    "description": "Delays the packets that leave by an interface; those of the agent and of sshd are spared.",
    "type": "object",
    "properties": {
      "interface": {
        "description": "Packets that leave by this interface; the host policy must list it in interfaces.allow.",
        "type": [
          "string",
          "integer"
        ]
      },
      "delay": {
        "description": "Of every packet that leaves. From 1ms to 1m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$"
      },
      "jitter": {
        "description": "By so much more or less, at random. From 0ms to 1m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$",
        "default": "0ms"
      }
    },
    "required": [
      "interface",
      "delay"
    ],
    "additionalProperties": false
  },
  "network.corrupt": {
    "description": "Corrupts packets that leave by an interface; those of the agent and of sshd are spared.",
    "type": "object",
    "properties": {
      "interface": {
        "description": "Packets that leave by this interface; the host policy must list it in interfaces.allow.",
        "type": [
          "string",
          "integer"
        ]
      },
      "share": {
        "description": "Of the packets that leave. From 0.01% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      }
    },
    "required": [
      "interface",
      "share"
    ],
    "additionalProperties": false
  },
  "network.duplicate": {
    "description": "Sends packets twice that leave by an interface; those of the agent and of sshd are spared.",
    "type": "object",
    "properties": {
      "interface": {
        "description": "Packets that leave by this interface; the host policy must list it in interfaces.allow.",
        "type": [
          "string",
          "integer"
        ]
      },
      "share": {
        "description": "Of the packets that leave. From 0.01% to 100%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      }
    },
    "required": [
      "interface",
      "share"
    ],
    "additionalProperties": false
  },
  "dns.block": {
    "description": "Blocks DNS queries of this host: all, or those for given names.",
    "type": "object",
    "properties": {
      "names": {
        "description": "Exactly these names, in plain DNS; answers from a cache, and names below them, are not touched. All when left out.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "resolvers": {
        "description": "Addresses or networks (CIDR) of the resolvers; any when left out.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "ports": {
        "description": "Of the resolvers; 53 when left out. Add 853 for DNS over TLS, where only all names can be blocked.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      },
      "verdict": {
        "description": "Queries get no answer, or are refused (drop, reject)",
        "enum": [
          "drop",
          "reject"
        ],
        "default": "drop"
      },
      "loopback": {
        "description": "Blocks queries to a resolver on this host, such as systemd-resolved, too.",
        "type": "boolean",
        "default": false
      }
    },
    "additionalProperties": false
  },
  "cgroup.limit": {
    "description": "Limits the CPU time, memory, tasks or disk traffic of a unit or a cgroup that the host policy lists.",
    "type": "object",
    "properties": {
      "unit": {
        "description": "The systemd unit whose cgroup it is, such as shop.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "cgroup": {
        "description": "Or its path in the cgroup tree, such as /system.slice/shop.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "cpu": {
        "description": "Time on a CPU: 50% is half of one CPU, 200% two of them. From 1% to 100000%.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?%$"
      },
      "memory": {
        "description": "More than is in use now. What would need more waits for it, or is ended by the kernel. From 1MiB to 1024TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      },
      "pids": {
        "description": "Processes and threads. From 1 to 4194304.",
        "type": "integer",
        "minimum": 1,
        "maximum": 4194304
      },
      "io": {
        "description": "Read in a second, and as much written, on `device`. From 1KiB to 1TiB.",
        "type": "string",
        "pattern": "^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$"
      },
      "device": {
        "description": "The block device that `io` is about, by its number, such as 8:0 (lsblk).",
        "type": [
          "string",
          "integer"
        ]
      }
    },
    "additionalProperties": false
  },
  "cgroup.freeze": {
    "description": "Freezes a unit or a cgroup that the host policy lists. Under version 1 of cgroups, what is frozen cannot even be killed until it is thawed.",
    "type": "object",
    "properties": {
      "unit": {
        "description": "The systemd unit whose cgroup it is, such as shop.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "cgroup": {
        "description": "Or its path in the cgroup tree, such as /system.slice/shop.service.",
        "type": [
          "string",
          "integer"
        ]
      },
      "despiteWatchdog": {
        "description": "Holds targets of a unit with WatchdogSec= still too, which its supervisor ends when they are silent for that long.",
        "type": "boolean",
        "default": false
      }
    },
    "additionalProperties": false
  },
  "service.stop": {
    "description": "Stops a service of systemd, and starts it again.",
    "type": "object",
    "properties": {
      "unit": {
        "description": "Its full name, such as shop.service; the host policy must list it in services.allow.",
        "type": [
          "string",
          "integer"
        ]
      }
    },
    "required": [
      "unit"
    ],
    "additionalProperties": false
  },
  "service.restart": {
    "description": "Restarts a service of systemd, with what depends on it; it is over when the service runs again.",
    "type": "object",
    "properties": {
      "unit": {
        "description": "Its full name, such as shop.service; the host policy must list it in services.allow.",
        "type": [
          "string",
          "integer"
        ]
      }
    },
    "required": [
      "unit"
    ],
    "additionalProperties": false
  },
  "service.mask": {
    "description": "Masks a service of systemd until the next boot at most, and stops it; then it may be started again, and is where it ran. Not for one whose unit file is in /etc, which no such mask covers.",
    "type": "object",
    "properties": {
      "unit": {
        "description": "Its full name, such as shop.service; the host policy must list it in services.allow.",
        "type": [
          "string",
          "integer"
        ]
      }
    },
    "required": [
      "unit"
    ],
    "additionalProperties": false
  },
  "host.reboot": {
    "description": "Boots the host again as systemctl reboot does; only where the host policy says reboots: true.",
    "type": "object",
    "properties": {
      "delay": {
        "description": "Until then a restore or a halt calls it off. The lease must last for as long. From 0ms to 10m.",
        "type": "string",
        "pattern": "^(\\d+(\\.\\d+)?(ms|s|m|h))+$",
        "default": "5s"
      }
    },
    "additionalProperties": false
  },
  "custom.run": {
    "description": "Runs a program that the host policy lists, without capabilities; it and its children end with the fault.",
    "type": "object",
    "properties": {
      "program": {
        "description": "Its name in the list `custom` of the host policy.",
        "type": [
          "string",
          "integer"
        ]
      },
      "args": {
        "description": "Its arguments; the host policy says what they may look like.",
        "anyOf": [
          {
            "type": [
              "string",
              "integer"
            ]
          },
          {
            "type": "array",
            "items": {
              "type": [
                "string",
                "integer"
              ]
            },
            "minItems": 1
          }
        ]
      }
    },
    "required": [
      "program"
    ],
    "additionalProperties": false
  },
  "custom.change": {
    "description": "Makes a change that the host policy lists, without capabilities, and undoes it by the policy’s own program.",
    "type": "object",
    "properties": {
      "change": {
        "description": "Its name in the list `changes` of the host policy, which has the programs that make, undo and check it.",
        "type": [
          "string",
          "integer"
        ]
      }
    },
    "required": [
      "change"
    ],
    "additionalProperties": false
  }
};
