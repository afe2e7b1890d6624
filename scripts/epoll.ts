import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileEpoll } from "./build/epoll.ts";

/**
 * Compiles epoll for this machine, where a checkout looks for it: `npm run epoll`. Only for gpio.driver: onoff; nothing
 * else in this project is compiled.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const { arch } = process;
try {
  if (arch !== "x64" && arch !== "arm64") throw new Error(`no Node of the lockfile for ${arch}`);
  const file = join(root, "node_modules/epoll/build/Release/epoll.node");
  compileEpoll(root, file, arch);
  console.log(file);
} catch (failure) {
  console.error(`epoll: ${(failure as Error).message}`);
  process.exitCode = 1;
}
