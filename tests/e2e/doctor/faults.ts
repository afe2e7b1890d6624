import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect as connectTo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import Database from "better-sqlite3";
import type { ErrorCode } from "../../../src/base/errors.ts";
import { openPty } from "../../../src/base/native/pty.ts";
import { readConfiguration } from "../../../src/cli/doctor.ts";
import type { Patient } from "../../../src/doctor/check.ts";
import { deviceOf } from "../../../src/forward/platform/files.ts";
import { makeCityRoot } from "../../../src/keys/make.ts";
import { writeSignedKeySet } from "../../../src/keys/write.ts";
import { tfminiFrame } from "../../../src/simulators/benewake-tfmini.ts";
import { writeTrial } from "../../../src/update/safe.ts";
import { newTrial } from "../../../src/update/trial.ts";
import { issueClient, issueServer, makeAuthority } from "../../kit/certificates.ts";
import { startTlsMosquitto } from "../../kit/mosquitto.ts";
import { freePort } from "../../kit/ports.ts";
import { FakeDevice } from "../../kit/pty.ts";
import { type Script, startScriptedBroker } from "../../kit/scripted-broker.ts";
import {
  COOLING,
  ERRORS as EXT4_ERRORS,
  MadeMachine,
  TEMPERATURE,
  UNDER_VOLTAGE,
} from "../../unit/platform/made-machine.ts";
import { type DoctorRig, type Injected, validFor } from "./rig.ts";
import { heardAt } from "./uart.ts";

/** One thing that is wrong, and what the doctor has to say first. */
export interface Fault {
  readonly fault: string;
  /** How it is injected, for the table of docs/doctor.md. */
  readonly how: string;
  readonly check: string;
  readonly code: ErrorCode;
  /** Exit code. */
  readonly exit: 1 | 7;
  readonly needsRoot?: true;
  readonly inject: (rig: DoctorRig, later: Later) => Injected | Promise<Injected>;
}

/** What is to be done when it was looked at, last first. */
export type Later = (undo: () => unknown) => void;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A copy of the machine's files with some changed. */
function machineWith(later: Later, change: (machine: MadeMachine) => void): string {
  const machine = new MadeMachine().makePi();
  later(() => machine.dispose());
  machine.write("proc/net/route", "Iface\tDestination\tGateway\neth0\t00000000\t0102A8C0");
  change(machine);
  return machine.root;
}

/** A program of the system that says what systemd would. */
function systemctl(later: Later, text: string): { root: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), "telpost-path-"));
  later(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, "systemctl"),
    `#!/bin/sh\n[ "$1" = is-active ] && { ${active(text)}; }\ncat <<'E'\n${text}\nE\n`,
    {
      mode: 0o755,
    },
  );
  const root = machineWith(later, (machine) => machine.write("run/systemd/system/x", ""));
  return { root, path: `${folder}:/usr/bin:/bin` };
}

const active = (text: string) =>
  text === "no time service" ? "echo inactive; exit 3" : "echo active; exit 0";

const unit = (id: string, active: string, sub: string, result = "success", file = "enabled") =>
  `Id=${id}\nLoadState=loaded\nActiveState=${active}\nSubState=${sub}\nResult=${result}\nUnitFileState=${file}\n`;
const TARGET = unit("telpost.target", "active", "active");
const FORWARD = unit("telpost-forward.service", "active", "running");
const SENSE = unit("telpost-sense.service", "active", "running");

const senseSays =
  (change: Partial<Extract<Patient["sense"], { answers: true }>["status"]>) =>
  (patient: Patient): Patient =>
    patient.sense.answers
      ? { ...patient, sense: { answers: true, status: { ...patient.sense.status, ...change } } }
      : patient;

const forwardSays =
  (change: Partial<Extract<Patient["forward"], { answers: true }>["status"]>) =>
  (patient: Patient): Patient =>
    patient.forward.answers
      ? { ...patient, forward: { answers: true, status: { ...patient.forward.status, ...change } } }
      : patient;

const withPlaces = (places: Partial<Patient["places"]>) => ({
  patient: (patient: Patient): Patient => ({ ...patient, places: { ...patient.places, ...places } }),
});

const stopped = (patient: Patient): Patient => ({
  ...patient,
  sense: { answers: false, code: "usage.not_running" },
  forward: { answers: false, code: "usage.not_running" },
});

/** A file system of its own, in memory. */
function mounted(later: Later, options: string): string {
  const folder = mkdtempSync(join(tmpdir(), "telpost-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", folder]);
  if (status !== 0) throw new Error("tmpfs could not be mounted");
  later(() => {
    spawnSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

function fileOf(rig: DoctorRig, name: string, text: string, mode = 0o600): string {
  writeFileSync(rig.path(name), text, { mode });
  chmodSync(rig.path(name), mode);
  return rig.path(name);
}

/** A broker of the test's making behind TLS with a good certificate. */
async function scripted(rig: DoctorRig, later: Later, script: Partial<Script>): Promise<Injected> {
  const broker = await startScriptedBroker(script);
  later(() => broker.stop());
  const { cert, key } = rig.server;
  const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
    const inner = connectTo(broker.port);
    socket.pipe(inner).pipe(socket);
    for (const one of [socket, inner]) one.on("error", () => {});
  });
  later(() => server.close());
  return { broker: `${rig.url(await rig.listen(server))}, ${rig.tls()}` };
}

/** A server that shakes hands with this certificate and says nothing. */
async function shaking(
  rig: DoctorRig,
  name: string,
  options: Parameters<typeof issueServer>[2],
  host = "localhost",
) {
  const { cert, key } = issueServer(rig.folder, rig.ca, { name, ...options });
  const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) =>
    socket.on("error", () => {}),
  );
  return { broker: `${rig.url(await rig.listen(server), host)}, ${rig.tls()}` };
}

/** A copy of the outbox of the rig, changed. */
function outboxWith(rig: DoctorRig, name: string, change: (file: string) => void): Injected {
  const folder = rig.path(name);
  mkdirSync(folder);
  const file = join(folder, "outbox.db");
  const source = new Database(join(rig.path("state"), "outbox.db"), { readonly: true });
  writeFileSync(file, source.serialize());
  source.close();
  change(file);
  return withPlaces({ state: folder });
}

function otherDevice(
  rig: DoctorRig,
  later: Later,
): { readonly device: FakeDevice; readonly injected: Injected } {
  const device = new FakeDevice();
  device.plug();
  later(() => device.dispose());
  return { device, injected: { sensors: [rig.sensor(), rig.other(device.link)] } };
}

const line = (consumer: string | null) => ({ name: "", consumer });
const pulse = (rig: DoctorRig, number: number): Injected => ({
  sensors: [rig.sensor(), `id: door, profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: ${number} }`],
});
const CHIP = { path: "/dev/gpiochip0", label: "pinctrl-rp1", lines: [line(null), line("spi0 CS0")] };

const ACCOUNTS = (uid: number, members: string) => (machine: MadeMachine) => {
  machine.write("etc/passwd", `telpost-sense:x:${uid}:990::/:/x\ntelpost-forward:x:${uid + 1}:991::/:/x`);
  machine.write(
    "etc/group",
    `telpost-ops:x:990:\nx:x:991:\ntelpost-handover:x:992:telpost-sense,telpost-forward\n${members}`,
  );
};
const uid = process.getuid?.() ?? 0;

export const FAULTS: readonly Fault[] = [
  {
    fault: "nothing is set up",
    how: "no telpost.yaml",
    check: "configuration",
    code: "config.unreadable",
    exit: 1,
    inject: (rig) => ({
      patient: (patient) => ({ ...patient, configuration: readConfiguration(rig.path("none.yaml")) }),
    }),
  },
  {
    fault: "a mistake in telpost.yaml",
    how: "a key that does not exist",
    check: "configuration",
    code: "config.invalid",
    exit: 1,
    inject: (rig) => ({ text: rig.yaml({}).replace("gateway:", "gatway:") }),
  },
  {
    fault: "the last good configuration runs",
    how: "sense and forward say so",
    check: "configuration",
    code: "config.last_good",
    exit: 1,
    inject: () => ({ patient: senseSays({ instead: "line 3: broker: missing" }) }),
  },
  {
    fault: "telpost.yaml was edited, but not activated",
    how: "the file changes while both processes run",
    check: "configuration",
    code: "config.not_active",
    exit: 7,
    inject: (rig) => ({
      patient: (patient) => ({ ...patient, configuration: { ...patient.configuration, hash: rig.folder } }),
    }),
  },
  {
    fault: "the clock stands in 1970",
    how: "clock at one hour after its beginning, not synced, no battery clock",
    check: "clock",
    code: "clock.unsynced",
    exit: 1,
    inject: () => ({ nowMs: HOUR_MS, sync: { synced: false, maxErrorMs: null } }),
  },
  {
    fault: "no time service runs",
    how: "a systemctl that says so",
    check: "clock",
    code: "clock.no_source",
    exit: 1,
    inject: (_, later) => ({
      sync: { synced: false, maxErrorMs: null },
      ...systemctl(later, "no time service"),
    }),
  },
  {
    fault: "no time server is reached",
    how: "a systemctl that says that the service runs; the clock is not synced",
    check: "clock",
    code: "clock.unsynced",
    exit: 1,
    inject: (_, later) => ({
      sync: { synced: false, maxErrorMs: null },
      ...systemctl(later, [TARGET, FORWARD, SENSE].join("\n")),
    }),
  },
  ...(
    [
      ["too little voltage", UNDER_VOLTAGE, "1", "board", "platform.under_voltage", 1],
      ["the processor is slowed down", COOLING, "2", "board", "platform.throttled", 7],
      ["the processor is too hot", TEMPERATURE, "84000", "board", "platform.hot", 7],
      ["the card has errors", EXT4_ERRORS, "3", "card", "platform.card_errors", 1],
      [
        "the card is worn",
        "sys/block/mmcblk0/device/life_time",
        "0x0a 0x02",
        "card",
        "platform.card_worn",
        7,
      ],
    ] as const
  ).map(([fault, path, text, check, code, exit]): Fault => {
    return {
      fault,
      how: `${path} says ${text}`,
      check,
      code,
      exit,
      inject: (_, later) => ({ root: machineWith(later, (machine) => machine.write(path, text)) }),
    };
  }),
  {
    fault: "something writes to the card without end",
    how: "20 GB a day in the block device's stat",
    check: "card",
    code: "platform.card_busy",
    exit: 7,
    inject: (rig, later) => ({
      root: machineWith(later, (machine) => {
        machine.write("proc/uptime", "86400.00 1.00");
        machine.write(`sys/dev/block/${deviceOf(rig.path("state"))}/stat`, "1 2 3 4 5 6 39062500 8");
      }),
    }),
  },
  {
    fault: "the disk is full",
    how: "a tmpfs of 1 MiB, filled",
    check: "disk",
    code: "platform.disk_full",
    exit: 1,
    needsRoot: true,
    inject: (_, later) => {
      const folder = mounted(later, "size=1m");
      writeFileSync(join(folder, "fill"), Buffer.alloc(2 ** 20 - 4096));
      return withPlaces({ state: folder });
    },
  },
  {
    fault: "no more files fit on the disk",
    how: "a tmpfs without a free inode",
    check: "disk",
    code: "platform.disk_full",
    exit: 1,
    needsRoot: true,
    inject: (_, later) => {
      const folder = mounted(later, "size=1m,nr_inodes=4");
      for (const name of ["a", "b", "c"]) writeFileSync(join(folder, name), "");
      return withPlaces({ state: folder });
    },
  },
  {
    fault: "the disk is nearly full",
    how: "a tmpfs of 1 MiB, filled to 95 %",
    check: "disk",
    code: "platform.disk_low",
    exit: 7,
    needsRoot: true,
    inject: (rig, later) => {
      const folder = mounted(later, "size=1m");
      outboxWith(rig, "low", () => {});
      const database = readFileSync(join(rig.path("low"), "outbox.db"));
      writeFileSync(join(folder, "outbox.db"), database);
      writeFileSync(join(folder, "fill"), Buffer.alloc(2 ** 20 - database.length - 60 * 1024));
      return withPlaces({ state: folder });
    },
  },
  {
    fault: "the disk is read-only",
    how: "a tmpfs mounted read-only",
    check: "disk",
    code: "platform.read_only",
    exit: 1,
    needsRoot: true,
    inject: (_, later) => withPlaces({ state: mounted(later, "size=1m,ro") }),
  },
  {
    fault: "the crash copy would lie on a disk",
    how: "a folder that is on no tmpfs",
    check: "crash",
    code: "crash.not_tmpfs",
    exit: 1,
    inject: () => withPlaces({ crash: import.meta.dirname }),
  },
  {
    fault: "the crash copy has no room",
    how: "a full tmpfs",
    check: "crash",
    code: "crash.unusable",
    exit: 1,
    needsRoot: true,
    inject: (_, later) => {
      const folder = mounted(later, "size=1m");
      writeFileSync(join(folder, "fill"), Buffer.alloc(900 * 1024));
      return withPlaces({ crash: folder });
    },
  },
  {
    fault: "the service's user is not in group dialout",
    how: "etc/group without it",
    check: "accounts",
    code: "process.no_group",
    exit: 1,
    inject: (_, later) => ({ root: machineWith(later, ACCOUNTS(uid, "dialout:x:20:")) }),
  },
  {
    fault: "the key belongs to another user",
    how: "etc/passwd with another number for telpost-sense",
    check: "keys",
    code: "key.unreadable",
    exit: 1,
    inject: (_, later) => ({ root: machineWith(later, ACCOUNTS(uid + 777, "dialout:x:20:telpost-sense")) }),
  },
  {
    fault: "the gateway's key is missing",
    how: "a path that leads nowhere",
    check: "keys",
    code: "key.unreadable",
    exit: 1,
    inject: (rig) => ({ key: rig.path("gone.jwk") }),
  },
  {
    fault: "others can read the gateway's key",
    how: "mode 0644",
    check: "keys",
    code: "key.too_open",
    exit: 1,
    inject: (rig) => ({
      key: fileOf(rig, "open.jwk", readFileSync(rig.path("gateway-key.jwk"), "utf8"), 0o644),
    }),
  },
  {
    fault: "the gateway's key is damaged",
    how: "half of its text",
    check: "keys",
    code: "key.invalid",
    exit: 1,
    inject: (rig) => ({
      key: fileOf(rig, "half.jwk", readFileSync(rig.path("gateway-key.jwk"), "utf8").slice(0, 40)),
    }),
  },
  {
    fault: "the city's keys are of another city",
    how: "a key set signed by another root",
    check: "keys",
    code: "key.signature",
    exit: 1,
    inject: async (rig) => {
      const cityKeys = rig.path("other-city.jws");
      writeSignedKeySet(cityKeys, await rig.keySet(-1, 700, makeCityRoot()));
      return { cityKeys };
    },
  },
  {
    fault: "the last city key has expired",
    how: "a key set that ended yesterday; nothing runs",
    check: "keys",
    code: "key.expired",
    exit: 1,
    inject: async (rig) => {
      const cityKeys = rig.path("expired.jws");
      writeSignedKeySet(cityKeys, await rig.keySet(-9, -1));
      return { cityKeys, patient: stopped };
    },
  },
  {
    fault: "no city key can be used",
    how: "a key set that begins tomorrow; nothing runs",
    check: "keys",
    code: "key.none_usable",
    exit: 1,
    inject: async (rig) => {
      const cityKeys = rig.path("later.jws");
      writeSignedKeySet(cityKeys, await rig.keySet(1, 9));
      return { cityKeys, patient: stopped };
    },
  },
  {
    fault: "the last city key expires soon",
    how: "sense says so",
    check: "keys",
    code: "key.expiring",
    exit: 7,
    inject: () => ({ patient: senseSays({ cityKeyUntilMs: Date.now() + 6 * DAY_MS }) }),
  },
  {
    fault: "the gateway's certificate has expired",
    how: "openssl, ended yesterday",
    check: "certificate",
    code: "broker.tls_expired",
    exit: 1,
    inject: (rig) => ({
      broker: `${rig.url(rig.broker.port)}, ${rig.tls(issueClient(mkdtempSync(rig.path("c")), rig.ca, `${NAME}`, validFor(-1, -9)))}`,
    }),
  },
  {
    fault: "the gateway's certificate expires soon",
    how: "openssl, ends in ten days",
    check: "certificate",
    code: "broker.tls_expiring",
    exit: 7,
    inject: (rig) => ({
      broker: `${rig.url(rig.broker.port)}, ${rig.tls(issueClient(mkdtempSync(rig.path("c")), rig.ca, NAME, validFor(10)))}`,
    }),
  },
  {
    fault: "the gateway has the certificate of another",
    how: "openssl, another common name",
    check: "certificate",
    code: "broker.cert_name",
    exit: 1,
    inject: (rig) => ({
      broker: `${rig.url(rig.broker.port)}, ${rig.tls(issueClient(mkdtempSync(rig.path("c")), rig.ca, "denhaag/scheveningen/gw08", validFor(99)))}`,
    }),
  },
  {
    fault: "key and certificate do not belong together",
    how: "the key of another certificate",
    check: "certificate",
    code: "key.invalid",
    exit: 1,
    inject: (rig) => ({ broker: `${rig.url(rig.broker.port)}, ${rig.tls({ key: rig.server.key })}` }),
  },
  {
    fault: "the CA file is missing",
    how: "a path that leads nowhere",
    check: "certificate",
    code: "key.unreadable",
    exit: 1,
    inject: (rig) => ({ broker: `${rig.url(rig.broker.port)}, ${rig.tls({ ca: rig.path("gone.pem") })}` }),
  },
  {
    fault: "the outbox is no database any more",
    how: "its header overwritten",
    check: "outbox",
    code: "outbox.damaged",
    exit: 1,
    inject: (rig) => outboxWith(rig, "header", (file) => writeFileSync(file, Buffer.alloc(8192, 0x5a))),
  },
  {
    fault: "a page of the outbox is lost",
    how: "its third page zeroed",
    check: "outbox",
    code: "outbox.damaged",
    exit: 1,
    inject: (rig) =>
      outboxWith(rig, "page", (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0, 2 * 1024, 3 * 1024);
        writeFileSync(file, bytes);
      }),
  },
  {
    fault: "the outbox was written by a newer telpost",
    how: "major version 2 in its table",
    check: "outbox",
    code: "outbox.newer",
    exit: 1,
    inject: (rig) =>
      outboxWith(rig, "newer", (file) => {
        const database = new Database(file);
        database.exec("UPDATE meta SET value = '2' WHERE key = 'major'");
        database.close();
      }),
  },
  {
    fault: "the outbox is gone",
    how: "an empty state folder, while forward runs",
    check: "outbox",
    code: "outbox.absent",
    exit: 1,
    inject: (rig) => {
      mkdirSync(rig.path("empty"));
      return withPlaces({ state: rig.path("empty") });
    },
  },
  {
    fault: "a sensor was never plugged in",
    how: "a port that is not there",
    check: "ports",
    code: "device.absent",
    exit: 1,
    inject: (rig) => ({ sensors: [rig.sensor(), rig.other("/dev/serial/by-id/usb-none-port0")] }),
  },
  {
    fault: "the port is no serial device",
    how: "/dev/null as port",
    check: "ports",
    code: "device.not_serial",
    exit: 1,
    inject: (rig) => ({ sensors: [rig.sensor(), rig.other("/dev/null")] }),
  },
  {
    fault: "the port has a name that moves",
    how: "a link /dev/ttyUSB... to a pty, which has a name in dev/serial/by-id too",
    check: "ports",
    code: "device.name_moves",
    exit: 7,
    needsRoot: true,
    inject: (rig, later) => {
      const pty = openPty();
      const path = `/dev/ttyUSB${process.pid}`;
      symlinkSync(pty.path, path);
      later(() => rmSync(path));
      later(() => pty.close());
      const root = machineWith(later, (machine) => {
        mkdirSync(join(machine.root, "dev/serial/by-id"), { recursive: true });
        symlinkSync(pty.path, join(machine.root, "dev/serial/by-id/usb-FTDI_TP0001-if00-port0"));
      });
      return { sensors: [rig.sensor(), rig.other(path)], root };
    },
  },
  {
    fault: "two sensors lead to one port",
    how: "the same port twice, under two names",
    check: "ports",
    code: "device.shared",
    exit: 1,
    inject: (rig) => ({ sensors: [rig.sensor(), rig.other(rig.device.terminal ?? "")] }),
  },
  {
    fault: "another program holds the port",
    how: "a child that has the pty open",
    check: "ports",
    code: "device.busy",
    exit: 1,
    inject: (rig, later) => {
      const { device, injected } = otherDevice(rig, later);
      const holder: ChildProcess = spawn("sleep", ["60"], {
        stdio: [openSync(device.link, "r+"), "ignore", "ignore"],
      });
      later(() => holder.kill());
      return injected;
    },
  },
  {
    fault: "the service may not open the port",
    how: "a pty of mode 0600 that belongs to somebody else",
    check: "ports",
    code: "device.denied",
    exit: 1,
    needsRoot: true,
    inject: (rig, later) => {
      const key = fileOf(rig, "owned.jwk", readFileSync(rig.path("gateway-key.jwk"), "utf8"));
      chownSync(key, 4242, 4242);
      const pty = openPty();
      later(() => pty.close());
      chmodSync(pty.path, 0o600);
      const sensors = [rig.other(pty.path)];
      return { key, sensors, root: machineWith(later, ACCOUNTS(4242, "dialout:x:20:telpost-sense")) };
    },
  },
  {
    fault: "the GPIO chip is not there",
    how: "no chip of this label",
    check: "lines",
    code: "device.no_chip",
    exit: 1,
    inject: (rig) => pulse(rig, 0),
  },
  {
    fault: "the GPIO chip may not be opened",
    how: "a chip that refuses",
    check: "lines",
    code: "device.denied",
    exit: 1,
    inject: (rig) => ({ ...pulse(rig, 0), chips: [{ path: "/dev/gpiochip0", label: null, lines: [] }] }),
  },
  {
    fault: "the GPIO line does not exist",
    how: "line 40 of a chip with two",
    check: "lines",
    code: "device.no_line",
    exit: 1,
    inject: (rig) => ({ ...pulse(rig, 40), chips: [CHIP] }),
  },
  {
    fault: "the GPIO line is busy",
    how: "a line that spi0 holds",
    check: "lines",
    code: "device.line_busy",
    exit: 1,
    inject: (rig) => ({ ...pulse(rig, 1), chips: [CHIP] }),
  },
  {
    fault: "the line of the status light is busy",
    how: "a line that spi0 holds",
    check: "lines",
    code: "device.line_busy",
    exit: 7,
    inject: () => ({ statusLight: "gpio: { chip: pinctrl-rp1, line: 1 }", chips: [CHIP] }),
  },
  {
    fault: "the line of the status light cannot be driven",
    how: "sense says so",
    check: "sensors",
    code: "device.line_refused",
    exit: 7,
    inject: () => ({ patient: senseSays({ light: { sign: null, code: "device.line_refused" } }) }),
  },
  ...(
    [
      [
        "a unit has failed",
        [unit("telpost-sense.service", "failed", "failed", "exit-code")],
        "process.failed",
        1,
      ],
      [
        "a unit starts again and again",
        [unit("telpost-sense.service", "activating", "auto-restart", "exit-code")],
        "process.failed",
        1,
      ],
      ["a unit was stopped", [unit("telpost-sense.service", "inactive", "dead")], "process.stopped", 1],
      [
        "telpost does not start with the machine",
        [SENSE, unit("telpost.target", "active", "active", "", "disabled")],
        "process.disabled",
        7,
      ],
    ] as const
  ).map(([fault, units, code, exit]): Fault => {
    const text = [FORWARD, ...units].join("\n");
    const how = "a systemctl that says so";
    return { fault, how, check: "units", code, exit, inject: (_, later) => systemctl(later, text) };
  }),
  {
    fault: "the processes do not answer",
    how: "nobody listens on the control sockets",
    check: "processes",
    code: "usage.not_running",
    exit: 1,
    inject: () => ({ patient: stopped }),
  },
  {
    fault: "who asks is in no group of telpost",
    how: "the control sockets refuse, as connect(2) does with EACCES",
    check: "processes",
    code: "control.denied",
    exit: 7,
    inject: () => ({
      patient: (patient) => {
        const refused = { answers: false, code: "control.denied" } as const;
        return { ...patient, sense: refused, forward: refused };
      },
    }),
  },
  {
    fault: "sense does not reach forward",
    how: "sense says so, and forward answers",
    check: "processes",
    code: "handover.unreachable",
    exit: 1,
    inject: () => ({ patient: senseSays({ handover: "absent" }) }),
  },
  {
    fault: "there is water in the cabinet",
    how: "sense says so of a contact",
    check: "sensors",
    code: "contact.water",
    exit: 7,
    inject: () => ({
      patient: senseSays({
        contacts: [{ id: "float", use: "water", condition: "alarm", code: "contact.water" }],
      }),
    }),
  },
  {
    fault: "no cable, no modem",
    how: "an empty table of routes",
    check: "route",
    code: "network.no_route",
    exit: 1,
    inject: (rig, later) => ({
      broker: `${rig.url(8883, "broker.example")}, ${rig.tls()}`,
      root: machineWith(later, (machine) => machine.write("proc/net/route", "Iface\tDestination\tGateway")),
    }),
  },
  {
    fault: "the broker's name does not exist",
    how: "a name below .invalid",
    check: "name",
    code: "broker.unresolved",
    exit: 1,
    inject: (rig) => ({ broker: `${rig.url(8883, "no-such-host.invalid")}, ${rig.tls()}` }),
  },
  {
    fault: "no name server answers",
    how: "what getaddrinfo says in a network without one (unshare -n)",
    check: "name",
    code: "network.no_dns",
    exit: 1,
    needsRoot: true,
    inject: (rig) => ({
      broker: `${rig.url(8883, "broker.example")}, ${rig.tls()}`,
      lookup: async (host) => {
        const asked = "require('dns').lookup(process.argv[1], (failure) => console.log(failure?.code))";
        const { stdout } = spawnSync("unshare", ["-n", process.execPath, "-e", asked, host]);
        return `${stdout}`.trim();
      },
    }),
  },
  {
    fault: "nothing listens at the broker's port",
    how: "a closed port of loopback",
    check: "tcp",
    code: "broker.unreachable",
    exit: 1,
    inject: (rig) => ({ broker: `${rig.url(freePort())}, ${rig.tls()}` }),
  },
  {
    fault: "the broker's port swallows everything",
    how: "a listener of loopback whose queue is full",
    check: "tcp",
    code: "broker.timeout",
    exit: 1,
    inject: async (rig, later) => ({
      broker: `${rig.url(await blackHole(later), "127.0.0.1")}, ${rig.tls()}`,
      inTime: true,
    }),
  },
  {
    fault: "the broker takes the connection and says nothing",
    how: "a server of loopback that is silent",
    check: "tls",
    code: "broker.timeout",
    exit: 1,
    inject: async (rig) => ({
      broker: `${rig.url(await rig.listen(createServer()))}, ${rig.tls()}`,
      inTime: true,
    }),
  },
  {
    fault: "the port speaks no TLS",
    how: "a server that says hello in plain text",
    check: "tls",
    code: "broker.tls_other",
    exit: 1,
    inject: async (rig) => {
      const server = createServer((socket) => socket.on("error", () => {}).end("220 hello\r\n"));
      return { broker: `${rig.url(await rig.listen(server))}, ${rig.tls()}` };
    },
  },
  {
    fault: "the broker's certificate has expired",
    how: "openssl, ended yesterday",
    check: "tls",
    code: "broker.tls_expired",
    exit: 1,
    inject: (rig) => shaking(rig, "old", { validity: validFor(-1, -9) }),
  },
  {
    fault: "the broker's certificate is not valid yet",
    how: "openssl, begins tomorrow",
    check: "tls",
    code: "broker.tls_expired",
    exit: 1,
    inject: (rig) => shaking(rig, "young", { validity: validFor(9, 1) }),
  },
  {
    fault: "the broker's certificate expires soon",
    how: "openssl, ends in five days",
    check: "tls",
    code: "broker.tls_expiring",
    exit: 7,
    inject: async (rig, later) => {
      const server = issueServer(rig.folder, rig.ca, { name: "soon", validity: validFor(5) });
      const broker = await startTlsMosquitto(rig.ca, server);
      later(() => broker.stop());
      return { broker: `${rig.url(broker.port)}, ${rig.tls()}` };
    },
  },
  {
    fault: "the broker's certificate is of another CA",
    how: "openssl, another CA in broker.ca",
    check: "tls",
    code: "broker.tls_ca",
    exit: 1,
    inject: (rig) => ({
      broker: `${rig.url(rig.broker.port)}, ${rig.tls({ ca: makeAuthority(rig.folder, "other").ca })}`,
    }),
  },
  {
    fault: "the broker's certificate is for another name",
    how: "openssl, DNS:broker.example",
    check: "tls",
    code: "broker.tls_name",
    exit: 1,
    inject: (rig) => shaking(rig, "named", { names: "DNS:broker.example" }),
  },
  {
    fault: "the broker does not know the gateway's CA",
    how: "real Mosquitto, a client certificate of another CA",
    check: "login",
    code: "broker.tls_client",
    exit: 1,
    inject: (rig) => {
      const { cert, key } = issueClient(
        rig.folder,
        makeAuthority(rig.folder, "stranger"),
        NAME,
        validFor(99),
      );
      return { broker: `${rig.url(rig.broker.port)}, ${rig.tls({ cert, key })}` };
    },
  },
  ...(
    [
      ["the broker refuses the login", { connect: () => 0x87 }, "broker.refused"],
      ["the broker is busy", { connect: () => 0x89 }, "broker.unreachable"],
      ["the broker closes the connection", { connect: () => "close" }, "broker.closed"],
      [
        "the broker speaks MQTT 3.1.1 only",
        { connect: ({ protocolVersion }) => (protocolVersion === 5 ? 0x84 : 0) },
        "broker.not_proof",
      ],
      ["the broker rejects the message", { publish: () => 0x97 }, "broker.rejected"],
    ] as readonly (readonly [string, Partial<Script>, ErrorCode])[]
  ).map(([fault, script, code]): Fault => {
    const inject: Fault["inject"] = (rig, later) => scripted(rig, later, script);
    return { fault, how: "a broker that does so", check: "login", code, exit: 1, inject };
  }),
  {
    fault: "the port is no broker",
    how: "a TLS server that answers in HTTP",
    check: "login",
    code: "broker.protocol",
    exit: 1,
    inject: async (rig) => {
      const { cert, key } = rig.server;
      const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
        socket.on("error", () => {}).once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      });
      return { broker: `${rig.url(await rig.listen(server))}, ${rig.tls()}` };
    },
  },
  {
    fault: "the broker's ACL denies the gateway",
    how: "real Mosquitto, an ACL without this gateway",
    check: "login",
    code: "broker.denied",
    exit: 1,
    inject: async (rig, later) => {
      const acl = fileOf(rig, "acl", "user city-denhaag\ntopic read telpost/v1/denhaag/#\n");
      const broker = await startTlsMosquitto(rig.ca, rig.server, acl);
      later(() => broker.stop());
      return { broker: `${rig.url(broker.port)}, ${rig.tls()}` };
    },
  },
  {
    fault: "nobody reads at the broker",
    how: "forward says so",
    check: "delivery",
    code: "broker.no_subscriber",
    exit: 1,
    inject: () => ({
      patient: (patient) =>
        patient.forward.answers
          ? forwardSays({ uplink: { ...patient.forward.status.uplink, code: "broker.no_subscriber" } })(
              patient,
            )
          : patient,
    }),
  },
  {
    fault: "messages wait for hours",
    how: "forward says so: the oldest is 5 h old",
    check: "queue",
    code: "outbox.aging",
    exit: 7,
    inject: () => ({ patient: (patient) => waiting(patient, 5 * HOUR_MS) }),
  },
  {
    fault: "the outbox will soon be too old",
    how: "forward says so: the oldest is 29 of 30 days old",
    check: "queue",
    code: "outbox.filling",
    exit: 1,
    inject: () => ({ patient: (patient) => waiting(patient, 29 * DAY_MS) }),
  },
  {
    fault: "an old version runs on",
    how: "forward says that it is 0.0.9",
    check: "versions",
    code: "process.older",
    exit: 1,
    inject: () => ({ patient: forwardSays({ version: "0.0.9" }) }),
  },
  ...(
    [
      ["an update was taken back", "returned", "update.returned", 7],
      ["an update failed, and so did the way back", "stuck", "update.stuck", 1],
    ] as const
  ).map(
    ([fault, outcome, code, exit]): Fault => ({
      fault,
      how: "the file that a trial leaves",
      check: "versions",
      code,
      exit,
      inject: (rig, later) => {
        mkdirSync(rig.path("safe"));
        later(() => rmSync(rig.path("safe"), { recursive: true }));
        const versions = { what: "package", from: "0.1.0", to: "0.2.0" } as const;
        const startedAt = new Date().toISOString();
        const planned = { ...versions, limitSeconds: 60, proof: "kept", sha256: null } as const;
        const trial = newTrial({ ...planned, before: [], bootId: "b", startedAt });
        const ended = { step: "done", outcome, why: "no window came", endedAt: startedAt } as const;
        writeTrial(rig.path("safe"), { ...trial, ...ended });
        return {};
      },
    }),
  ),
  {
    fault: "a sensor is set to another baud rate",
    how: "telpost stopped; a pty that brings its frames as a line at 57600 baud would",
    check: "frames",
    code: "device.garbled",
    exit: 1,
    inject: (rig, later) => {
      const frames = Buffer.concat(Array.from({ length: 8 }, () => tfminiFrame(3)));
      return talking(rig, later, heardAt(frames, 57_600, 115_200));
    },
  },
  {
    fault: "another device is on the port",
    how: "telpost stopped; a pty that brings lines of text",
    check: "frames",
    code: "device.garbled",
    exit: 1,
    inject: (rig, later) => talking(rig, later, Buffer.from('{"temperature":21.5}\n')),
  },
  {
    fault: "a sensor is silent while telpost is stopped",
    how: "telpost stopped; a pty that brings nothing",
    check: "frames",
    code: "device.silent",
    exit: 1,
    inject: (rig, later) => talking(rig, later, null),
  },
  {
    fault: "a running sensor is set to another baud rate",
    how: "a running sensor brings its frames as a line at 57600 baud would",
    check: "sensors",
    code: "device.garbled",
    exit: 1,
    inject: (rig, later) => saying(rig, later, heardAt(tfminiFrame(3), 57_600, 115_200), "device.garbled"),
  },
  {
    fault: "a running sensor was exchanged for another device",
    how: "a running sensor brings lines of text",
    check: "sensors",
    code: "device.garbled",
    exit: 1,
    inject: (rig, later) => saying(rig, later, Buffer.from('{"temperature":21.5}\n'), "device.garbled"),
  },
  {
    fault: "a sensor has fallen silent",
    how: "a running sensor sends nothing any more",
    check: "sensors",
    code: "device.silent",
    exit: 1,
    inject: (rig, later) => saying(rig, later, null, "device.silent"),
  },
  {
    fault: "a sensor was pulled out",
    how: "a running sensor's pty is closed",
    check: "ports",
    code: "device.absent",
    exit: 1,
    inject: async (rig, later) => {
      later(() => {
        rig.device.plug();
        return rig.isWell();
      });
      rig.device.unplug();
      await rig.sees("a sensor that is gone", sensorIs("device.absent"));
      return { sensorIsBroken: true };
    },
  },
];

const NAME = "denhaag/scheveningen/gw07";

/** A sensor beside that of the rig, on a port that nobody reads, which says this. */
function talking(rig: DoctorRig, later: Later, says: Uint8Array | null): Injected {
  const { device, injected } = otherDevice(rig, later);
  const timer = setInterval(() => says && device.send(says), 20);
  later(() => clearInterval(timer));
  return { ...injected, patient: stopped };
}

/** The sensor of the processes that run says something else from now on. */
async function saying(
  rig: DoctorRig,
  later: Later,
  says: Uint8Array | null,
  code: ErrorCode,
): Promise<Injected> {
  const before = rig.says;
  later(() => {
    rig.says = before;
    return rig.isWell();
  });
  rig.says = says;
  await rig.sees(code, sensorIs(code));
  return { sensorIsBroken: true };
}

const sensorIs =
  (code: ErrorCode) =>
  ({ sense }: Patient): boolean =>
    sense.answers && sense.status.sensors.some((one) => one.code === code);

function waiting(patient: Patient, ageMs: number): Patient {
  if (!patient.forward.answers) return patient;
  const { outbox } = patient.forward.status;
  const stats = { ...outbox, queued: 300, queuedBytes: 300 * 1200, oldestAtMs: Date.now() - ageMs };
  return forwardSays({ outbox: stats })(patient);
}

/** A port of loopback that takes no more connections: the kernel drops every SYN. */
async function blackHole(later: Later): Promise<number> {
  const script =
    "import socket,sys,time\ns=socket.socket();s.bind(('127.0.0.1',0));s.listen(0)\nc=[]\nfor _ in range(3):\n  k=socket.socket();k.setblocking(False);k.connect_ex(s.getsockname());c.append(k)\nprint(s.getsockname()[1],flush=True);time.sleep(60)";
  const child = spawn("/usr/bin/python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  later(() => child.kill());
  return new Promise((resolve) => child.stdout?.once("data", (text) => resolve(Number(text))));
}
