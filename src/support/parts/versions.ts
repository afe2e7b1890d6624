import { arch, release } from "node:os";
import { z } from "zod";
import { installedVersion } from "../../doctor/checks/versions.ts";
import { textOf } from "../../doctor/machine.ts";
import { VERSION } from "../../ops/version.ts";
import { id, title, version, whole } from "../allow.ts";
import { part, type Source } from "../part.ts";

/** What runs here, and on what. */
export const versions = part(
  {
    name: "versions",
    why: "which telpost, Node, kernel, system and board: most faults belong to one of them",
    leavesOut: "the machine's name, addresses, serial numbers and users",
    names: [],
  },
  z.object({
    program: version,
    installed: version,
    node: version,
    openssl: version,
    uv: version,
    kernel: version,
    arch: id,
    system: title,
    board: title,
    memoryMiB: whole,
    uptimeSeconds: whole,
  }),
  async ({ machine }: Source) => {
    const text = (path: string) => textOf(machine, path) ?? "";
    const { node, openssl, uv } = process.versions;
    const memoryKiB = Number(/^MemTotal:\s+(\d+)/.exec(text("proc/meminfo"))?.[1]);
    return {
      ...{ program: VERSION, installed: await installedVersion(machine), node, openssl, uv },
      ...{ kernel: release(), arch: arch() },
      system: /^PRETTY_NAME="?([^"\n]*)/m.exec(text("etc/os-release"))?.[1],
      // The kernel ends it with a zero byte.
      board: text("proc/device-tree/model").replaceAll("\0", ""),
      memoryMiB: Math.round(memoryKiB / 1024),
      uptimeSeconds: Math.round(Number(text("proc/uptime").split(" ")[0] || Number.NaN)),
    };
  },
);
