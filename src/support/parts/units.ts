import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import { readUnits, UNITS } from "../../doctor/checks/units.ts";
import { kept, listOf, oneOf } from "../allow.ts";
import { part } from "../part.ts";

const word = kept(z.string().regex(/^[a-z-]{1,32}$/));

/** How systemd sees telpost. */
export const units = part(
  {
    name: "units",
    why: "how systemd sees telpost: started, failed, enabled",
    leavesOut: "command lines, environment, process ids and everything else that systemd knows",
    names: [],
  },
  listOf(
    z.object({ name: oneOf(UNITS), load: word, active: word, sub: word, result: word, file: word }),
    UNITS.length,
  ),
  async ({ machine }) => {
    const found = await readUnits(machine);
    if (found === null) throw new TelpostError("support.absent");
    return found;
  },
);
