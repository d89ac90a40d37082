/** What an element of a page is there for. */
export type PageRole = "text" | "navigation" | "maybe navigation" | "icon";

type Attributes = Readonly<Record<string, string>>;

const ROLES = new Set(["navigation", "menu", "menubar", "search", "tablist", "toolbar"]);
/** In a class or an id, of what is a way through the site and nothing else. */
const NAVIGATION = /(?:^|[\s_-])(?:breadcrumbs?|pagination|pager|skip-?(?:link|nav|to)[\w-]*)(?:$|[\s_-])/i;
/** In a class, an id or a label, of what asks for consent before the page is read. */
const CONSENT =
  /(?:cookie|consent|gdpr)[\s_-]?(?:consent|banner|notice|bar|pop-?up|modal|overlay|dialog|message|law|hinweis|wall|settings|manager|layer|box)|onetrust|cookiebot|cookieconsent|usercentrics|cc-window|didomi|borlabs-?cookie|cmplz|klaro|iubenda-cs|osano-cm|qc-cmp/i;
/** In a class or an id, of what may be navigation: a `menu` may be that of a restaurant. */
const MAYBE_NAVIGATION =
  /(?:^|[\s_-])(?:nav\w*|(?:top|side|main|sub|mega|mobile)?-?menu\w*|(?:top|nav|side|tool)-?bar|header|footer|toc|social\w*|share|lang\w*|(?:quick)?-?links)(?:$|[\s_-])/i;
const ICON =
  /(?:^|\s)(?:material-(?:icons|symbols)[\w-]*|icon|icons|fa|fa[srbld]|bi|mdi|ti|lucide|dashicons|glyphicons?|icon-[\w-]+)(?:$|\s)/i;
/** Navigation has at least this share of its characters in links … */
const LINK_SHARE = 0.8;
/** … and at least so many links. */
const MIN_LINKS = 3;

/** What an element is there for, by its name and attributes. */
export function pageRole(name: string, attributes: Attributes): PageRole {
  const { class: className = "", id = "", role = "" } = attributes;
  const label = attributes["aria-label"] ?? "";
  if (name === "body" || name === "html" || name === "main" || name === "article") return "text";
  if (name === "i" || name === "span") return ICON.test(className) ? "icon" : "text";
  if (name === "nav" || ROLES.has(role) || /breadcrumb/i.test(label)) return "navigation";
  if (/BreadcrumbList/.test(attributes.itemtype ?? "")) return "navigation";
  if (NAVIGATION.test(className) || NAVIGATION.test(id)) return "navigation";
  if ([className, id, label].some((text) => CONSENT.test(text))) return "navigation";
  if (name === "header" || name === "footer" || name === "aside") return "maybe navigation";
  return MAYBE_NAVIGATION.test(className) || MAYBE_NAVIGATION.test(id) ? "maybe navigation" : "text";
}

/** Whether the text of an icon is the name of the picture in its font, such as `arrow_forward`. */
export function isPictureName(text: string): boolean {
  return /^\s*(?:[a-z0-9]+(?:_[a-z0-9]+)*)?\s*$/.test(text);
}

/** A shorter text in place of a picture names it, and says nothing. */
const MIN_PICTURE_WORDS = 3;
const MAX_PICTURE_CHARS = 500;

/**
 * What the text in place of a picture tells readers who do not see it; empty where it only names the picture.
 */
export function pictureText(alt: string): string {
  const isName = /\.(?:jpe?g|png|gif|webp|svg|avif)\s*$/i.test(alt) || wordCount(alt) < MIN_PICTURE_WORDS;
  return isName || alt.length > MAX_PICTURE_CHARS ? "" : alt.trim();
}

/**
 * The number or the address that a link calls or writes to, where the text of the link does not say it; else
 * empty.
 */
export function contactBehind(address: string, text: string): string {
  const [, chat] =
    /^https?:\/\/(?:wa\.me\/|api\.whatsapp\.com\/send\/?\?phone=)\+?(\d{6,15})/i.exec(address) ?? [];
  if (chat !== undefined) return /\d{3}/.test(text) ? "" : `+${chat}`;
  const [, scheme, contact] = /^(tel|sms|callto|mailto):([^?]{3,100})/i.exec(address.trim()) ?? [];
  if (scheme === undefined || (scheme.toLowerCase() === "mailto" ? /@/ : /\d{3}/).test(text)) return "";
  try {
    return decodeURIComponent(contact);
  } catch {
    return contact;
  }
}

/** How many words a text has; letters of Chinese and Japanese count as words. */
export function wordCount(text: string): number {
  return text.match(WORD)?.length ?? 0;
}

const CJK = "\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}";
const WORD = new RegExp(`[${CJK}]|[[\\p{L}\\p{N}\\p{M}]--[${CJK}]]+`, "gv");

/** Text of a part of a page, in and outside of links. */
export class LinkCount {
  /** All words but those of {@link contacts}. */
  words = 0;
  #chars = 0;
  #linkedChars = 0;
  #links = 0;
  #isContact = false;
  /** Texts of links to telephones and mailboxes: no way through the site. */
  readonly contacts: string[] = [];

  link(address: string): void {
    this.#links++;
    this.#isContact = /^(?:tel|mailto):/i.test(address);
    if (this.#isContact) this.contacts.push("");
  }

  endLink(): void {
    this.#isContact = false;
  }

  add(text: string, isInLink: boolean): void {
    const chars = text.replace(/\s/g, "").length;
    this.#chars += chars;
    if (isInLink) this.#linkedChars += chars;
    if (this.#isContact) this.contacts[this.contacts.length - 1] += text;
    else this.words += wordCount(text);
  }

  /** Whether it is links and little else. */
  get isLinks(): boolean {
    return this.#links >= MIN_LINKS && this.#linkedChars >= this.#chars * LINK_SHARE;
  }
}
