import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { SqliteMemory } from "../../src/city/memory-sqlite.ts";
import { startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { until } from "../kit/until.ts";
import { EPOCH } from "../unit/city/fixtures.ts";
import {
  connectPlain,
  Ends,
  ended,
  GATEWAY,
  publish,
  startReceive,
  TestGateway,
  temporaryFolder,
  writeSite,
} from "./receive-kit.ts";

/** After how many reported messages it is killed, and how many there are by then: of the rest it can have seen none. */
const KILLS = [
  { after: 20, of: 60 },
  { after: 70, of: 120 },
  { after: 130, of: 180 },
] as const;
const MESSAGES = 240;
const AGAIN = 5;
const ends = new Ends();
afterEach(() => ends.run());

describeWith(["mosquitto"], "telpost receive, killed while messages arrive", () => {
  test("hands on every message, none again after it was marked; the broker holds what comes while it is away", async () => {
    const gateway = new TestGateway();
    const packets = await Promise.all(Array.from({ length: MESSAGES }, (_, seq) => gateway.seal({ seq })));
    const mosquitto = ends.add(await startPlainMosquitto(), (broker) => broker.stop());
    const folder = temporaryFolder(ends);
    const siteFile = writeSite(folder, mosquitto.port, gateway);
    const outFile = join(folder, "out.ndjson");
    // Only whole lines: a write that crosses a page can be seen half done.
    const lines = () => (existsSync(outFile) ? readFileSync(outFile, "utf8").split("\n").slice(0, -1) : []);
    const reported = (): number[] =>
      lines().flatMap((line) => {
        const seq = /"type":"record".*"seq":(\d+)/.exec(line)?.[1];
        return seq === undefined ? [] : [Number(seq)];
      });
    const marked = (): Set<number> => {
      const memory = new SqliteMemory(join(folder, "seen.sqlite"));
      const known = packets.flatMap((_, seq) =>
        memory.hashOf({ stream: "sealed", gateway: GATEWAY, epoch: EPOCH, seq }) ? [seq] : [],
      );
      memory.close();
      return new Set(known);
    };

    let child = await startReceive(siteFile, outFile, ends);
    const client = await connectPlain(mosquitto.port, ends);
    let publishing: Promise<void> = Promise.resolve();
    let published = 0;
    const send = (some: typeof packets) => {
      publishing = publishing.then(async () => {
        for (const packet of some) await publish(client, packet);
      });
    };
    const publishUpTo = (count: number) => {
      send(packets.slice(published, count));
      published = count;
    };
    publishUpTo(KILLS[0].of);
    for (const [kill, { after, of }] of KILLS.entries()) {
      await until(() => reported().length >= after, `${after} reported`);
      await ended(child, "SIGKILL");
      const before = reported().length;
      const known = marked();
      expect(known.size).toBeLessThanOrEqual(of);
      // What the gateway heard no word of it sends again.
      send(packets.filter((_, seq) => known.has(seq)).slice(0, AGAIN));
      publishUpTo(KILLS[kill + 1]?.of ?? MESSAGES);
      child = await startReceive(siteFile, outFile, ends, "receive.connected");
      await until(() => reported().length >= before + 10, "reports go on");
      expect(
        reported()
          .slice(before)
          .filter((seq) => known.has(seq)),
      ).toEqual([]);
    }
    await publishing;
    await until(() => new Set(reported()).size === MESSAGES, "every message reported");
    await ended(child, "SIGTERM");
    expect(child.exitCode).toBe(0);
    expect(marked().size).toBe(MESSAGES);
    // At most the one message between its lines and its mark comes twice for each kill.
    expect(reported().length).toBeLessThanOrEqual(MESSAGES + 3);
    expect(readFileSync(outFile, "utf8")).not.toContain('"gap"');
  });
});
