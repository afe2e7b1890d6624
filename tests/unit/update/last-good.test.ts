import { describe, expect, it } from "vitest";
import { type Choice, chooseConfiguration } from "../../../src/config/last-good.ts";
import { configHash } from "../../../src/config/parse.ts";

const GOOD = `gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }
city: { root: city-root.jwk, keys: city-keys.jws }
broker: { url: "mqtts://mqtt.city.example", ca: ca.pem, cert: gw07.pem, key: gw07.key }
privacy: { profile: lab }
sensors:
  - { id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0 }
`;
const NEW = GOOD.replace("gate-1", "gate-2");
const BAD = GOOD.replace("profile: lab", "profil: lab");

function choose(more: Partial<Choice>) {
  const chosen = chooseConfiguration({
    text: NEW,
    devices: () => [],
    good: GOOD,
    takenBack: null,
    exists: () => true,
    ...more,
  });
  return chosen.ok
    ? { sensor: chosen.value.config.sensors[0]?.id, hash: chosen.value.hash, instead: chosen.value.instead }
    : chosen.problems.map(({ path }) => path);
}
const administrators = { sensor: "gate-2", hash: configHash(NEW), instead: null };
const lastGood = (instead: unknown) => ({ sensor: "gate-1", hash: configHash(GOOD), instead });

describe("the configuration that a process runs with", () => {
  it("is the administrator's where it can be used", () => {
    expect(choose({})).toEqual(administrators);
    expect(choose({ good: null })).toEqual(administrators);
    expect(choose({ takenBack: configHash(GOOD) })).toEqual(administrators);
  });

  it("is the last good one where the administrator's has problems, and the first is named", () => {
    expect(choose({ text: BAD })).toEqual(lastGood(expect.stringMatching(/^line 4: privacy\.profil: /)));
    expect(choose({ text: "[" })).toEqual(lastGood(expect.stringMatching(/^line 1/)));
    expect(choose({ text: "" })).toEqual(lastGood(expect.stringMatching(/./)));
  });

  it.each(["gateway-key.jwk", "city-root.jwk", "city-keys.jws", "ca.pem", "gw07.pem", "gw07.key"])(
    "is the last good one where the administrator's names a file that is not there: %s",
    (name) => {
      expect(choose({ exists: (path) => path !== name })).toEqual(lastGood(`${name} is not there`));
    },
  );

  it("is the last good one where the administrator's was tried and gave no window", () => {
    expect(choose({ takenBack: configHash(NEW) })).toEqual(lastGood("it was tried and gave no window"));
  });

  it("is none, with the problems of the administrator's, where the last good one has problems too or is not there", () => {
    expect(choose({ text: BAD, good: null })).toContain("privacy.profil");
    expect(choose({ text: BAD, good: "[" })).toContain("privacy.profil");
  });
});
