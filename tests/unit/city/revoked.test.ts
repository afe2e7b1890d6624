import { expect, it } from "vitest";
import { makeRegistry } from "../../../src/city/keys.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import { GATEWAY, receiveAll, STATUS, TestGateway, testReader } from "./fixtures.ts";

/** What the city believes after a theft. */
function after(stolen: TestGateway, replacement?: TestGateway) {
  const keys = replacement ? [replacement.key] : [];
  return makeRegistry([{ gateway: GATEWAY, keys, revoked: [stolen.key] }], [stolen.city]);
}

it("believes nothing of a gateway that was stolen and not replaced, signed or not", async () => {
  const stolen = new TestGateway();
  const reader = testReader(after(stolen));
  const gap = stolen.event(0, { kind: "gap", reason: "stopped" });
  const birth = { topic: STATUS, payload: Buffer.from("{}") };
  expect(await receiveAll(reader, [await stolen.seal({ seq: 0 }), gap, birth])).toEqual([
    "revoked_gateway",
    "revoked_gateway",
    "revoked_gateway",
  ]);
  expect([reader.records, reader.gaps]).toEqual([[], []]);
});

it("believes the replacement under the same name, and the stolen key never again, however old the window claims to be", async () => {
  const [stolen, replacement] = [new TestGateway(), new TestGateway()];
  const registry = makeRegistry(
    [{ gateway: GATEWAY, keys: [replacement.key], revoked: [stolen.key] }],
    [stolen.city, replacement.city],
  );
  const reader = testReader(registry);
  const backdated = await stolen.seal({ seq: 1, epoch: "0000000000000001", endMs: 60_000 * 1000 });
  const messages = [await stolen.seal({ seq: 0 }), backdated, await replacement.seal({ seq: 0 })];
  expect(await receiveAll(reader, messages)).toEqual(["revoked_signer", "revoked_signer", "handled"]);
  expect(reader.alarms.map(({ reason }) => reason)).toEqual(["revoked_signer", "revoked_signer"]);
});

it("refuses to register a revoked key again, under whatever name", () => {
  const key = makeGatewayKey();
  const register = (first: string, second: string) => () =>
    makeRegistry(
      [
        { gateway: first, keys: [], revoked: [key] },
        { gateway: second, keys: [key] },
      ],
      [],
    );
  expect(register("a/b/one", "a/b/two")).toThrow(expect.objectContaining({ code: "key.invalid" }));
  expect(() => makeRegistry([{ gateway: "a/b/one", keys: [key], revoked: [key] }], [])).toThrow(
    expect.objectContaining({ code: "key.invalid" }),
  );
});
