import { sense } from "./cli/processes.ts";
import { runProgram } from "./cli/program.ts";

/** The process that reads the sensors, as systemd runs it: its bundle holds what it needs and nothing of the other. */
runProgram([sense]);
