/** Stands in deploy/debian/control and changelog until somebody publishes a package. */
export const PLACEHOLDER = "telpost maintainers <maintainers@telpost.example>";

/**
 * Who answers for a package: DEBFULLNAME and DEBEMAIL, which Debian's own tools read (dch(1), "Name"). Undefined when
 * neither is set. @throws Error when one is missing or cannot stand in a control file
 */
export function maintainerOf(env: NodeJS.ProcessEnv): string | undefined {
  const { DEBFULLNAME: name = "", DEBEMAIL: address = "" } = env;
  if (name === "" && address === "") return undefined;
  if (/^[^<>\n]*\S[^<>\n]*$/.test(name) && /^[^\s<>]+@[^\s<>]+$/.test(address)) return `${name} <${address}>`;
  throw new Error(`DEBFULLNAME and DEBEMAIL are a name and an address, not "${name}" and "${address}"`);
}
