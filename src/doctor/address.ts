import { lookup } from "node:dns/promises";

/** Asks the system for the address of a name. @returns the code of getaddrinfo(3) why there is none, null when it is found */
export function addressOf(host: string): Promise<string | null> {
  return lookup(host).then(
    () => null,
    (failure: NodeJS.ErrnoException) => failure.code ?? "EAI_FAIL",
  );
}
