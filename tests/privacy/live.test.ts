import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verbs } from "../../src/cli/verbs.ts";
import type { DoctorReport } from "../../src/contract/doctor-report.ts";
import { readKeyPair } from "../../src/keys/files.ts";
import type { Bundle } from "../../src/support/collect.ts";
import { describeWith } from "../kit/programs.ts";
import { jweOf, openPart } from "../kit/sealed-message.ts";
import type { Ended } from "../kit/telpost.ts";
import { aWhile, until } from "../kit/until.ts";
import { evidence } from "./evidence.ts";
import { type Heard, LiveTwin } from "./live-twin.ts";
import { linesOf } from "./people.ts";
import { filesBelow, sealedIn, secretsBelow, totalsOnCard, triesToOpen } from "./thief.ts";

/**
 * Two gateways of real processes on real brokers, one in front of nobody and one in front of a crowd, and everything that
 * can be seen of them from outside: by who taps the line, reads the logs, asks for the status, or takes the card away.
 */

/** What a camera script prints beside what is asked for, and none of which may be found anywhere. */
const CANARIES = {
  track: "74ef8320-302e-5128-b490-11ecb955ce37",
  mac: "8f:27:2e:b8:0f:65",
  stamp: "1780315200123",
  image: "/9j/4AAQSkZJRgABAQEASABIAAD",
  x: "0.7135791",
};
/** Passages in one window: six digits in a row stand nowhere else. */
const EXACT = 131_847;
const TOTALS = [1_987_654_321, 1_987_654_338, 1_987_654_359];
/** What lies on a gateway that was handed to a city's engineer: none of the city's own files. */
const OF_THE_CITY = ["city-private.jwks", "site.yaml", "seen.sqlite"];
/** Frames in which somebody walks over the line. */
const STEPS = 20;

const frame = (y: number) =>
  `${JSON.stringify({
    tracks: [{ id: CANARIES.track, x: Number(CANARIES.x), y, mac: CANARIES.mac }],
    at: Number(CANARIES.stamp),
    image: CANARIES.image,
  })}\n`;

/** Without what differs between any two gateways: times, ids, ports, thumbprints, durations. */
function masked(text: string): string {
  return (
    text
      .replaceAll(/[\w-]{43}/g, "THUMBPRINT")
      // The name of a simulated device is drawn.
      .replaceAll(/telpost-pty-\w{6}/g, "PTY")
      .replaceAll(/"[0-9a-z]{16}"/g, '"EPOCH"')
      .replaceAll(/"(configHash|cityKey|detail)":"[^"]*"/g, '"$1":"MASKED"')
      // Null until forward has told, which the first report may be too early for.
      .replaceAll(/"walkTests":(null|\d+)/g, '"walkTests":"TOLD"')
      // Times of messages, and null while none waits: that depends on the moment of the question.
      .replaceAll(/"(oldest\w*|lastProof\w*|drainSeconds)":[^,}]*/g, '"$1":"TIME"')
      .replaceAll(/\d[\d.:TZ-]*/g, "N")
  );
}

/** As `masked`, and without what waits for the broker at the moment of the question. */
const shown = (text: string) =>
  masked(
    text
      .replaceAll(/\n {2,}/g, " ")
      .replaceAll(/epoch \S+/g, "epoch EPOCH")
      .replaceAll(/configuration \S+/g, "configuration HASH")
      .replaceAll(/^OUTBOX .*$/gm, "OUTBOX")
      .replaceAll(/(last proof )none yet/g, "$1TIME"),
  ).replaceAll(/ +/g, " ");

/** What was heard on a line: all of it, but for the place of the device and the times of this machine. */
const heardAlike = ({ code, out, err }: Ended) => [
  code,
  out.replaceAll(/"timing":{[^}]*}/g, '"timing":"TIME"').replaceAll(/telpost-pty-\w{6}/g, "PTY"),
  err,
];

/** What is signed in the privacy report: the signature around it differs from gateway to gateway. */
const signedOf = (topic: string, payload: string) =>
  topic.endsWith("/privacy") ? Buffer.from(payload.split(".")[1] ?? "", "base64url").toString() : payload;

const findingsIn = (out: string) => (JSON.parse(out) as DoctorReport).findings;

/** What the doctors found, but for checks that a busy machine was too slow for; the code is that of all of them. */
function foundAlike(doctors: readonly Ended[]): (readonly [number | null, readonly string[]])[] {
  const slow = new Set(
    doctors
      .flatMap(({ out }) => findingsIn(out))
      .filter(({ why }) => /Nothing came within|no time was left|in 3 s|because of/.test(why))
      .map(({ check }) => check),
  );
  return doctors.map(({ code, out }) => {
    const judged = findingsIn(out).filter(({ check }) => !slow.has(check));
    return [slow.size === 0 ? code : null, judged.map((one) => masked(JSON.stringify(one)))] as const;
  });
}

/** Each of a list once: how many windows and rows there are depends on the moment of the question. */
const onceEach = (list: readonly object[]) => [...new Set(list.map((one) => masked(JSON.stringify(one))))];

/** What a support bundle shows, part by part: the doctor's findings are compared as those of the doctors. */
function shownBy({ out }: Ended): readonly (readonly [string, unknown])[] {
  const { manifest, parts } = JSON.parse(out) as Bundle;
  const { doctor: _, windows, outbox: __, ...others } = parts;
  const { sense, forward } = windows as {
    sense: object[];
    forward: { provenAt: unknown }[];
  };
  return [
    ["manifest", manifest],
    // The first windows begin with the gateway, and the last ones are on their way.
    ["sealed", onceEach(sense.slice(-2))],
    ["passed", onceEach(forward.filter(({ provenAt }) => provenAt !== null))],
    ...Object.entries(others).map(([name, part]) => [name, masked(JSON.stringify(part))] as const),
  ];
}

/** The doctor's findings in a bundle, as `telpost doctor --json` prints them. */
const doctorIn = ({ code, out, ...ended }: Ended): Ended => ({
  ...ended,
  code,
  out: JSON.stringify((JSON.parse(out) as Bundle).parts.doctor),
});

const linesOfLog = (text: string) => [...new Set(text.trim().split("\n").map(masked))].sort();

describeWith(["mosquitto"], "a gateway in front of a crowd, and its twin in front of nobody", () => {
  const [quiet, busy] = [new LiveTwin(), new LiveTwin()];
  const twins = [quiet, busy];
  let theft: string;
  let duringWindow: { readonly before: string[]; readonly after: string[]; readonly crash: string };
  let commands: Map<string, Ended>;
  let statuses: Ended[];
  let doctors: Ended[];
  let told: Ended[][];
  let bundles: Ended[];
  let sniffs: Ended[][];
  let inspected: boolean;
  let liveWal: Buffer;
  let acknowledged: Heard[];

  /** Sends a crowd into the open window, and looks at the card before and after. */
  async function crowdWithinWindow(): Promise<typeof duringWindow> {
    for (;;) {
      await busy.nextWindow();
      const [before, sealed] = [busy.stateHashes(), busy.sealed.length];
      busy.gate.send(Buffer.from(linesOf(EXACT)));
      const isThere = () => busy.crashCopy().includes(`"in":${EXACT},`);
      await until(
        () => isThere() || busy.sealed.length > sealed,
        "the crowd in the crash copy, or a new window",
      );
      const seen = { before, after: busy.stateHashes(), crash: busy.crashCopy() };
      if (busy.sealed.length === sealed) return seen;
    }
  }

  /** Somebody walks over the line of the busy camera, while the quiet one sees nobody. */
  function crosses(): void {
    for (let step = 0; step <= STEPS; step++) {
      busy.camera.send(Buffer.from(frame(-1 + (2 * step) / STEPS)));
      quiet.camera.send(Buffer.from('{"tracks":[]}\n'));
    }
  }

  /** Again until it is seen in the open window: one that ends at that moment has it already sealed. */
  async function crossesWithinWindow(): Promise<void> {
    const isSeen = () => /"flow\/exit",\{"in":1,/.test(busy.crashCopy());
    while (!isSeen()) {
      const sealed = busy.sealed.length;
      crosses();
      await until(
        () => isSeen() || busy.sealed.length > sealed,
        "somebody crosses the line, or a new window",
      );
    }
  }

  /** Takes a copy of everything on the gateway, tmpfs included, while it runs. */
  function steal(): void {
    theft = mkdtempSync(join(tmpdir(), "telpost-theft-"));
    for (const path of filesBelow(busy.live.folder)) {
      const name = relative(busy.live.folder, path);
      if (OF_THE_CITY.includes(name)) continue;
      mkdirSync(dirname(join(theft, name)), { recursive: true });
      copyFileSync(path, join(theft, name));
    }
  }

  /** What a technician is shown of a gateway, of its sensors and of a window. */
  async function tell({ live, command }: LiveTwin): Promise<Ended[]> {
    const sockets = ["--runtime", live.places.runtime, "--crash", live.places.crash];
    const subjects = ["gate", "turnstile", "camera", "device.silent", "--seq=2"];
    const shown = [await command("top", ...sockets)];
    for (const subject of subjects) shown.push(await command("explain", subject, ...sockets));
    return shown;
  }

  /** The support bundle of a gateway: what stands in the file, behind what the command says. */
  async function bundle({ live, command }: LiveTwin): Promise<Ended> {
    const { runtime, crash, state } = live.places;
    const file = live.path("support.json.gz");
    const places = ["--runtime", runtime, "--crash", crash, "--state", state];
    const ended = await command(
      "support-bundle",
      "--out",
      file,
      "--config",
      live.path("telpost.yaml"),
      ...places,
    );
    return { ...ended, err: ended.out + ended.err, out: gunzipSync(readFileSync(file)).toString() };
  }

  /** What an engineer is told who listens to the lines, while a camera shows nobody, or somebody who walks about. */
  async function sniff(
    { live, camera, command }: LiveTwin,
    line: (step: number) => string,
  ): Promise<Ended[]> {
    let step = 0;
    const talking = setInterval(() => camera.send(Buffer.from(line(step++))), 100);
    const heard: Ended[] = [];
    for (const sensor of ["camera", "gate", "turnstile"])
      heard.push(await command("sniff", sensor, "--json", "--seconds", "3", "--crash", live.places.crash));
    clearInterval(talking);
    return heard;
  }

  async function ask(): Promise<void> {
    const { runtime, crash, state } = busy.live.places;
    const config = busy.live.path("telpost.yaml");
    const sockets = ["--runtime", runtime, "--crash", crash];
    const asked: [string, string[]][] = [
      ["status", ["status", ...sockets]],
      ["outbox ls", ["outbox", "ls", "--json", "--state", state]],
      ["outbox verify", ["outbox", "verify", "--json", "--state", state]],
      ["outbox export", ["outbox", "export", busy.live.path("export.ndjson"), "--state", state]],
      ["check", ["check", "--config", config]],
    ];
    const answers = asked.map(async ([name, args]) => [name, await busy.command(...args)] as const);
    const status = twins.map(({ live }) =>
      busy.command("status", "--json", "--runtime", live.places.runtime, "--crash", live.places.crash),
    );
    commands = new Map(await Promise.all(answers));
    statuses = await Promise.all(status);
    // After the others: a doctor gives both processes a second to answer, and judges them by it.
    const doctor = twins.map(({ live }) =>
      busy.command(
        "doctor",
        ...["--json", "--config", live.path("telpost.yaml"), "--state", live.places.state],
        ...["--runtime", live.places.runtime, "--crash", live.places.crash],
      ),
    );
    doctors = await Promise.all(doctor);
    told = await Promise.all(twins.map(tell));
    bundles = await Promise.all(twins.map(bundle));
    commands.set("support-bundle", bundles[1] as Ended);
    const somebody = (step: number) => frame(Math.abs((step % STEPS) - STEPS / 2) / 10 + 0.1);
    sniffs = await Promise.all([sniff(quiet, () => '{"tracks":[]}\n'), sniff(busy, somebody)]);
  }

  beforeAll(async () => {
    await Promise.all(twins.map((twin) => twin.start()));
    for (const total of TOTALS) {
      busy.turnstile.send(Buffer.from(`{"inTotal":${total}}\n`));
      if (total === TOTALS[0]) await crossesWithinWindow();
      else crosses();
      // Half a line, so that a frame is in memory.
      busy.camera.send(Buffer.from(frame(0.5).slice(0, -20)));
      quiet.camera.send(Buffer.from('{"tracks":['));
      if (total !== TOTALS.at(-1)) await busy.nextWindow();
      else duringWindow = await crowdWithinWindow();
    }
    steal();
    await ask();
    for (const { live } of twins) for (const one of [live.sense, live.forward]) one?.child.kill("SIGUSR1");
    await aWhile();
    inspected = await inspectorAnswers();
    await Promise.all(twins.map((twin) => twin.nextWindow()));
    acknowledged = busy.sealed.slice(0, -1);
    liveWal = readFileSync(join(busy.live.places.state, "outbox.db-wal"));
    for (const { live } of twins) await live.sense?.stop();
    for (const { live } of twins) await live.forward?.stop();
  });

  afterAll(async () => {
    for (const twin of twins) await twin.dispose();
    if (theft) rmSync(theft, { recursive: true });
  });

  const textsOf = (folder: string) => filesBelow(folder).map((path) => readFileSync(path, "latin1"));
  const said = () =>
    [...commands.values(), ...statuses, ...doctors, ...told.flat(), ...bundles, ...sniffs.flat()].map(
      ({ out, err }) => out + err,
    );
  const traffic = () => busy.heard.map(({ topic, payload }) => `${topic} ${payload}`).join("\n");

  it("P1 finds no canary in traffic, data folder, crash copy, logs at trace, or what a command says", () => {
    const everything = [
      traffic(),
      ...busy.live.said(),
      ...said(),
      ...textsOf(theft),
      ...textsOf(busy.live.folder),
    ];
    expect(everything.join("").length).toBeGreaterThan(20_000);
    for (const [name, canary] of Object.entries(CANARIES))
      expect([name, everything.filter((text) => text.includes(canary))]).toEqual([name, []]);
    evidence(
      "P1",
      `${Object.keys(CANARIES).length} canaries in ${TOTALS.length * (STEPS + 2)} frames: none in traffic, files, tmpfs, logs at trace, the output of commands or the support bundle`,
    );
  });

  it("P2 writes nothing below the state folder during an open window, whoever passes", () => {
    expect(duringWindow.before.length).toBeGreaterThan(3);
    expect(duringWindow.after).toEqual(duringWindow.before);
    expect(duringWindow.crash).toContain(String(EXACT));
    evidence(
      "P2",
      `${EXACT} passages in an open window: no byte below the state folder changed, in ${duringWindow.before.length} files`,
    );
  });

  it("P2 has the exact count in the crash copy on tmpfs, and nowhere else", () => {
    const where = filesBelow(theft).filter((path) => readFileSync(path, "latin1").includes(String(EXACT)));
    expect(where.map((path) => relative(theft, path))).toEqual(["sense/state"]);
    const outside = [traffic(), ...busy.live.said(), ...said()];
    expect(outside.filter((text) => text.includes(String(EXACT)))).toEqual([]);
    // Once the window has closed it is in no file at all; a published value may be the same by chance, but it is sealed.
    expect(textsOf(busy.live.places.crash).filter((text) => text.includes(String(EXACT)))).toEqual([]);
  });

  it("P2 P5 gives a thief who has the card, the tmpfs and every key on the gateway no window that has closed", async () => {
    const everything = [traffic(), ...textsOf(theft), ...textsOf(busy.live.folder)].join("\n");
    const sealed = sealedIn(everything);
    const secrets = secretsBelow(theft);
    expect([sealed.length > 3, secrets.length > 3]).toEqual([true, true]);
    for (const one of sealed) expect(await triesToOpen(one, secrets)).toBeNull();
    // The city's key opens them by the same means, so the thief made no mistake.
    const { keys } = JSON.parse(readFileSync(busy.live.path("city-private.jwks"), "utf8"));
    const city = Buffer.from(keys[0].d, "base64url");
    expect(await triesToOpen(sealed[0] ?? "", [...secrets, city])).toContain("telpost/windows/1");
    evidence(
      "P2",
      `Stolen card: ${secrets.length} keys of the gateway tried on ${sealed.length} sealed messages, none opened`,
    );
  });

  it("P2 gives the thief one last total of each running counter, and none before", () => {
    const key = readKeyPair(join(theft, "gateway-key.jwk"), "Ed25519", {});
    const onCard = totalsOnCard(join(theft, "state"), key);
    expect(onCard.length).toBeLessThanOrEqual(1);
    expect(TOTALS).toEqual(expect.arrayContaining(onCard));
    evidence(
      "P2",
      "Stolen card: of the totals of a running counter the last one, which its display shows too",
    );
  });

  it("P7 P8 have the same windows, topics and lengths on the wire", () => {
    const byEnd = ({ sealed }: LiveTwin) => Map.groupBy(sealed, (one) => openPart(one.payload).end);
    const [one, other] = [byEnd(quiet), byEnd(busy)];
    // A twin that began a window later has lower numbers, and a number of two digits is longer than one of one.
    const digits = (messages: readonly Heard[] = []) =>
      messages.map((message) => `${openPart(message.payload).seq}`.length);
    const both = [...one.keys()].filter((end) => `${digits(one.get(end))}` === `${digits(other.get(end))}`);
    expect(both.length).toBeGreaterThanOrEqual(3);
    const looks = (messages: readonly Heard[] = []) =>
      messages.map(({ topic, payload }) => [topic, payload.length]);
    for (const end of both) expect(looks(other.get(end))).toEqual(looks(one.get(end)));
    const late = (messages: readonly Heard[] = [], end: string) => (messages[0]?.atMs ?? 0) - Date.parse(end);
    const apart = both.map((end) => Math.abs(late(one.get(end), end) - late(other.get(end), end)));
    console.log(`twins on the wire: ${both.length} windows, at most ${Math.max(...apart)} ms apart`);
    expect([...one.values()].every((messages) => messages.length === 1)).toBe(true);
  });

  it("P9 have the same status, the same events, the same log lines and the same exit codes", () => {
    const [quietStatus, busyStatus] = statuses.map(({ code, out }) => [code, masked(out)]);
    expect(busyStatus).toEqual(quietStatus);
    const [quietDoctor, busyDoctor] = foundAlike(doctors);
    expect(busyDoctor?.[1]).toContainEqual(expect.stringContaining('"state":"ok"'));
    expect(busyDoctor).toEqual(quietDoctor);
    const [quietTold, busyTold] = told.map((one) => one.map(({ code, out, err }) => [code, shown(out), err]));
    expect(busyTold).toEqual(quietTold);
    expect(busyTold?.map(([code]) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    const [quietBundle, busyBundle] = bundles.map(shownBy);
    expect(busyBundle).toEqual(quietBundle);
    expect(bundles.map(({ code }) => code)).toEqual([0, 0]);
    const [quietBundled, busyBundled] = foundAlike(bundles.map(doctorIn));
    expect(busyBundled).toEqual(quietBundled);
    const [quietHeard, busyHeard] = sniffs.map((one) => one.map(heardAlike));
    expect(busyHeard).toEqual(quietHeard);
    expect(busyHeard?.map(([code]) => code)).toEqual([0, 2, 2]);
    expect(JSON.parse(sniffs[1]?.[0]?.out ?? "")).toMatchObject({ hears: "frames", errors: "none" });
    const events = ({ heard }: LiveTwin) =>
      [
        ...new Set(
          heard
            .filter(({ topic }) => !topic.endsWith("/sealed"))
            .map(({ topic, payload }) => `${topic} ${masked(signedOf(topic, payload))}`),
        ),
      ].sort();
    expect(events(busy)).toEqual(events(quiet));
    const logs = ({ live }: LiveTwin) => [live.sense, live.forward].map((one) => linesOfLog(one?.text ?? ""));
    expect(logs(busy)).toEqual(logs(quiet));
    const codes = ({ live }: LiveTwin) => [live.sense?.child.exitCode, live.forward?.child.exitCode];
    expect(codes(busy)).toEqual([0, 0]);
    expect(codes(quiet)).toEqual([0, 0]);
    const names = ({ live }: LiveTwin) =>
      filesBelow(live.places.state)
        .map((path) => relative(live.folder, path))
        .sort();
    expect(names(busy)).toEqual(names(quiet));
    evidence(
      "P9",
      "Real processes, 0 versus a crowd: status, doctor, top, explain, sniff, support bundle, events, log lines at trace, file names and exit codes equal, times and ids masked",
    );
  });

  it("P14 leaves no acknowledged payload in the database and its WAL after a clean stop", () => {
    const parts = acknowledged.map(({ payload }) => {
      return Buffer.from(jweOf(payload).split(".")[3] ?? "", "base64url").subarray(64, 96);
    });
    const files = filesBelow(busy.live.places.state).filter((path) => /outbox\.db(-wal)?$/.test(path));
    const after = files.map((path) => readFileSync(path));
    expect(parts.length).toBeGreaterThanOrEqual(3);
    expect(
      parts.some((part) => liveWal.includes(part)),
      "they were there while it ran",
    ).toBe(true);
    expect(parts.filter((part) => after.some((bytes) => bytes.includes(part)))).toEqual([]);
    const texts = after.map((bytes) => bytes.toString("latin1"));
    expect(
      acknowledged.filter(({ payload }) => texts.some((text) => text.includes(payload.slice(200, 260)))),
    ).toEqual([]);
    evidence(
      "P14",
      `After a clean stop ${parts.length} acknowledged messages searched in ${files.length} files: none found, and found while it ran`,
    );
  });

  it("P15 shows no count in any command a technician has", () => {
    expect([...commands.values()].map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    const numbers = [EXACT, ...TOTALS].map(String);
    for (const [name, { out, err }] of commands)
      expect([name, numbers.filter((number) => (out + err).includes(number))]).toEqual([name, []]);
    expect(readFileSync(busy.live.path("export.ndjson"), "utf8")).not.toContain(String(EXACT));
    evidence(
      "P15",
      `${commands.size} commands on a gateway with ${EXACT} passages in its open window show no count`,
    );
  });

  it("P16 open no inspector on SIGUSR1, and take no notice of it", () => {
    expect(inspected).toBe(false);
    expect(busy.live.sense?.said("process.stopped")).toHaveLength(1);
    evidence("P16", "SIGUSR1 to four running processes: nobody listens on 9229, and all of them go on");
  });
});

function inspectorAnswers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(9229, "127.0.0.1");
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("close", () => socket.destroy());
  });
}

it("P15 knows every command, and why it shows no live count", () => {
  const known: Readonly<Record<string, string>> = {
    demo: "simulated people only",
    run: "starts the two processes",
    sense: "logs no count",
    forward: "sees no count",
    status: "asks for what depends on no passages",
    doctor: "asks for the same, and says whether, never how much",
    top: "asks for the status",
    explain: "asks for what depends on no passages, and for the error table",
    "support-bundle": "only what is on a closed list, of what the others show",
    outbox: "sealed messages",
    check: "reads a configuration",
    setup: "asks for the status",
    sensors: "lists profiles",
    probe: "says how frames come, never what is in them",
    sniff:
      "tells how the frames come that come without people, never what is in them; refuses for all others",
    walktest: "the one view of live counts, bounded by the rules of P15 in p15-walk-test.test.ts",
    replay: "a recording, noised",
    receive: "the city's",
    update: "installs a release",
    keys: "keys",
    fleet: "an inventory",
    command: "asks a gateway for what depends on no passages",
    "privacy-report": "made of the configuration and of lists in the code",
  };
  // Whoever adds a command that shows live counts proves the rules of P15 for it in tests/privacy first.
  expect(verbs.map(({ name }) => name).sort()).toEqual(Object.keys(known).sort());
});
