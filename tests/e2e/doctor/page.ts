import type { DoctorReport } from "../../../src/contract/doctor-report.ts";
import type { Fault } from "./faults.ts";
import type { DoctorRig } from "./rig.ts";

/** One line of the table: what was wrong, how it was made so, and what stood first. */
export function rowOf({ fault, how, exit }: Fault, { findings }: DoctorReport, rig: DoctorRig): string {
  const [first] = findings;
  const cure = (first?.cure ?? "")
    .replaceAll(rig.folder, "/etc/telpost")
    .replaceAll(/(?<=\/etc\/telpost\/)configs\/\w+(?=\.yaml)/g, "telpost")
    .replaceAll(/(?<=\/etc\/telpost\/)c\w{6}\/|client-ca-/g, "")
    .replaceAll(/\/dev\/pts\/\d+|\/\S*usb-fake-port0|\/\S*telpost-mount-\w+/g, "...")
    .replaceAll(/(?<=localhost |127\.0\.0\.1 )\d+/g, "8883");
  const cells = [fault, how, `\`${first?.code}\``, first?.what, cure, exit];
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

/** The text of docs/doctor.md. */
export function doctorPage(faults: readonly Fault[], rows: ReadonlyMap<string, string>): string {
  return `# What the doctor says of ${faults.length} faults

\`telpost doctor\` looks at a gateway whether telpost runs or not, writes nothing, and puts first what is wrong, with what
to do. This table is written by its test (\`tests/e2e/doctor\`): each fault is injected once into a gateway that is well, with
real processes, a real Mosquitto with TLS and ACL, pseudo-terminals as ports, SQLite files and file systems. What cannot be
made here (voltage, heat, the card's life, systemd, GPIO chips) is injected as the files, answers and structures that the
kernel and systemd give; what both processes would say, where it takes a month, is put into their answer.

Exit codes: 0 nothing wrong, 7 warnings only, 1 something failed. Swapped or mirrored sensors need passages to be seen: the
walk test names them, not the doctor.

| fault | how it was injected | first code | what the doctor said | the cure it gave | exit |
|---|---|---|---|---|---|
${faults.map(({ fault }) => rows.get(fault) ?? `| ${fault} | not run |`).join("\n")}
`;
}
