import { type Topics, topics } from "../contract/topics.ts";

/** Topics of a gateway by its name `tenant/site/gateway`. */
export function topicsOf(name: string): Topics {
  const [tenant = "", site = "", gateway = ""] = name.split("/");
  return topics({ tenant, site, gateway });
}
