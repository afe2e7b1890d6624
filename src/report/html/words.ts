/** The words of the page, in plain language. */

export const LANGUAGES = ["nl", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

export function isLanguage(text: string): text is Language {
  return LANGUAGES.some((one) => one === text);
}

export interface Words {
  readonly title: string;
  readonly lead: (controller: string, site: string) => string;
  readonly notSaid: string;
  readonly lab: string;
  readonly noNoise: (reason: string) => string;
  readonly why: string;
  readonly purpose: string;
  readonly legalBasis: string;
  readonly activeUntil: string;
  readonly dpia: string;
  readonly register: string;
  readonly contact: string;
  readonly what: string;
  readonly whatNever: string;
  readonly sensor: string;
  readonly location: string;
  readonly technology: string;
  readonly reads: string;
  readonly discards: string;
  readonly counts: string;
  readonly flow: (seconds: number) => string;
  readonly occupancy: (seconds: number) => string;
  readonly perPerson: string;
  readonly derived: string;
  readonly noise: string;
  readonly noiseWhy: string;
  readonly flowNoise: (seconds: number, within: number) => string;
  readonly occupancyNoise: (seconds: number, within: number) => string;
  readonly epsilon: string;
  readonly stored: string;
  readonly storedHow: string;
  readonly isolated: string;
  readonly notIsolated: string;
  readonly who: string;
  readonly sees: string;
  readonly exact: string;
  readonly exactWhy: string;
  readonly walkTests: (count: number) => string;
  readonly details: string;
  readonly detailsLead: string;
  readonly topics: string;
  readonly files: string;
  readonly tables: string;
  readonly log: string;
  readonly made: (when: string) => string;
  readonly madeUnknown: string;
  readonly signed: (kid: string) => string;
  readonly unsigned: string;
}

const en: Words = {
  title: "People are counted here",
  lead: (controller, site) =>
    `${controller} counts at ${site} how many people pass or are present. Not who they are.`,
  notSaid: "not filled in",
  lab: "This is a trial: the gateway runs with test settings and is not meant for the street.",
  noNoise: (reason) => `No chance noise is added to these numbers. The reason given: ${reason}`,
  why: "Why, and who answers for it",
  purpose: "Purpose",
  legalBasis: "Legal basis",
  activeUntil: "Active until",
  dpia: "Privacy assessment (DPIA)",
  register: "Sensor register",
  contact: "Questions, objections, complaints",
  what: "What is measured",
  whatNever:
    "Nobody is recognised or followed. Pictures, names, faces, phones and anything else by which a person could be known again are never stored, logged or sent. What a sensor could see beyond that is thrown away at once, inside the gateway.",
  sensor: "Sensor",
  location: "Where",
  technology: "Technology",
  reads: "What is taken from it",
  discards: "What is thrown away at once",
  counts: "What it becomes",
  flow: (seconds) => `how many people went in and out, summed over ${duration(seconds, "en")}`,
  occupancy: (seconds) => `how many people were there, over ${duration(seconds, "en")}`,
  perPerson: "Privacy loss of one person who passes once (epsilon)",
  derived: "Computed from those numbers, after the noise",
  noise: "Chance is added to every number",
  noiseWhy:
    "Before a number leaves the gateway, a random amount is added to it, once, so that nobody can tell from it whether you were there. The city's totals stay right, for the chance evens out. A number can even be below zero.",
  flowNoise: (seconds, within) =>
    `Passages: a sum of ${duration(seconds, "en")} is in 19 of 20 cases off by at most ${within}.`,
  occupancyNoise: (seconds, within) =>
    `Presence: a number of ${duration(seconds, "en")} is in 19 of 20 cases off by at most ${within}.`,
  epsilon:
    "Epsilon says how much a number may give away about one person. At epsilon 1 no number is more than 2.7 times as likely with you as without you. Whoever passes ten times loses ten times as much.",
  stored: "Where it is kept, and for how long",
  storedHow:
    "After a window has closed, its numbers are locked with a key that only the city has. Not even the gateway can open them again. Whoever steals it finds locked messages.",
  isolated:
    "On this gateway the operating system keeps the program that sees the sensors away from the network and from the memory card.",
  notIsolated: "On this gateway the two programs run without a wall of the operating system between them.",
  who: "Who can see what",
  sees: "sees",
  exact: "Where exact numbers exist",
  exactWhy: "In two places inside the gateway, and nowhere else:",
  walkTests: (count) =>
    `To check a sensor, an engineer on the spot may look at live counts for 15 minutes. That happened ${count} time(s).`,
  details: "Everything, in technical words",
  detailsLead: "Complete lists: what is not in them does not exist on this gateway.",
  topics: "Messages",
  files: "Files",
  tables: "Tables of the database",
  log: "Log",
  made: (when) => `Made by the gateway itself on ${when}`,
  madeUnknown: "Made by the gateway itself, while its clock was not set",
  signed: (kid) => `signed with its key ${kid}`,
  unsigned: "not signed: made from a configuration, not by a gateway that runs",
};

const nl: Words = {
  title: "Hier worden mensen geteld",
  lead: (controller, site) =>
    `${controller} telt bij ${site} hoeveel mensen er langskomen of aanwezig zijn. Niet wie dat zijn.`,
  notSaid: "niet ingevuld",
  lab: "Dit is een proef: het kastje draait met testinstellingen en is niet bedoeld voor op straat.",
  noNoise: (reason) => `Bij deze getallen wordt geen toeval opgeteld. De opgegeven reden: ${reason}`,
  why: "Waarom, en wie er verantwoordelijk is",
  purpose: "Doel",
  legalBasis: "Wettelijke grondslag",
  activeUntil: "In gebruik tot",
  dpia: "Privacytoets (DPIA)",
  register: "Sensorenregister",
  contact: "Vragen, bezwaren, klachten",
  what: "Wat er wordt gemeten",
  whatNever:
    "Niemand wordt herkend of gevolgd. Beelden, namen, gezichten, telefoons en alles waaraan iemand te herkennen zou zijn, worden nooit opgeslagen, vastgelegd of verstuurd. Wat een sensor verder zou kunnen zien, wordt meteen in het kastje weggegooid.",
  sensor: "Sensor",
  location: "Waar",
  technology: "Techniek",
  reads: "Wat eruit wordt gehaald",
  discards: "Wat meteen wordt weggegooid",
  counts: "Wat ervan wordt gemaakt",
  flow: (seconds) => `hoeveel mensen erin en eruit gingen, opgeteld over ${duration(seconds, "nl")}`,
  occupancy: (seconds) => `hoeveel mensen er waren, over ${duration(seconds, "nl")}`,
  perPerson: "Privacyverlies van iemand die één keer langskomt (epsilon)",
  derived: "Berekend uit die getallen, met het toeval erin",
  noise: "Bij elk getal wordt toeval opgeteld",
  noiseWhy:
    "Voordat een getal het kastje verlaat, wordt er één keer een willekeurig bedrag bij opgeteld. Daardoor kan niemand eraan zien of u er was. De totalen van de stad blijven kloppen, want het toeval heft zich op. Een getal kan zelfs onder nul uitkomen.",
  flowNoise: (seconds, within) =>
    `Passages: een som over ${duration(seconds, "nl")} zit er in 19 van de 20 gevallen hooguit ${within} naast.`,
  occupancyNoise: (seconds, within) =>
    `Aanwezigheid: een getal over ${duration(seconds, "nl")} zit er in 19 van de 20 gevallen hooguit ${within} naast.`,
  epsilon:
    "Epsilon zegt hoeveel een getal over één mens kan verraden. Bij epsilon 1 is geen enkel getal meer dan 2,7 keer zo waarschijnlijk met u als zonder u. Wie tien keer langskomt, verliest tien keer zoveel.",
  stored: "Waar het wordt bewaard, en hoe lang",
  storedHow:
    "Zodra een tijdvak voorbij is, gaan de getallen op slot met een sleutel die alleen de stad heeft. Zelfs het kastje kan ze niet meer openen. Wie het steelt, vindt berichten die op slot zitten.",
  isolated:
    "Op dit kastje houdt het besturingssysteem het programma dat de sensoren ziet weg van het netwerk en van de geheugenkaart.",
  notIsolated: "Op dit kastje draaien de twee programma's zonder muur van het besturingssysteem ertussen.",
  who: "Wie wat kan zien",
  sees: "ziet",
  exact: "Waar exacte getallen bestaan",
  exactWhy: "Op twee plekken binnen het kastje, en nergens anders:",
  walkTests: (count) =>
    `Om een sensor te controleren mag een monteur ter plekke een kwartier meekijken met de tellingen. Dat is ${count} keer gebeurd.`,
  details: "Alles, in technische woorden",
  detailsLead: "Volledige lijsten (in het Engels): wat er niet in staat, bestaat niet op dit kastje.",
  topics: "Berichten",
  files: "Bestanden",
  tables: "Tabellen van de database",
  log: "Logboek",
  made: (when) => `Door het kastje zelf gemaakt op ${when}`,
  madeUnknown: "Door het kastje zelf gemaakt, toen zijn klok niet was gelijkgezet",
  signed: (kid) => `ondertekend met zijn sleutel ${kid}`,
  unsigned: "niet ondertekend: gemaakt uit een configuratie, niet door een kastje dat draait",
};

export const WORDS: Readonly<Record<Language, Words>> = { nl, en };

function duration(seconds: number, language: Language): string {
  const [minute, minutes, second] =
    language === "nl" ? ["een minuut", "minuten", "seconden"] : ["one minute", "minutes", "seconds"];
  if (seconds === 60) return minute;
  return seconds % 60 === 0 ? `${seconds / 60} ${minutes}` : `${seconds} ${second}`;
}
