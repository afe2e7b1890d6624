import { lazily, loadKoffi } from "./libc.ts";

type SdNotify = (unsetEnvironment: number, state: string) => number;
const notify = lazily<SdNotify | undefined>(() => {
  try {
    return loadKoffi()
      .load("libsystemd.so.0")
      .func("int sd_notify(int unset_environment, const char *state)");
  } catch {
    return undefined; // Not a systemd machine: nobody to tell, by contract.
  }
});

/**
 * Tells systemd about this process (sd_notify(3)): "READY=1", "WATCHDOG=1", "STATUS=...", several separated by newlines.
 * @returns true when it was sent; false without NOTIFY_SOCKET, without the library, or when systemd did not take it
 */
export function sdNotify(state: string): boolean {
  if (!process.env.NOTIFY_SOCKET) return false;
  const call = notify();
  return call !== undefined && call(0, state) > 0;
}
