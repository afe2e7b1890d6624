/**
 * Dutch for the program's own sentences in the sections that everybody reads. What the profiles of devices say stays in
 * the words of their makers.
 */
export const DUTCH: Readonly<Record<string, string>> = {
  "a script beside a camera or counter, that prints what it saw":
    "een programma naast een camera of teller, dat opschrijft wat het zag",
  "how many passed in and out since the line before": "hoeveel er sinds de vorige regel in en uit gingen",
  "counters of passages in and out that run on": "doorlopende tellers van passages in en uit",
  "how many people are in view": "hoeveel mensen er in beeld zijn",
  "positions of people in metres, to find crossings of a line or who is in a zone; forgotten after that":
    "waar mensen zijn, in meters, om te zien of ze een lijn overgaan of in een vak staan; daarna vergeten",
  "what it is, where that is one of the classes of the sensor; any other name is dropped":
    "wat het is, als dat een van de soorten is die bij de sensor horen; elke andere naam vervalt",
  "everything else in the line, before it is stored, logged or counted":
    "al het andere in de regel, voordat het wordt opgeslagen, vastgelegd of geteld",
  "who is who (ids of tracks), once a crossing was looked for":
    "wie wie is (nummers van sporen), zodra is gekeken of iemand de lijn overging",
  "the sum of published numbers, noise and all; no noise of its own, and no privacy loss":
    "de som van gepubliceerde getallen, met het toeval erin; kost geen privacy",
  "free, busy, crowded or critical, by a published number, noise and all; no privacy loss":
    "rustig, druk, vol of kritiek, volgens een gepubliceerd getal, met het toeval erin; kost geen privacy",
  "the city, which has the private key": "de stad, die de geheime sleutel heeft",
  "noised sums for each window, of each line and zone":
    "sommen met toeval erin, per tijdvak, van elke lijn en elk vak",
  "the broker, and whoever copies the card of the gateway":
    "de berichtenserver, en wie de geheugenkaart van het kastje kopieert",
  "that the gateway works, and sealed messages of one length that nobody but the city can open":
    "dat het kastje werkt, en berichten van één lengte op slot, die alleen de stad kan openen",
  "a technician of the city (topics status and health)": "een technicus van de stad",
  "links, error buckets of a day (none, some, many), what waits, clock, versions; nothing that depends on people":
    "verbindingen, fouten per dag (geen, enkele, veel), wat er wacht, de klok, versies; niets wat van mensen afhangt",
  "an engineer at the gateway (group telpost-ops)": "een monteur bij het kastje",
  "the same as the technician of the city, with telpost status, top, explain and support-bundle, and for a window how long each sensor watched and when it was sealed, sent and proven; with telpost sniff, of sensors that always speak, how their frames come and where they break, and nothing of what is in them":
    "hetzelfde als de technicus van de stad, en van elke periode hoe lang elke sensor keek en wanneer de gegevens zijn verzegeld, verstuurd en aangekomen; van sensoren die altijd zenden ook of hun berichten heel aankomen, niet wat erin staat",
  "an engineer at the gateway who walks past a sensor to test it (group telpost-walk)":
    "een monteur bij het kastje die langs een sensor loopt om die te testen",
  "live exact counts of that sensor, and on request what it sends, at most 15 minutes, 4 times a day and 30 minutes apart; the city is told each time, and whether what the sensor sends was shown":
    "de tellingen van die sensor terwijl hij loopt, en als hij dat vraagt wat de sensor zendt, hoogstens een kwartier, 4 keer per dag en met een half uur ertussen; de stad hoort het elke keer, ook of te zien was wat de sensor zendt",
  "the administrator of the gateway (root)": "de beheerder van het kastje",
  "all of that, and while the gateway runs the sums of the window that is open, as anybody could who stood beside it":
    "dat alles, en zolang het kastje draait de sommen van het tijdvak dat nog loopt, zoals iedereen die ernaast zou staan",
  "anybody who can see the status light of the gateway": "wie het lampje van het kastje kan zien",
  "the first of five things that may be wrong with it (sensor, clock, broker, backlog, program), or that none is; nothing that depends on people":
    "het eerste van vijf dingen die eraan kunnen mankeren (sensor, klok, broker, achterstand, programma), of dat er niets mankeert; niets wat van mensen afhangt",
  "anybody else": "ieder ander",
  nothing: "niets",
  "crash copy of the open window, in memory (tmpfs)":
    "een kopie van het lopende tijdvak, in het werkgeheugen",
  "so that a crash of the program loses no passage":
    "zodat er geen passage verloren gaat als het programma vastloopt",
  "gone when the window closes or power goes; never on a disk":
    "weg zodra het tijdvak voorbij is of de stroom uitvalt; nooit op een schijf",
  "last total of a counter that runs on, encrypted, one for each direction":
    "de laatste stand van een doorlopende teller, versleuteld, één per richting",
  "so that a restart counts on": "zodat er na een herstart wordt doorgeteld",
  "worth what the counter's own display shows; written over at every window":
    "niet meer dan wat op het scherm van de teller zelf staat; elk tijdvak overschreven",
};
