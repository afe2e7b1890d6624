import type { Profile, ProfileSettings } from "../../../config/profile.ts";

/** The value of a setting that the profile names and the configuration has checked; undefined where it is not set. */
export function settingOf(value: unknown, settings: ProfileSettings): boolean | number | string | undefined {
  if (typeof value !== "object" || value === null) return value as boolean | number | string | undefined;
  const { setting } = value as { readonly setting: string };
  return Object.hasOwn(settings, setting) ? settings[setting] : undefined;
}

/** The messages of a profile with the values of its settings in place. */
export function settledMessages({ messages }: Profile, settings: ProfileSettings): Profile["messages"] {
  return messages.map((message) => ({
    ...message,
    fields: Object.fromEntries(
      Object.entries(message.fields).map(([name, field]) => [
        name,
        "reg" in field ? { ...field, lowWordFirst: settingOf(field.lowWordFirst, settings) === true } : field,
      ]),
    ),
  }));
}
