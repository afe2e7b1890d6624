import type { BothStatus } from "../ops/first-window.ts";
import type { UnitState } from "./judge.ts";

/** What a package says of itself. */
export interface PackageFields {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** What it takes on the disk when it is installed. */
  readonly installedBytes: number;
}

/** What a trial does to the machine and sees of it. Of these only `install` and `restart` change what runs. */
export interface Machine {
  /** The version that dpkg has installed and configured; null for none, or a half. */
  installed(): Promise<string | null>;
  units(): Promise<UnitState[]>;
  status(): Promise<BothStatus>;
  /** Installs a package; waits while another program uses dpkg. @returns why it did not work; null when it did */
  install(deb: string): Promise<string | null>;
  /** Starts both units anew. @returns why it did not work; null when it did */
  restart(): Promise<string | null>;
}

/** What is needed once, before a trial begins. */
export interface Workshop {
  /** @throws TelpostError update.not_possible where there is no root, no systemd or no installed package */
  check(): void;
  architecture(): Promise<string>;
  /** @throws TelpostError update.wrong_package when it is none */
  fields(deb: string): Promise<PackageFields>;
  isOlder(version: string, than: string): Promise<boolean>;
  /** Whether a package is the one that is installed, by the sums of its files. */
  isInstalled(deb: string): Promise<boolean>;
  /** Makes the package that is installed of its files. @throws TelpostError update.no_previous when they were changed */
  rebuild(out: string): Promise<void>;
  /** The candidate of the repositories, which apt has verified. @throws TelpostError update.apt */
  download(out: string): Promise<void>;
  /** Copies the program that runs, without taking room where it can. */
  keepProgram(folder: string): Promise<void>;
  /** A unit that runs the judge in this folder now and at every boot. @throws TelpostError update.not_possible */
  arm(program: string): Promise<void>;
  /** Takes that unit away. */
  disarm(): Promise<void>;
  /** Whether that unit runs. */
  isJudging(): Promise<boolean>;
}
