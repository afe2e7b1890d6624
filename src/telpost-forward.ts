import { forward } from "./cli/processes.ts";
import { runProgram } from "./cli/program.ts";

/** The process that keeps and sends sealed messages, as systemd runs it: its bundle holds what it needs and nothing of the other. */
runProgram([forward]);
