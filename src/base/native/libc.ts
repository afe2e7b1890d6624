import { createRequire } from "node:module";

type Koffi = typeof import("koffi");

let koffi: Koffi | undefined;

/** koffi, loaded at the first call: it costs about 25 ms and 10 MB, which a process that calls nothing native never pays. */
export function loadKoffi(): Koffi {
  // In a CommonJS bundle import.meta is empty; the script's own path then stands for it.
  const here = import.meta.url ?? process.argv[1] ?? process.execPath;
  koffi ??= createRequire(here)("koffi") as Koffi;
  return koffi;
}

/** Makes `make` run at the first call only. A failure is thrown, and tried again at the next call. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The C library (glibc's soname; elsewhere this throws, and callers degrade as they document). */
export const libc = lazily(() => loadKoffi().load("libc.so.6"));

/** A refused C call as a plain Error with `code` (such as "EBUSY"), `errno` (positive) and `syscall`. */
export function errnoError(syscall: string): NodeJS.ErrnoException {
  const { errno, os } = loadKoffi();
  const number = errno();
  const code = Object.entries(os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  return Object.assign(new Error(`${syscall}: ${code}`), { code, errno: number, syscall });
}
