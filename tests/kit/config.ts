/** A whole configuration around one sensor, written as a YAML flow map without its braces. */
export function configWith(sensor: string, privacy = "profile: street"): string {
  return [
    "gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }",
    "city: { root: city-root.jwk, keys: city-keys.jws }",
    'broker: { url: "mqtts://mqtt.city.example:8883" }',
    `privacy: { ${privacy} }`,
    "sensors:",
    `  - { ${sensor} }`,
    "",
  ].join("\n");
}
