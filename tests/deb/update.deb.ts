import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stage } from "../../scripts/build/debian.ts";
import { continuityOf } from "../kit/continuity.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { describeWith } from "../kit/programs.ts";
import { type FAULTS, release, sign } from "../kit/releases.ts";
import { telpost } from "../kit/telpost.ts";
import { type Answer, Machine } from "./machine.ts";

const root = join(import.meta.dirname, "../..");
const arch = process.arch === "arm64" ? "arm64" : "amd64";
const EPOCH = 1_800_000_000;
const SAFE = "/var/lib/telpost-safe";
const SECONDS = 5;
const SITE = {
  broker: 'url: "mqtt://127.0.0.1:1883"',
  cityBroker: 'url: "mqtt://127.0.0.1:1883"',
  privacy: `profile: lab, flow: { windowSeconds: ${SECONDS} }`,
  sensors: ["id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0"],
};

/** One story: each test goes on with the machine as the one before left it. */
describeWith(["dpkg-deb", "mmdebstrap", "systemd-nspawn", "mosquitto"], "an update on trial", () => {
  const folder = mkdtempSync(join(tmpdir(), "telpost-update-"));
  const site = new LiveGateway();
  const machine = new Machine();
  const outside: ChildProcess[] = [];
  let received = "";
  let tree = "";
  const etc = (name: string) => join(machine.root, "etc/telpost", name);
  const inside = (path: string) => readFileSync(join(machine.root, path), "utf8");
  const config = () => readFileSync(site.path("telpost.yaml"), "utf8");

  /** Makes a release and puts it with its signature into /root. @returns its path there */
  const bring = async (version: string, fault?: keyof typeof FAULTS) => {
    const deb = release({ from: tree, version, epoch: EPOCH, ...(fault && { fault }) });
    await sign(deb, join(folder, "release-private.jwk"));
    for (const file of [deb, `${deb}.sig`]) copyFileSync(file, join(machine.root, "root", basename(file)));
    rmSync(deb);
    return `/root/${basename(deb)}`;
  };
  const update = (what: string) => timed(() => machine.run(`telpost update ${what}`));
  const installed = () => machine.must("dpkg-query --show telpost").split("\t")[1];
  const activeNow = () => machine.run("systemctl is-active telpost-forward telpost-sense").text;
  const cut = async () => {
    await machine.powerCut();
    // The city's memory is for one reader at a time.
    for (const one of outside.splice(0)) await ended(one);
    await startOutside();
  };
  /** A broker and a city beside the machine, on its loopback. */
  const startOutside = async () => {
    const conf = join(folder, "mosquitto.conf");
    writeFileSync(conf, "listener 1883 127.0.0.1\nallow_anonymous true\nuser root\n");
    outside.push(machine.beside("mosquitto", "-c", conf));
    const program = ["scripts/n24", "src/telpost.ts"].map((path) => join(root, path));
    const city = machine.beside("sh", ...program, "receive", "--site", site.path("site.yaml"));
    city.stdout?.setEncoding("utf8").on("data", (text: string) => {
      received += text;
    });
    outside.push(city);
  };

  beforeAll(async () => {
    await site.prepare(SITE);
    tree = await stage({ root, out: folder, arch, version: "0.1.0", epoch: EPOCH });
    expect(
      (
        await telpost([
          "keys",
          "release",
          "--out",
          join(folder, "release-private.jwk"),
          "--public",
          join(folder, "release-key.jwk"),
        ])
      ).code,
    ).toBe(0);
    await machine.boot();
    await startOutside();
    const file = await bring("0.1.0");
    machine.must(`dpkg --install ${file}`);
    for (const name of ["gateway-key.jwk", "city-root.jwk", "city-keys.jws"])
      copyFileSync(site.path(name), etc(name));
    copyFileSync(join(folder, "release-key.jwk"), etc("release-key.jwk"));
    machine.must("chown -R root:root /etc/telpost && chmod 0644 /etc/telpost/*");
  }, 600_000);
  afterAll(async () => {
    for (const one of outside) await ended(one);
    await machine.stop();
    await site.dispose();
    rmSync(folder, { recursive: true });
  }, 120_000);

  it("keeps a configuration once a window came with it, and nobody may change what is kept", () => {
    writeFileSync(etc("telpost.yaml"), config());
    const said = machine.must("/usr/lib/telpost/activate");
    expect(said).toMatch(/Waiting for a window that is kept.*\n.*Done: this configuration is kept\./);
    expect(inside(`${SAFE}/telpost.yaml`)).toBe(config());
    expect(machine.must(`find ${SAFE} -not -user root -o -perm /022`)).toBe("");
    expect(machine.run("systemctl cat telpost-trial.service").status).not.toBe(0);
  });

  it("keeps a release that brings a window to the city, and the one before", async () => {
    const { status, text, seconds } = update(await bring("0.2.0"));
    expect(text).toContain("kept and delivered");
    expect(text).toContain("Done: telpost 0.2.0 is kept.");
    expect([status, installed(), activeNow()]).toEqual([0, "0.2.0", "active\nactive\n"]);
    expect(
      machine.must(`cd ${SAFE} && for one in current previous; do dpkg-deb -f $one.deb Version; done`),
    ).toBe("0.2.0\n0.1.0");
    expect(readdirSync(join(machine.root, SAFE)).sort()).toEqual([
      "configuration.json",
      "current.deb",
      "package.json",
      "previous.deb",
      "telpost.yaml",
    ]);
    expect(machine.must("dpkg --verify telpost")).toBe("");
    console.log(`an update that is kept: ${seconds} s; ${lost()}`);
  });

  it("packs the way back of the installed files so that they are the same", () => {
    machine.must(
      `mkdir -p /root/one && dpkg-deb -x ${SAFE}/previous.deb /root/one && dpkg-deb -e ${SAFE}/previous.deb /root/one/DEBIAN`,
    );
    machine.must(
      "mkdir -p /root/two && dpkg-deb -x /root/telpost_0.1.0.deb /root/two && dpkg-deb -e /root/telpost_0.1.0.deb /root/two/DEBIAN",
    );
    const list = (of: string) =>
      machine.must(`cd /root/${of} && find . -path ./DEBIAN/control -o -printf '%y %m %u %p %l\\n' | sort`);
    expect(list("one")).toBe(list("two"));
    expect(
      machine.must(
        "cd /root && rm one/DEBIAN/control two/DEBIAN/control && diff -r one two && rm -r one two",
      ),
    ).toBe("");
  });

  it.each([
    ["unsigned", "update.unsigned", (deb: string) => `rm ${deb}.sig`],
    ["changed by one byte", "update.bad_signature", (deb: string) => `echo >> ${deb}`],
    [
      "signed by another key",
      "update.bad_signature",
      (deb: string) =>
        `telpost keys release --out /root/x.jwk --public /etc/telpost/release-key.jwk && true ${deb}`,
    ],
  ])("refuses a package that is %s, and says what to do", async (_, code, spoil) => {
    const deb = await bring("0.2.1");
    const pids = activePids();
    machine.must(spoil(deb));
    const { status, text } = update(deb);
    copyFileSync(join(folder, "release-key.jwk"), etc("release-key.jwk"));
    expect(text).toContain(code);
    expect([status === 0, installed(), activePids()]).toEqual([false, "0.2.0", pids]);
    expect(existsSync(join(machine.root, SAFE, "next.deb"))).toBe(false);
  });

  it("refuses the version that is installed, an older one, and one for another machine", async () => {
    expect(update(await bring("0.2.0")).text).toContain("update.same_version");
    expect(update(await bring("0.1.9")).text).toContain("update.older");
    const other = release({ from: tree, version: "0.3.0", architecture: "riscv64", epoch: EPOCH });
    await sign(other, join(folder, "release-private.jwk"));
    for (const end of ["", ".sig"])
      copyFileSync(other + end, join(machine.root, "root", basename(other) + end));
    expect(update(`/root/${basename(other)}`).text).toMatch(/update\.wrong_package.*riscv64/);
    expect(installed()).toBe("0.2.0");
  });

  it("takes a release back whose daemons end at their start, once, and does not try it again", async () => {
    const file = await bring("0.3.0", "throws");
    const { status, text, seconds } = update(file);
    expect(text).toMatch(
      /Going back to telpost 0\.2\.0, because (telpost-\w+\.service ended 5 times by itself|no proof within 70 s.*)\./,
    );
    expect(text).toContain("update.returned");
    expect([status, installed(), activeNow()]).toEqual([5, "0.2.0", "active\nactive\n"]);
    expect(machine.must("telpost status")).toContain("update.returned");
    expect(machine.must("journalctl -b -u telpost-trial -o cat")).toContain("update.not_kept");
    expect(update(file).text).toContain("update.taken_back_before");
    console.log(
      `a release that ends at its start: ${seconds} s until it was taken back and proven; ${lost()}`,
    );
  });

  it("takes a release back that says it is ready and makes no window", async () => {
    const { status, text, seconds } = update(await bring("0.4.0", "mute"));
    expect(text).toMatch(/because no proof within 70 s: telpost-sense does not answer/);
    expect([status, installed(), activeNow()]).toEqual([5, "0.2.0", "active\nactive\n"]);
    console.log(`a release without windows: ${seconds} s until it was taken back and proven; ${lost()}`);
  });

  it("takes a release back of which nothing works, while the old program counts on", async () => {
    const pids = activePids();
    const before = received.length;
    const { status, text, seconds } = update(await bring("0.5.0", "dead"));
    expect(text).toMatch(/because telpost-\w+\.service was not started anew/);
    expect([status, installed()]).toEqual([5, "0.2.0"]);
    expect(activePids()).not.toBe(pids);
    console.log(
      `a release of which nothing works: ${seconds} s until it was taken back and proven; ${lost()}`,
    );
    expect(before).toBeGreaterThan(0);
  });

  it("ends decided when the power is cut in the trial", async () => {
    machine.must(`telpost update --no-wait ${await bring("0.6.0", "mute")}`);
    await machine.until(() => machine.run("telpost update --status").text.includes("Waiting for"));
    await cut();
    await machine.until(() =>
      /^update to 0\.6\.0 .*update\.returned/m.test(machine.run("telpost update --status").text),
    );
    expect([installed(), activeNow()]).toEqual(["0.2.0", "active\nactive\n"]);
    expect(machine.run("systemctl cat telpost-trial.service").status).not.toBe(0);
    console.log(`power cut in the trial: ${lost()}`);
  });

  it("ends decided when the power is cut in the installation", async () => {
    machine.must(`telpost update --no-wait ${await bring("0.7.0")}`);
    await machine.until(() => existsSync(join(machine.root, "usr/lib/telpost/node.dpkg-new")), 5);
    await cut();
    await machine.until(() =>
      /^update to 0\.7\.0 .*: kept/m.test(machine.run("telpost update --status").text),
    );
    expect([installed(), activeNow()]).toEqual(["0.7.0", "active\nactive\n"]);
    expect(machine.must("dpkg --audit; dpkg --verify telpost")).toBe("");
    console.log(`power cut in the installation: ${lost()}`);
  });

  it("counts on with the last good configuration after a boot with a mistake in telpost.yaml, and says so", async () => {
    const mistake = config().replace("profile: lab", "profil: lab");
    writeFileSync(etc("telpost.yaml"), mistake);
    await cut();
    await machine.until(() => activeNow() === "active\nactive\n");
    await machine.until(() => machine.run("telpost status").text.includes("gate-1"));
    const status = machine.must("telpost status");
    expect(status.match(/config\.last_good/g)).toHaveLength(2);
    expect(status).toMatch(/telpost\.yaml cannot be used[\s\S]*profil/);
    const journal = "journalctl -b -o cat -u telpost-sense -u telpost-forward";
    expect(machine.must(journal).match(/"event":"config\.last_good"/g)).toHaveLength(2);
    await machine.until(
      () => continuityOf(received, "gate-1", SECONDS).windows > 0 && lastEnd() > Date.now() - 20_000,
    );
    expect(readFileSync(etc("telpost.yaml"), "utf8")).toBe(mistake);
  });

  it("takes a configuration back that starts and gives no window, when activate tried it", async () => {
    const failing = config().replace("root: city-root.jwk", "root: release-key.jwk");
    writeFileSync(etc("telpost.yaml"), failing);
    const { status, text, seconds } = timed(() => machine.run("/usr/lib/telpost/activate"));
    expect(text).toContain("Going back to configuration");
    expect(text).toContain("update.returned");
    expect([status, activeNow()]).toEqual([5, "active\nactive\n"]);
    expect(machine.must("telpost status").replaceAll(/\s+/g, " ")).toContain(
      "it was tried and gave no window",
    );
    expect(readFileSync(etc("telpost.yaml"), "utf8")).toBe(failing);
    console.log(
      `a configuration without windows: ${seconds} s until it was taken back and proven; ${lost()}`,
    );
    writeFileSync(etc("telpost.yaml"), config());
    expect(machine.must("/usr/lib/telpost/activate")).toContain("Done: this configuration is kept.");
    expect(machine.must("telpost status")).not.toContain("config.last_good");
  });

  it("takes the newest release of a repository, and none of one that apt does not trust", async () => {
    const before = installed();
    const deb = await bring("0.8.0");
    machine.must(`mkdir -p /root/repository && mv ${deb} /root/repository/ && rm ${deb}.sig`);
    const size = machine.must(`stat -c %s /root/repository/${basename(deb)}`);
    const sum = machine.must(`sha256sum /root/repository/${basename(deb)}`).split(" ")[0];
    const control = machine.must(`dpkg-deb -f /root/repository/${basename(deb)}`);
    writeFileSync(
      join(machine.root, "root/repository/Packages"),
      `${control}\nFilename: ./${basename(deb)}\nSize: ${size}\nSHA256: ${sum}\n`,
    );
    const source = (how: string) =>
      writeFileSync(join(machine.root, "etc/apt/sources.list"), `deb ${how}file:/root/repository ./\n`);
    source("");
    expect(update("--apt").text).toContain("update.apt");
    expect(installed()).toBe(before);
    source("[trusted=yes] ");
    const { status, text } = update("--apt");
    expect(text).toContain("Done: telpost 0.8.0 is kept.");
    expect([status, installed()]).toEqual([0, "0.8.0"]);
  });

  it("has lost no window at the city but those that are declared", async () => {
    const now = Date.now();
    await machine.until(() => lastEnd() > now);
    const { windows, missing, undeclared } = continuityOf(received, "gate-1", SECONDS);
    console.log(
      `in all: ${windows} windows at the city, ${missing} missing, ${missing - undeclared.length} of them declared`,
    );
    expect(undeclared).toEqual([]);
    expect(windows).toBeGreaterThan(20);
  });

  it("leaves nothing of all this behind a purge", () => {
    machine.must("dpkg --purge telpost");
    expect(existsSync(join(machine.root, SAFE))).toBe(false);
    expect(machine.run("ls /etc/systemd/system | grep telpost").text).toBe("");
  });

  function activePids(): string {
    return machine.must("systemctl show --property MainPID --value telpost-forward telpost-sense");
  }

  function lastEnd(): number {
    const ends = [...received.matchAll(/"type":"record".*?"end":"([^"]+)"/g)].map((match) =>
      Date.parse(match[1] ?? ""),
    );
    return Math.max(0, ...ends);
  }

  /** What the city misses so far. */
  function lost(): string {
    const { windows, missing } = continuityOf(received, "gate-1", SECONDS);
    return `${windows} windows at the city, ${missing} missing so far`;
  }
});

async function ended(one: ChildProcess): Promise<void> {
  const gone = once(one, "exit");
  if (one.kill("SIGKILL")) await gone;
}

/** Wall time, to be printed; nothing is judged by it. */
function timed(run: () => Answer): Answer & { readonly seconds: number } {
  const startMs = performance.now();
  const answer = run();
  return { ...answer, seconds: Math.round((performance.now() - startMs) / 100) / 10 };
}
