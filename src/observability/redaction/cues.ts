import { LANGUAGES } from "./spoken_languages.ts";
import { numeralOf } from "./numerals.ts";

/** What a number is about, as the words around it or the question before it say. */
export type Subject =
  | "telephone"
  | "email"
  | "card"
  | "iban"
  | "ssn"
  | "passport"
  /** An order, a room, a flight: a number that names a thing. */
  | "code"
  /** A date, a time of day. */
  | "when"
  /** How many, how much, where. */
  | "amount";

const LETTER = "[\\p{L}\\p{M}]";

function words(...lists: string[]): string {
  return lists.join("|");
}

/** One pattern for all, so that a text is searched once: the group that matched says which. */
function anyOf(named: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): RegExp {
  const entries = Array.isArray(named) ? named : Object.entries(named);
  return new RegExp(
    `(?<!${LETTER})(?:${entries.map(([name, list]) => `(?<${name}>${list})`).join("|")})`,
    "giu",
  );
}

/** Which of the groups matched. */
function nameOf({ groups = {} }: RegExpExecArray): string {
  for (const name in groups) if (groups[name] !== undefined) return name;
  return "";
}

/** Words before a number that tell what it is. Beginnings of words, unless they end with `\b`. */
const CUES: readonly (readonly [Subject, string])[] = [
  [
    "ssn",
    words(
      "nhs (?:number|no)\\b|medicare|social (?:security|insurance)|social(?=\\W+(?:is|number))|(?:my|your|his|her) social\\b|ssn|national insurance|ni number|tax (?:id|number|file)|itin|tin\\b|sin\\b",
      "steuer-?(?:id|nummer|identifikation)|(?:sozial|renten)versicherungsnummer|versichertennummer|ahv|svnr",
      "dni\\b|nie\\b|nif\\b|nuss\\b|seguridad social|curp|rfc\\b",
      "sécurité sociale|securite sociale|(?:numéro de )?sécu\\b|nir\\b|numéro fiscal|registre national",
      "codice fiscale|tessera sanitaria",
      "niss\\b|cpf\\b|rg\\b|segurança social|contribuinte|cartão de cidadão",
    ),
  ],
  [
    "passport",
    words(
      "passport|reisepass|pass-?nummer|(?:personal)?ausweis(?:nummer|es)?\\b|identitätskarte|pasaporte|passeport|passaporto|passaporte|identity card|carta d['’]identità|carte d['’]identité|pièce d['’]identité|documento d['’]identità|documento de identi",
    ),
  ],
  [
    "iban",
    words(
      "iban|bank account|account number|kontonummer|bankverbindung|cuenta bancaria|número de cuenta|numéro de compte|rib\\b|conto corrente|conta bancária|nib\\b",
    ),
  ],
  [
    "card",
    words(
      "(?:credit|debit|bank|visa|master) ?card|card number|(?:number|digits|code) (?:on|of|at) (?:the back\\b|(?:the|your|my) card)|card(?=['’]s|\\W+(?:is|number))|visa\\b|mastercard|amex|american express|cvv2?\\b|cvc2?\\b|security code|long number",
      "kreditkarte|kartennummer|kartenprüf|ec-karte|girokarte|(?:ziffern|stellen) (?:auf|von) der (?:rückseite|karte)|prüfziffer|prüfnummer|sicherheitscode",
      "tarjeta|código de seguridad|(?:dígitos|cifras|números) (?:del reverso|de (?:atrás|detrás))",
      "carte (?:bancaire|bleue|de crédit|visa)|(?:ma|votre|la) carte|numéro de carte|cryptogramme|code de sécurité|chiffres au (?:dos|verso)",
      "carta di (?:credito|debito)|(?:mia|sua|la) carta|numero (?:di|della) carta|bancomat|codice di sicurezza|cifre sul retro",
      "cartão|código de segurança|(?:dígitos|números) (?:do verso|de trás|atrás)",
    ),
  ],
  [
    "email",
    words(
      "e-?mail|mail\\b|correo|courriel|adresse électronique|posta elettronica|indirizzo elettronico|endereço (?:eletrónico|eletrônico)",
    ),
  ],
  [
    "telephone",
    words(
      "(?:tele)?phone|cell\\b|cellphone|mobile|landline|call-?back|call(?:ing)? (?:me|us|him|her|them|you)|ring (?:me|us|him|her|them|you)|(?:reach|text|dial|fax)\\b|whatsapp|area code|give (?:me|us|him|her) a (?:ring|call|buzz)|(?:best|good|contact|my|your) number\\b",
      "telefon|handy|mobil|rufnummer|rückruf|zurück ?(?:zu)?ruf|anruf|anzurufen|ruf(?:en|t|e)?\\b|erreich|durchwahl|festnetz|vorwahl|faxnummer|(?:meine|ihre|welcher|der) nummer\\b|durchklingeln",
      "tel[eé]fono|móvil|movil|celular|cel\\b|fijo\\b|ll[aá]m(?:e|a|o|ar)(?:me|nos|le|les|te)?\\b|localizar|contactar|contacto|mi número\\b",
      "téléphon|portable|joindre|(?:r?appel)|fixe\\b|contacter|mon numéro\\b|numéro où|(?:tél|tel)\\b",
      "telefon|cellulare|(?:ri)?chiam|recapito|contatt|fisso\\b|(?:mio|suo) numero\\b",
      "telefon|telefón|telefôn|telemóvel|lig(?:ar|ue|a)(?:-?(?:me|nos|lhe))?\\b|contact|contato|fixo\\b|zap\\b|(?:meu|seu) número\\b",
    ),
  ],
  [
    "code",
    words(
      "order|invoice|reference|booking|reservation|confirmation|ticket|tracking|customer|policy|serial|flight|room|apartment|suite|zip|post ?code|postal|member|contract|case (?:number|id)|model|part number|sku\\b|item|licen[cs]e|plate|claim|quote|transaction|gate|seat|version|(?<!area )(?<!security )code|id\\b|account|docket|parcel|shipment|voucher|coupon|extension|(?:loyalty|rewards?|record|badge|batch|lot|permit|registration|prescription|receipt|chart|meter|locker|employee|student|patient|flyer)(?: card)? (?:number|no|id)\\b|vin\\b",
      "bestell|auftrag|rechnung|kunden|vorgang|vertrag|angebot|buchung|reservierung|sendung|paket|zimmer|postleitzahl|plz\\b|serien|mitglied|police|versicherungsschein|aktenzeichen|zug\\b|flug|artikel|konto|referenz|kennzeichen|gutschein|termin(?:nummer|code)|zähler|geräte|lieferschein|schadens?nummer|bearbeitungsnummer|fallnummer|ticketnummer|(?:matrikel|chargen|rezept|bonus|treuekarten|fahrgestell|patienten|personal|beleg|bon)nummer",
      "pedido|factura|referencia|reserva|expediente|contrato|cliente|localizador|seguimiento|postal|habitación|póliza|socio|matrícula|vuelo|billete|código|presupuesto|artículo|serie\\b|albarán|incidencia|envío|paquete|número de (?:lote|receta|historia|bastidor|recibo|empleado)|fidelidad",
      "commande|facture|référence|réservation|dossier|contrat|client|suivi|chambre|adhérent|devis|vol\\b|billet|série|colis|article|incident|abonné|numéro de (?:lot|châssis|reçu|ticket)\\b|numéro d['’](?:ordonnance|immatriculation)|matricule|fidélité",
      "ordine|fattura|riferimento|prenotazione|pratica|contratto|client|spedizione|cap\\b|camera|polizza|preventivo|volo\\b|biglietto|codice(?! fiscale)|articolo|pacco|abbonamento|numero (?:di|del|della|dello) (?:lotto|ricetta|targa|telaio|scontrino|matricola|tracking)|fedeltà",
      "encomenda|fatura|referência|processo|rastreio|quarto|apólice|sócio|orçamento|cep\\b|voo\\b|bilhete|artigo|protocolo|encomendas|utente|número d[aeo] (?:lote|receita|chassi|recibo)|fidelidade",
    ),
  ],
];

const SECURITY_CODE =
  /^(?:cvv|cvc|security code|(?:number|digits|code) (?:on|of|at) the back|prüf(?:ziffer|nummer)|sicherheitscode|kartenprüf|código de seguridad|code de sécurité|cryptogramme|codice di sicurezza|código de segurança)/iu;

/** Any number: tells less than {@link CUES}. */
const NUMBER = "number(?!s)|nummer|número(?!s)|numéro(?!s)|numero";
const NUMBER_WORD = new RegExp(`(?<!${LETTER})(?:${NUMBER})`, "iu");
const ANY_CUE = anyOf(CUES);

/** Asks for a date or a time. */
const ASKS_WHEN = words(
  "when\\b|(?:what|which|good|best) (?:time|day|date|hour|month|year)|date\\b|time\\b|time of|days?\\b|birth|born|expir",
  "wann\\b|uhrzeit|welche[rmnsz]? (?:tag|datum|zeit|monat|jahr)|datum|tag\\b|geburts|geboren|gültig|ablauf|wie spät|uhr\\b|termin\\b",
  "cuándo|qué (?:día|hora|fecha|mes|año)|hora\\b|horas\\b|fecha|día\\b|nacimiento|nació|naciste|caduc",
  "quand\\b|quel(?:le)? (?:jour|heure|date|mois|année)|heures?\\b|date|jour\\b|naissance|née?\\b|expir",
  "quando\\b|che (?:ora|giorno|data|mese|anno)|data\\b|giorno\\b|ora\\b|nat[oa]\\b|nascita|scadenza|orario",
  "que (?:dia|hora|data|mês|ano)|horas?\\b|data\\b|dia\\b|nasc|validade|horário",
);

/** Asks for a number of things, an amount or a place. */
const ASKS_AMOUNT = words(
  "how (?:many|much|long|old|big|large|far|often)|budget|price|cost|party|guests|people|amount|quantity|size|weight|mileage|address|street|where (?:do you|are you) (?:live|located)",
  "wie ?viele?\\b|preis|budget|kosten|personen|gäste|menge|größe|betrag|wie (?:lange|alt|groß|hoch|weit|schwer|oft)|gewicht|kilometerstand|adresse|anschrift|wohnen|straße",
  "cuánt|precio|presupuesto|personas|cantidad|importe|talla|dirección|domicilio|vive\\b",
  "combien|prix|budget|personnes|montant|taille|quantité|adresse|habitez|kilométrage",
  "quant[oiae]\\b|prezzo|budget|persone|importo|taglia|indirizzo|abita|coperti",
  "quant[oa]s?\\b|preço|pessoas|valor|tamanho|morada|endereço|mora\\b",
);

/** A name of the number itself: whoever asks for it does not ask when to call it. */
const TELEPHONE_NOUN = new RegExp(
  `(?<!${LETTER})(?:` +
    "(?:tele)?phone number|cell(?:phone)? number|mobile number|(?:callback|contact) number|what number|which number|telefonnummer|handynummer|rufnummer|mobilnummer|welche[rn]? nummer|número de (?:teléfono|móvil|telefone|telemóvel|celular)|qué número|numéro de (?:téléphone|portable)|quel numéro|numero di (?:telefono|cellulare)|che numero|que número" +
    ")",
  "iu",
);
const ASKS = anyOf({ when: ASKS_WHEN, amount: ASKS_AMOUNT, number: NUMBER });

/** "Your number", of nothing: the telephone's. Any other is the number of something. */
const OWN_NUMBER = new RegExp(
  `(?<!${LETTER})(?:(?:your|a|the|what|which|best|good|better|another|contact|callback) number|(?:ihre|eine|welche[rn]?|die|deine|andere) nummer` +
    "|(?:su|tu|un|qué|el|otro) número(?! de)|(?:votre|un|quel|le|autre) numéro(?! d)|(?:suo|un|che|il|altro) numero(?! d)|(?:seu|um|que|o|outro) número(?! d))(?![\\p{L}])",
  "iu",
);

/** Said to have the other one go on, or to make sure: no new subject. */
const GOES_ON = new Set(
  ("yes yeah yep yup okay ok right alright sure good got it go on ahead and then next mm mhm hm uh huh correct is that this that's so great perfect " +
    "continue please the rest see i again start from sorry one moment noted thank thanks you what's after comes pardon excuse me " +
    "ja und weiter dann genau gut bitte richtig stimmt das so also aha korrekt in ordnung noch einmal wie geht's geht es moment danke verstanden notiert entschuldigung " +
    "sí si siga vale bien y luego correcto es continúe dígame perfecto de acuerdo qué más otra vez gracias anotado a ver cómo perdón " +
    "oui continuez et puis ensuite d'accord très bien c'est ça allez parfait je vous écoute merci noté exact la suite pardon comment " +
    "sì e poi avanti va bene giusto corretto continui prego certo esatto grazie mi dica segnato ancora come scusi " +
    "sim continue depois certo correto está bem pode diga perfeito isso obrigado obrigada anotado mais como desculpe")
    .split(" "),
);

/** A turn that repeats so many digits, or more, makes sure of them. */
const MIN_REPEATED_WORDS = 2;

/** Whether a sentence only has the other one go on, or repeats a number to make sure of it. */
function goesOn(sentence: string): boolean {
  const words = sentence.toLowerCase().match(/[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)?/gu) ?? [];
  const others = words.filter((word) => !LANGUAGES.some((language) => numeralOf(word, language)));
  const digits = words.length - others.length + (sentence.match(/\d+/g)?.join("").length ?? 0);
  return others.every((word) => GOES_ON.has(word.replace("’", "'"))) ||
    (digits >= MIN_REPEATED_WORDS && others.length <= 3 && !subjectAsked(sentence));
}

/** Sentences of a text, from the last to the first. */
function sentencesBackwards(text: string): string[] {
  return text.split(/(?<=[.!?…])\s+/u).reverse();
}

/** Longest part of a turn, from its end, that is searched for a question. */
const MAX_ASKED_CHARS = 600;

/**
 * What a turn asks the other side for. `undefined` when it asks nothing, or only has the other go on;
 * `"other"` for a question about something else.
 */
export function askedSubject(text: string): Subject | "other" | undefined {
  for (const sentence of sentencesBackwards(text.slice(-MAX_ASKED_CHARS))) {
    if (goesOn(sentence)) continue;
    const subject = subjectAsked(sentence);
    const isQuestion = /[?？]\s*$/.test(sentence);
    if (subject && (isQuestion || isRequest(sentence))) return subject;
    if (isQuestion && !/\d/.test(sentence)) return "other";
  }
  return undefined;
}

const REQUEST =
  /(?<![\p{L}])(?:please|give|tell|need|may i|could|can i|bitte|nennen|geben|brauche|sagen|por favor|dígame|déme|deme|necesito|indique|s'il|donnez|dites|il me faut|besoin|per favore|mi dica|mi dia|mi serve|mi lasci|diga|dê|preciso|indique|let me (?:have|get)|what|which|how)(?![\p{L}])/iu;

function isRequest(sentence: string): boolean {
  return REQUEST.test(sentence);
}

function subjectAsked(sentence: string): Subject | undefined {
  const asks = namesIn(ASKS, sentence);
  const cues = namesIn(ANY_CUE, sentence);
  const isWhen = asks.has("when");
  const isAmount = asks.has("amount");
  const cue = CUES.find(([subject]) => cues.has(subject))?.[0];
  if (cue === "telephone" && (isWhen || isAmount)) {
    if (TELEPHONE_NOUN.test(sentence)) return "telephone";
    return isWhen ? "when" : "amount";
  }
  if ((cue === "card" || cue === "code") && isWhen) return "when";
  if (cue) return cue === "code" && isAmount ? "amount" : cue;
  if (isWhen) return "when";
  if (isAmount) return "amount";
  return asks.has("number") ? (OWN_NUMBER.test(sentence) ? "telephone" : "code") : undefined;
}

function namesIn(pattern: RegExp, text: string): Set<string> {
  const names = new Set<string>();
  for (const match of text.matchAll(pattern)) names.add(nameOf(match));
  return names;
}

/** How far before a number its cue may be, and behind it. */
const BEFORE_CHARS = 90, AFTER_CHARS = 40;

/** What the words around a number say that it is. */
export interface LocalCue {
  readonly subject: Subject;
  /** Only "number" was said. */
  readonly isWeak: boolean;
  /** Where the word is that says so. */
  readonly at: number;
  /** It is the code on the back of a card. */
  readonly isSecurityCode?: boolean;
}

/** The nearest cue before `start` in its sentence, or else one shortly behind `end`. */
export function localCue(text: string, start: number, end: number): LocalCue | undefined {
  const before = text.slice(Math.max(0, start - BEFORE_CHARS), start).split(/[.!?]\s|\u2028/).pop() ?? "";
  const near = nearest(before, start - before.length);
  if (near) return near;
  const after = text.slice(end, end + AFTER_CHARS).split(/[.!?](?:\s|$)|\u2028/)[0];
  if (namesIn(ANY_CUE, after).has("telephone")) return { subject: "telephone", isWeak: false, at: end };
  if (/^\W*(?:is|was|ist|war|es|est|è|é)(?!\p{L})/iu.test(after)) return nearest(after, end);
  return undefined;
}

/** @param offset of the words in the text */
function nearest(words: string, offset: number): LocalCue | undefined {
  let last: RegExpExecArray | undefined;
  for (const match of words.matchAll(ANY_CUE)) last = match;
  if (last) {
    const subject = nameOf(last) as Subject;
    return {
      subject,
      isWeak: false,
      at: offset + last.index,
      isSecurityCode: subject === "card" && SECURITY_CODE.test(last[0]),
    };
  }
  const number = NUMBER_WORD.exec(words);
  return number ? { subject: "telephone", isWeak: true, at: offset + number.index } : undefined;
}
