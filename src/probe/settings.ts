import { checkSettings, type Profile, type ProfileSettings } from "../config/profile.ts";

/** The values that a profile is listened to and asked with: its defaults, and what it says for probing. */
export function probingSettings({ settings, probe }: Profile): ProfileSettings {
  const values = Object.entries(settings).flatMap(([key, setting]) => {
    const value = probe?.settings[key] ?? ("default" in setting ? setting.default : undefined);
    const checked = checkSettings({ [key]: setting }, value === undefined ? {} : { [key]: value });
    return checked.ok ? Object.entries(checked.value) : [];
  });
  return Object.fromEntries(values);
}
