/** The version of this software, as births, logs and `telpost help` show it. Held equal to package.json by a test. */
export const VERSION = "0.1.0";
