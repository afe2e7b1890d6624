import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { lockedPackage } from "./locked.ts";

export type Arch = "x64" | "arm64";

const COMMON = {
  bundle: true,
  // Names of modules stay in a bundle: they must be those below the checkout, wherever it or its node_modules really is.
  preserveSymlinks: true,
  platform: "node",
  format: "cjs",
  target: "node24",
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

/**
 * MQTT over WebSockets, through SOCKS proxies and in browsers: never used here, half of the bundle's size. The list of
 * serial ports is never asked for either, and it is all in sense that would start another program (udevadm).
 */
const UNUSED = /^(ws|socks|worker-timers|\.\/linux-list)$/;

/** What is bundled, each by itself: both processes and the command line. `src/<name>.ts` becomes `<name>.cjs`. */
export const PROGRAMS = ["telpost-sense", "telpost-forward", "telpost"] as const;

/**
 * Bundles each program as one CommonJS file, so that what a process runs is what it needs and no more, with their native
 * parts beside them: `*.cjs`, `native/*.node` but epoll's, and `node_modules/koffi`, which a program loads by name at its first use.
 * @returns what went into the programs, and into koffi
 */
export async function bundle(root: string, out: string, arch: Arch): Promise<[Metafile, Metafile]> {
  mkdirSync(join(out, "native"), { recursive: true });
  const programs = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: PROGRAMS.map((name) => join(root, `src/${name}.ts`)),
    outdir: out,
    outExtension: { ".js": ".cjs" },
    minifyWhitespace: true,
    minifySyntax: true,
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    plugins: [nativeParts(root, out, arch), epollBeside, leaveOut(UNUSED), onlyUsedZod(root)],
  });
  const koffi = await bundleKoffi(root, out, arch);
  return [programs.metafile, koffi];
}

/** better-sqlite3 and serialport look for their binary at run time in folders a bundle does not have: they are told. */
function nativeParts(root: string, out: string, arch: Arch): Plugin {
  const sqlite = join(root, "node_modules/better-sqlite3");
  const serial = join(root, "node_modules/@serialport/bindings-cpp");
  const serialBinary = arch === "arm64" ? "bindings-cpp.armv8.glibc.node" : "bindings-cpp.glibc.node";
  return {
    name: "native parts",
    setup(at) {
      copyFileSync(join(sqlite, `prebuilds/linux-${arch}.node`), join(out, "native/better_sqlite3.node"));
      copyFileSync(
        join(serial, `prebuilds/linux-${arch}/@serialport+${serialBinary}`),
        join(out, "native/serialport.node"),
      );
      at.onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: join(sqlite, `lib/linux-${arch}.js`) }));
      at.onResolve({ filter: /prebuilds\/linux-\w+\.node$/ }, () => ({
        path: "./native/better_sqlite3.node",
        external: true,
      }));
      at.onLoad({ filter: /bindings-cpp\/dist\/serialport-bindings\.js$/ }, () => ({
        contents: 'exports.binding = require("./native/serialport.node");',
      }));
      at.onResolve({ filter: /^\.\/native\// }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** The same for epoll, whose binary is not copied but compiled (`compileEpoll`): only what is installed needs it. */
export const epollBeside: Plugin = {
  name: "epoll beside",
  setup(at) {
    at.onLoad({ filter: /node_modules\/epoll\/epoll\.js$/ }, () => ({
      contents: 'module.exports = require("./native/epoll.node");',
    }));
    at.onResolve({ filter: /^\.\/native\/epoll\.node$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Through `{ z }` esbuild keeps all of zod, 40 languages included; through `* as z` it keeps what is used (a third). */
function onlyUsedZod(root: string): Plugin {
  return {
    name: "only used zod",
    setup(at) {
      at.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        if (!path.startsWith(join(root, "src"))) return undefined;
        const source = readFileSync(path, "utf8");
        return {
          contents: source.replace('import { z } from "zod"', 'import * as z from "zod"'),
          loader: "ts",
        };
      });
    },
  };
}

async function bundleKoffi(root: string, out: string, arch: Arch): Promise<Metafile> {
  const source = join(root, "node_modules/koffi");
  const target = join(out, "node_modules/koffi");
  const result = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [join(source, "index.cjs")],
    outfile: join(target, "index.cjs"),
    external: ["@koromix/*"],
    plugins: [
      {
        name: "koffi binary",
        setup(at) {
          at.onResolve({ filter: new RegExp(`^@koromix/koffi-linux-${arch}$`) }, () => ({
            path: "./koffi.node",
            external: true,
          }));
        },
      },
    ],
  });
  const { name, version, license } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  writeFileSync(
    join(target, "package.json"),
    `${JSON.stringify({ name, version, license, main: "index.cjs" })}\n`,
  );
  copyFileSync(
    join(lockedPackage(root, `@koromix/koffi-linux-${arch}`), `linux_${arch}/koffi.node`),
    join(target, "koffi.node"),
  );
  return result.metafile;
}

/** Replaces modules by an empty one: MQTT.js asks for them when it is loaded, but calls them only for other transports. */
function leaveOut(names: RegExp): Plugin {
  return {
    name: "left out",
    setup(at) {
      at.onResolve({ filter: names }, ({ path }) => ({ path, namespace: "left-out" }));
      at.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "module.exports = {};" }));
    },
  };
}
