/** `bare`: a process that has started and does nothing. Ends with its input. */
process.stdin.on("close", () => process.exit(0)).resume();
process.stderr.write('{"event":"process.ready"}\n');
