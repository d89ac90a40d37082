import { stemmer as english } from "@orama/stemmers/english";
import { stemmer as french } from "@orama/stemmers/french";
import { stemmer as german } from "@orama/stemmers/german";
import { stemmer as italian } from "@orama/stemmers/italian";
import { stemmer as portuguese } from "@orama/stemmers/portuguese";
import { stemmer as spanish } from "@orama/stemmers/spanish";
import { stopwords as englishStops } from "@orama/stopwords/english";
import { stopwords as frenchStops } from "@orama/stopwords/french";
import { stopwords as germanStops } from "@orama/stopwords/german";
import { stopwords as italianStops } from "@orama/stopwords/italian";
import { stopwords as portugueseStops } from "@orama/stopwords/portuguese";
import { stopwords as spanishStops } from "@orama/stopwords/spanish";
import { foldText } from "./index_words.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A language whose words are understood beyond their spelling. */
export interface SearchLanguage {
  readonly code: "en" | "de" | "es" | "fr" | "it" | "pt";
  /** Words that say nothing about what a question is about, folded. */
  readonly stops: ReadonlySet<string>;
  /** A folded word without its endings, folded. */
  stem(word: string): string;
  /** Short words that nearly every text of the language has, folded. */
  readonly marks: readonly string[];
}

/** What callers say around their question, and question words that the lists of the library lack. */
const TALK: Readonly<Record<SearchLanguage["code"], string>> = {
  en:
    "hi hello hey um uh er yeah yes yep no ok okay so well like just please thanks thank sorry guys guy want wanted " +
    "wanna gonna gotta got get gets getting know tell ask asking say wonder wondering question need needs let lets us " +
    "also maybe actually really kind sort thing things something anything someone anybody anyone may might shall one " +
    "whether guess supposed able possible still already now today much many lot going go goes come coming use look " +
    "looking find talk exactly another im id ive ill whats wheres hows dont doesnt cant youre thats theres theyre " +
    "isnt wont s t m d ll re ve right bit little quite pretty stuff hope hoping hoped wish wishing try trying tried " +
    "thought think thinking heard hear happen happens happened fine great cool alright basically literally probably " +
    "perhaps sure course mean means meant suppose believe reckon sir madam mister anyway besides rather somewhere " +
    "somehow",
  de:
    "hallo guten tag morgen abend gruss ja nein ok okay ah aeh eh ahm aehm hm also mal denn eigentlich bitte danke " +
    "moechte mochte wurde wollte frage fragen wissen sagen gern gerne halt eben irgendwie irgendwas irgendwo " +
    "irgendwelche vielleicht wann wer wen wem wieso warum weshalb wohin woher wieviel wieviele viele welches gibt " +
    "gibts geben ganz grad gerade schon mal darf durfen kann konnen kannst konnte muss mussen soll sollen lassen " +
    "lasst geht gehen macht machen mach tun tut krieg kriegen komm kommt kommen brauch brauche braucht habt haben wir " +
    "euch eure ihnen ihr sowas was ne nen son leider einfach ueberhaupt uberhaupt jemand man bei beim zum zur vom am " +
    "im ins mein meine sein seid bin bist dazu davon dafur heute gestern morgen uhr finde finden gibts hats kanns " +
    "gehts ists obs wies haste kannste gibst nem nich nochmal bekomme bekommen bekommt kriegt dabei wieder wollt " +
    "wollten moecht mocht hatt hatte hatten wurd wurden konnt konnten musst musste mussten sollt sollte sollten durft " +
    "durfte durften gleich jetzt nun dann noch nur sehr echt na tja gell woll brauchte brauchten braeuchte sag sagt " +
    "gesagt rein raus hin her dran drin irgendwann bisschen wenig paar sache sachen ding dinge leute passiert " +
    "passieren namlich trotzdem sonst bloss jedenfalls ungefahr etwa wohl sicher nehmen nehmt nimmt unser unsere " +
    "unserem unseren unserer meinem meinen meiner seine ihre meins ware waren wars",
  es:
    "hola buenas buenos buen dias dia tardes noches si no vale oiga oye mire mira perdone perdon favor gracias queria " +
    "quiero quisiera querria saber pregunta preguntar preguntarle decir decirme dime puedo puede podemos pueden " +
    "podria podrian necesito necesitamos tengo tiene tienen tenemos hay que eh pues bueno ahi eso esto ese esa este " +
    "algo alguna alguno cuanto cuanta cuantos cuantas cuando donde como cual cuales quien quienes por porque para voy " +
    "vamos ir gustaria me le les nos les mas menos todavia ya aparte hacer hago haceis usted ustedes vosotros hace " +
    "hacen prefiero preferiria entonces digamos osea verdad claro ademas incluso quizas quizá acaso tal vez poco " +
    "poquito bastante cosa cosas tema caso momento momentito senor senora senorita pasa pasar pasaria ocurre " +
    "seria serian estaria habria haria podriamos tendria tendriamos tengamos pienso pensaba pensando creo supongo " +
    "intento llamo llamaba llamar mio mia mios mis nuestro nuestra ahora mismo luego despues antes siempre nunca",
  fr:
    "bonjour bonsoir allo salut oui non ok euh ben bah alors voila donc s'il plait svp merci voudrais voulais " +
    "aimerais veux veut savoir demander question dire dites est ce que qu quoi qui quand comment combien ou pourquoi " +
    "quel quelle quels quelles peux peut pouvez puis pourrais pourriez peuvent faut faire fais fait dois doit devez " +
    "ca cela c'est il y a avoir avez ai j'ai on nous vous mon ma mes besoin bien aussi encore deja tres si plus moi " +
    "toi lui chez cette cet ces n d l s j m t c aller vais va allez toujours jamais passe se juste hein genre truc " +
    "trucs chose choses quelque quelqu'un quelques petit petite petits petites parce comme enfin bref franchement " +
    "eventuellement normalement justement coup disons vraiment plutot peut-etre surement pense penser pensais crois " +
    "croire dirais risque risquons pose poser probleme souci prend prends prenez prendre met mets mettre mettez " +
    "donner donne donnez voir vois regarde appelle appelais monsieur madame notre nos votre vos leur sa son ses " +
    "dedans dessus pareil sinon apres avant vers maintenant",
  it:
    "ciao buongiorno buonasera salve pronto si no ok allora ecco dunque ehm beh per favore grazie vorrei volevo " +
    "voglio sapere chiedere domanda dire mi dica posso puo possiamo potete potrei potrebbe devo deve dobbiamo ho ha " +
    "avete abbiamo c'e ci sono quando quanto quanta quanti quante dove come quale quali chi cosa perche anche ancora " +
    "gia molto bene qui questo quello qualcosa fare faccio bisogno noi voi va poi succede senta senti scusi scusa " +
    "guardi guardate cioe insomma magari forse comunque certo davvero proprio piuttosto abbastanza poco cose roba " +
    "tipo caso signore signora avrei avremmo sarei sarebbe saremmo farei dovrei dovremmo vorremmo volevamo pensavo " +
    "penso credo chiamo chiamavo vedere vedo dare darmi mettere prendere prendo portare adesso ora dopo prima sempre " +
    "mai mio mia miei mie nostro nostra suo sua anzi niente",
  pt:
    "ola oi bom boa dia tarde noite sim nao ok entao olha bem por favor obrigado obrigada queria quero gostaria saber " +
    "perguntar pergunta dizer diga posso pode podemos podem poderia preciso precisa tenho tem temos ha que eh ai isso " +
    "isto algo quanto quanta quantos quantas quando onde como qual quais quem porque fazer faco voces voce vou vai " +
    "ainda ja muito dar da convosco connosco dao fazem ele ela pois portanto digamos talvez se calhar realmente " +
    "bastante pouco pouquinho coisa coisas caso senhor senhora tipo assim acho penso pensava creio seria teria faria " +
    "haveria poderiamos gostariamos tinha estava vinha ligo ligava ligar ver vejo meter pegar levar agora depois " +
    "antes sempre nunca meu minha meus minhas nosso nossa seu sua acontece aconteceu",
};

const MARKS: Readonly<Record<SearchLanguage["code"], string>> = {
  en: "the and of is are you for with we your from by at not can be or it this our",
  de: "der die und ist das sie fur mit wir von nicht oder bis auf zu dem den ein eine im",
  es: "el los las y con para del una mas por es se su al nos un lo en",
  fr: "le les et des du est pour vous une dans par sur avec nous au un ne pas",
  it: "il di e gli che per della non con una sono dal si alla nel i le un",
  pt: "o os do da em nao com uma para dos das no na ao sao um e as",
};

/** Spanish knows its endings by their accents, which are folded away. */
const unfoldSpanish = (word: string) => word.replace(/cion$/, "ción").replace(/sion$/, "sión");

/** The stemmer takes the `er` of `stornieren` for an ending, and that of `Stornierung` not. */
const IEREN = /(?<=\p{L}{2})ier(?:e|st|t|te|ten|en|ung|ungen|bar)$/u;

const LANGUAGES: readonly SearchLanguage[] = [
  language("en", english, englishStops),
  language("de", (word) => german(word.replace(IEREN, "ier")), germanStops),
  language("es", (word) => spanish(unfoldSpanish(word)), spanishStops),
  language("fr", french, frenchStops),
  language("it", italian, italianStops),
  language("pt", portuguese, portugueseStops),
];

function language(
  code: SearchLanguage["code"],
  stemmer: (word: string) => string,
  stops: readonly string[],
): SearchLanguage {
  const words = [...stops, ...TALK[code].split(" ")].flatMap((stop) => foldText(stop).split(/[^\p{L}]+/u));
  return {
    code,
    stops: new Set(words.filter((word) => word !== "")),
    stem: (word) => foldText(stemmer(word)),
    marks: MARKS[code].split(" "),
  };
}

/**
 * The languages that documents are written in, as the short words among theirs tell; all where they tell
 * nothing.
 */
export function languagesOf(vocabulary: Vocabulary): readonly SearchLanguage[] {
  const before = told.get(vocabulary);
  if (before) return before;
  const languages = tellLanguages(vocabulary);
  told.set(vocabulary, languages);
  return languages;
}

const told = new WeakMap<Vocabulary, readonly SearchLanguage[]>();

function tellLanguages(vocabulary: Vocabulary): readonly SearchLanguage[] {
  const known = LANGUAGES.map(({ marks }) => marks.filter((mark) => vocabulary.count(mark) > 0).length);
  const most = Math.max(...known);
  if (most < 3) return LANGUAGES;
  return LANGUAGES.filter((_, index) => known[index] >= Math.max(3, most * 0.7));
}
