import { spawn } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { startPlainMosquitto } from "../kit/mosquitto.ts";
import { PROGRAM } from "../kit/program.ts";
import { describeWith } from "../kit/programs.ts";
import { telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";
import { flow, START_MS } from "../unit/city/fixtures.ts";
import {
  connectPlain,
  Ends,
  ended,
  GATEWAY,
  publish,
  TestGateway,
  temporaryFolder,
  writeSite,
} from "./receive-kit.ts";

const ends = new Ends();
afterEach(() => ends.run());

describeWith(["mosquitto"], "telpost receive --as csv", () => {
  test("prints the header and rows in local time, and everything else on standard error", async () => {
    const broker = ends.add(await startPlainMosquitto(), (one) => one.stop());
    const gateway = new TestGateway();
    const site = writeSite(temporaryFolder(ends), broker.port, gateway);
    const child = spawn(process.execPath, [PROGRAM, "receive", "--site", site, "--as", "csv"]);
    ends.add(child, () => child.exitCode === null && child.kill("SIGKILL"));
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (said.out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (said.err += text));
    await until(() => said.err.includes("receive.subscribed"), "subscribed");
    const client = await connectPlain(broker.port, ends);
    const message = await gateway.seal({ seq: 0, endMs: START_MS + 60_000, records: [flow("gate-3", -2)] });
    await publish(client, message);
    await publish(client, { topic: message.topic, payload: Buffer.from("forged") });
    await until(() => said.out.includes("gate-3") && said.err.includes('"reason":"not_jws"'), "both");
    await ended(child, "SIGTERM");
    expect(said.out).toBe(
      "gateway,sensor,kind,start,end,end_utc,seconds,covered,class,in,out,present,stat,level,quality,method,of,flags,since\n" +
        `${GATEWAY},gate-3,flow,2026-07-18T16:00:00+02:00,2026-07-18T16:01:00+02:00,2026-07-18T14:01:00Z,60,60,,-2,0,,,,ok,counted,,,\n`,
    );
    expect(said.err).toContain(`{"type":"alarm","reason":"not_jws","gateway":"${GATEWAY}"}\n`);
  });
});

test.each([
  [["--as", "xml"], "--as takes ngsi-ld, sensorthings, csv"],
  [["--as", "csv", "--zone", "Europe/Scheveningen"], "there is no such time zone"],
])("telpost receive %j says what it takes", async (flags, words) => {
  const { code, err } = await telpost(["receive", ...flags]);
  expect(code).toBe(2);
  expect(err).toContain(words);
});
