import { runProgram } from "./cli/program.ts";
import { verbs } from "./cli/verbs.ts";

/** The command line. */
runProgram(verbs);
