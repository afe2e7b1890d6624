import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Outside } from "../outside.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { shareGuest } from "../share.ts";

const LIMIT_MS = 20 * 60_000;

/** What sense and forward can reach, tried from the very sandbox of their units. */
export const isolation: Scenario = {
  name: "isolation",
  long: true,
  about: "tries every address from inside sense, and every sensor device from inside forward",
  async run(bench) {
    const outside = await Outside.start(bench, {
      ack: "broker",
      privacy: { windowSeconds: 10 },
      sensors: ["id: gate, profile: gpio-pulse, gpio: { chip: telpost-sim, line: pulse-8 }"],
    });
    try {
      shareGuest(bench, "isolation");
      const source = join(import.meta.dirname, "../guest/reach.c");
      execFileSync("gcc", ["-D_GNU_SOURCE", "-O2", "-static", "-o", join(bench.share, "reach"), source]);
      const machine = bench.start({
        time: "real",
        over: await bench.installed(),
        brokerPort: outside.broker.port,
        serial: "sockets",
        // systemd asks the kernel to log what the system-call filter refuses; it does not otherwise.
        kernel: ["SYSTEMD_LOG_SECCOMP=1"],
      });
      const off = bench.ended(await machine.ends(LIMIT_MS));
      return [...rows(bench), off];
    } finally {
      await outside.stop();
    }
  },
};

function rows(bench: Bench): Row[] {
  const ours = denials(bench, "denied-working.txt", TELPOST);
  return [
    {
      what: "outside the sandboxes the same program reaches broker, host, devices: it can tell",
      wanted: "6 addresses, 5 devices",
      got: `${reached(bench, "outside", /^(tcp|udp)/)} addresses, ${reached(bench, "outside", /^(open|node)/)} devices`,
      notes: bench.text("outside.txt").replaceAll("\n", ", "),
    },
    nothing(bench, "sense", "from inside sense no socket reaches any address", 6),
    nothing(
      bench,
      "sense-namespace",
      "nor when the filter of address families is taken away: it has no network",
      5,
    ),
    nothing(bench, "forward", "from inside forward no sensor device opens, nor one it would make itself", 6),
    nothing(bench, "forward-cgroup", "nor as root that sees all of /dev: its control group has none", 4),
    {
      what: "the kernel log shows no denial while the units do their work, and shows those of the program above",
      wanted: "0 denials, then some",
      got: `${ours.length} denials, then ${denials(bench, "denied-inside.txt", "/usr/local/bin/reach").length > 0 ? "some" : "none"}`,
      notes: ours[0] ?? "",
    },
    {
      what: "with their own programs again both units run",
      wanted: "active active",
      got: bench.text("units.txt").split("\n").join(" "),
    },
    supportRow(bench),
  ];
}

/** The journal, the units and dpkg are real here. */
function supportRow(bench: Bench): Row {
  const bundle = bench.json<{
    readonly manifest: readonly { readonly name: string; readonly code: string | null }[];
    readonly parts: { readonly journal?: object; readonly units?: object };
  }>("support.json");
  const missing = bundle?.manifest.filter(({ code }) => code !== null) ?? [];
  return {
    what: "a support bundle made as root has all its parts, of the journal and the units too",
    wanted: "journal, units, 0 missing",
    got: [
      bundle?.parts.journal ? "journal" : "no journal",
      bundle?.parts.units ? "units" : "no units",
      `${bundle ? missing.length : "all"} missing`,
    ].join(", "),
    notes: missing.map(({ name, code }) => `${name}: ${code}`).join(", ") || bench.text("support.txt"),
  };
}

function nothing(bench: Bench, name: string, what: string, tries: number): Row {
  const lines = answers(bench, name);
  return {
    what,
    wanted: `0 of ${tries}`,
    got: `${reached(bench, name, /./)} of ${lines.length}`,
    notes: lines.join(", "),
  };
}

const answers = (bench: Bench, name: string) =>
  bench
    .text(`${name}.txt`)
    .split("\n")
    .filter((line) => /^(tcp|udp|open|node) /.test(line));

const reached = (bench: Bench, name: string, kind: RegExp) =>
  answers(bench, name).filter((line) => kind.test(line) && line.endsWith(": yes")).length;

/**
 * With RestrictNamespaces= systemd answers clone3 with ENOSYS, whatever it is for: its flags lie in memory, where no filter
 * sees them (systemd pull request 23126). glibc then makes its thread with clone, which is looked at.
 */
const CLONE3 = "syscall=435 ";
/** Where the programs of the package lie. */
const TELPOST = "/usr/lib/telpost/";
/** Sense asks once, at its start, by netlink for its networks: that it may not is the answer (src/ops/isolation.ts). */
const SOCKET = "syscall=41 ";

/** Of one program, but what is refused and meant to be: systemd has the kernel log what it refuses to others too. */
function denials(bench: Bench, name: string, program: string): string[] {
  const question = new RegExp(` uid=${bench.text("sense-uid.txt")} .* exe="${TELPOST}.* ${SOCKET}`);
  const lines = bench.text(name).split("\n");
  return lines.filter(
    (line) =>
      (line.includes(`exe="${program}`) && !line.includes(CLONE3) && !question.test(line)) ||
      line.includes("DENIED"),
  );
}
