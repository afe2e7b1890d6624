import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packDeb, stage } from "../../scripts/build/debian.ts";
import { describeWith } from "../kit/programs.ts";
import { until } from "../kit/until.ts";
import { Machine } from "./machine.ts";

const root = join(import.meta.dirname, "../..");
const arch = process.arch === "arm64" ? "arm64" : "amd64";
const EPOCH = 1_800_000_000;
const CONFIG = `gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }
city: { root: city-root.jwk, keys: city-keys.jws }
broker: { url: "mqtt://127.0.0.1:1" }
privacy: { profile: lab, flow: { windowSeconds: 1 } }
sensors:
  - { id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0 } # a comment of the administrator
`;

/** One story: each test goes on with the machine as the one before left it. */
describeWith(["dpkg-deb", "mmdebstrap", "systemd-nspawn"], "the package on a Debian that boots", () => {
  const folder = mkdtempSync(join(tmpdir(), "telpost-deb-"));
  let machine: Machine;
  const etc = (name: string) => join(machine.root, "etc/telpost", name);
  const deb = async (version: string) =>
    packDeb(await stage({ root, out: folder, arch, version, epoch: EPOCH }), EPOCH, "none");
  let older = "";
  let newer = "";
  let before: string[] = [];

  /** Everything that is there, but what is not kept over a boot or is of dpkg's and systemd's own book-keeping. */
  const everything = () =>
    machine
      .must(
        "find / -xdev -not -path '/tmp*' -not -path '/root/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' -not -path '/var/cache/*' | sort",
      )
      .split("\n");
  const states = () => machine.run("systemctl is-active telpost.target telpost-forward telpost-sense").text;
  const pids = () => machine.must("systemctl show --property MainPID --value telpost-forward telpost-sense");
  const processes = () =>
    machine.run("find /proc -maxdepth 1 -user telpost-sense -o -maxdepth 1 -user telpost-forward").text;
  const ALL_ACTIVE = "active\nactive\nactive\n";

  beforeAll(async () => {
    machine = new Machine();
    older = await deb("0.1.0");
    newer = await deb("0.2.0-rc.1");
    await machine.boot();
    before = everything();
  }, 600_000);
  afterAll(async () => {
    await machine.stop();
    rmSync(folder, { recursive: true });
  }, 120_000);

  it("makes users, groups and folders, and starts nothing before there is a configuration", () => {
    const said = machine.install(older);
    expect(said).toContain("not started, because there is no /etc/telpost/telpost.yaml");
    expect(machine.must("id --groups --name telpost-sense").split(" ").sort()).toEqual(
      ["dialout", "gpio", "telpost-handover", "telpost-sense"].sort(),
    );
    expect(machine.must("stat -c '%U %G %a' /run/telpost")).toBe("telpost-forward telpost-handover 2750");
    expect(machine.must("systemctl is-enabled telpost.target")).toBe("enabled");
    expect(states()).toBe("inactive\ninactive\ninactive\n");
    expect(machine.must("ls -A /etc/telpost")).toBe("");
    expect(machine.run("systemctl start telpost.target; systemctl --failed --quiet").text).toBe("");
  });

  it("runs: its version, a check of the example, and the demo", () => {
    expect(machine.must("telpost --version")).toMatch(/^\d+\.\d+\.\d+$/);
    expect(machine.must("telpost check --config /usr/share/doc/telpost/examples/telpost.yaml")).toContain(
      ": good.",
    );
    // Longer than a window of the demo (5 s), so that one surely ends with people in it.
    const demo = "setpriv --reuid 65534 --regid 65534 --clear-groups telpost demo --plain --seconds 8";
    expect(machine.must(demo)).toMatch(/Messages: [1-9]\d* sealed, [1-9]\d* opened, 0 lost/);
  });

  it("starts both processes once the administrator has put a configuration and keys there", () => {
    writeFileSync(etc("telpost.yaml"), CONFIG);
    machine.must("cd /etc/telpost && telpost keys gateway && telpost keys root && telpost keys city --lab");
    machine.must("touch /etc/telpost/gw07.key && ln -s /etc/hostname /etc/telpost/shared.key");
    expect(machine.must("/usr/lib/telpost/activate start")).toContain("telpost: started");
    expect(states()).toBe(ALL_ACTIVE);
    expect(machine.must("stat -c '%U %a' /etc/telpost/gateway-key.jwk /etc/telpost/gw07.key")).toBe(
      "telpost-sense 400\ntelpost-forward 400",
    );
    expect(machine.must("stat -c '%U' /etc/hostname")).toBe("root");
    expect(processes().trim().split("\n")).toHaveLength(2);
    expect(machine.must("telpost status")).toContain("gate-1");
    expect(machine.must("ls /var/lib/telpost")).toContain("outbox");
  });

  it("has units that its systemd takes as they are, within the exposure they may have", () => {
    const units = ["telpost-sense.service", "telpost-forward.service", "telpost.target"];
    expect(machine.must(`systemd-analyze verify --man=no ${units.join(" ")}`)).toBe("");
    for (const unit of units.slice(0, 2)) {
      const file = `/lib/systemd/system/${unit}`;
      const judged = machine.must(`systemd-analyze security --offline=true --no-pager ${file}`);
      expect(Number(/exposure level for \S+ ([\d.]+)/.exec(judged)?.[1])).toBeLessThanOrEqual(1.2);
    }
  });

  const status = () =>
    JSON.parse(machine.must("telpost status --json")) as {
      readonly sense: { readonly epoch: string; readonly sealed: number; readonly handover: string };
      readonly forward: { readonly outbox: { readonly queued: number } };
    };

  it.each([
    ["telpost-sense", "telpost-forward"],
    ["telpost-forward", "telpost-sense"],
  ])("starts in any order: %s is ready before %s is there, and they meet", async (first, second) => {
    machine.must("systemctl stop telpost.target");
    machine.must(`systemctl start ${first}`);
    expect(machine.run(`systemctl is-active ${first} ${second}`).text).toBe("active\ninactive\n");
    machine.must(`systemctl start ${second}`);
    await until(() => status().sense.handover === "connected", "the two meet");
    machine.must("systemctl start telpost.target");
  });

  it("stops without loss: sense first, and what it sealed is kept", async () => {
    await until(() => status().forward.outbox.queued > 2 && status().sense.sealed > 1, "windows are sealed");
    const { epoch, sealed } = status().sense;
    machine.must("systemctl stop telpost.target");
    expect(machine.must("systemctl show --property Result --value telpost-sense telpost-forward")).toBe(
      "success\n\nsuccess",
    );
    const tags = "-t telpost-sense -t telpost-forward";
    const ends = machine.must(`journalctl --sync && journalctl --quiet --output cat ${tags}`);
    const stopped = ends.split("\n").filter((line) => line.includes("process.stopped"));
    expect(stopped.slice(-2)).toEqual([
      expect.stringMatching(/"sense".*"inTime":true/),
      expect.stringMatching(/"forward".*"inTime":true/),
    ]);
    const owner = "setpriv --reuid telpost-forward --regid telpost-forward --clear-groups";
    const { rows } = JSON.parse(machine.must(`${owner} telpost outbox ls --json --limit 100000`)) as {
      readonly rows: readonly { readonly epoch: string; readonly seq: number }[];
    };
    const numbers = rows.filter((row) => row.epoch === epoch).map(({ seq }) => seq);
    expect(numbers.length).toBeGreaterThanOrEqual(sealed);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    machine.must("systemctl start telpost.target");
    expect(states()).toBe(ALL_ACTIVE);
  });

  it("takes its key as a credential of systemd, where an administrator wants that", () => {
    const credential = "/run/credentials/telpost-sense.service/gateway-key.jwk";
    const drop = join(machine.root, "etc/systemd/system/telpost-sense.service.d");
    mkdirSync(drop);
    writeFileSync(
      join(drop, "credential.conf"),
      "[Service]\nLoadCredential=gateway-key.jwk:/etc/telpost/gateway-key.jwk\n",
    );
    writeFileSync(etc("telpost.yaml"), CONFIG.replace("key: gateway-key.jwk", `key: ${credential}`));
    machine.must("chown root:root /etc/telpost/gateway-key.jwk && systemctl daemon-reload");
    machine.must("systemctl restart telpost-sense");
    expect(machine.must("telpost status")).toContain("sense    up");
    expect(
      machine.must(`setpriv --reuid telpost-sense --regid telpost-ops --clear-groups cat ${credential}`),
    ).toContain("Ed25519");
    expect(
      machine.run(`setpriv --reuid telpost-forward --regid 65534 --clear-groups cat ${credential}`).status,
    ).toBe(1);
    // A credential that is not there ends the start: not every gateway has every key, so the units name none.
    machine.must("mv /etc/telpost/gateway-key.jwk /root/");
    expect(machine.run("systemctl restart telpost-sense").status).not.toBe(0);
    expect(machine.must("systemctl show --property ExecMainStatus --value telpost-sense")).toBe("243");
    machine.must("mv /root/gateway-key.jwk /etc/telpost/");
    rmSync(drop, { recursive: true });
    writeFileSync(etc("telpost.yaml"), CONFIG);
    machine.must("systemctl daemon-reload && /usr/lib/telpost/activate start");
    expect(states()).toBe(ALL_ACTIVE);
  });

  it("is what dpkg installed, and nothing else", () => {
    expect(machine.must("dpkg --verify telpost")).toBe("");
  });

  it("updates: the new program runs, on the same state, with the administrator's files as they were", () => {
    const old = pids();
    machine.must("touch /var/lib/telpost/witness");
    machine.install(newer);
    expect(machine.must("dpkg-query --show telpost")).toBe("telpost\t0.2.0~rc.1");
    expect(states()).toBe(ALL_ACTIVE);
    expect(pids()).not.toBe(old);
    expect(readFileSync(etc("telpost.yaml"), "utf8")).toBe(CONFIG);
    expect(existsSync(join(machine.root, "var/lib/telpost/witness"))).toBe(true);
  });

  it("goes back: the release before runs on the state of the newer one", () => {
    const old = pids();
    machine.install(older);
    expect(states()).toBe(ALL_ACTIVE);
    expect(pids()).not.toBe(old);
  });

  it("lets what runs run on, when an update finds a mistake in the configuration", () => {
    const old = pids();
    writeFileSync(etc("telpost.yaml"), CONFIG.replace("profile: lab", "profil: lab"));
    expect(machine.install(newer)).toMatch(/profil[\s\S]*not started, because of the problems above/);
    expect(states()).toBe(ALL_ACTIVE);
    expect(pids()).toBe(old);
    writeFileSync(etc("telpost.yaml"), CONFIG);
  });

  it("stays off through an update, when the administrator switched it off", () => {
    machine.must("systemctl disable --quiet --now telpost.target");
    expect(machine.install(older)).toContain("telpost.target is disabled");
    expect(machine.run("systemctl is-enabled telpost.target").text).toBe("disabled\n");
    expect(states()).toBe("inactive\ninactive\ninactive\n");
    machine.must("systemctl enable --quiet --now telpost.target");
    expect(states()).toBe(ALL_ACTIVE);
  });

  it("is removed: stopped, with configuration, keys and outbox kept, and runs again when it comes back", () => {
    machine.must("dpkg --remove telpost");
    expect(processes()).toBe("");
    expect(existsSync(join(machine.root, "usr/lib/telpost"))).toBe(false);
    expect(existsSync(join(machine.root, "var/lib/telpost/witness"))).toBe(true);
    expect(readFileSync(etc("telpost.yaml"), "utf8")).toBe(CONFIG);
    machine.install(older);
    expect(states()).toBe(ALL_ACTIVE);
  });

  it("is purged: what it and its processes made is gone; users and the administrator's files stay, said aloud", () => {
    const said = machine.must("dpkg --purge telpost");
    expect(said).toContain("kept /etc/telpost");
    const left = everything().filter((path) => !before.includes(path));
    expect(left.filter((path) => !path.startsWith("/etc/telpost/"))).toEqual(["/etc/telpost"]);
    expect(existsSync(etc("gateway-key.jwk"))).toBe(true);
    expect(machine.must("ls /run | grep telpost || true")).toBe("");
    expect(machine.must("getent passwd telpost-sense telpost-forward | wc -l")).toBe("2");
    expect(machine.must("systemctl list-units --all 'telpost*' --no-legend --plain")).toBe("");
  });
});
