/**
 * The three messages that Twilio accepts from us. Anything else, or a field more or less, is warning 31951 and is
 * dropped by Twilio without effect. Source: Twilio docs "Media Streams – WebSocket Messages", error 31951.
 */
export class OutboundMessages {
  readonly #mediaHead: string;
  readonly #markHead: string;
  /** Empties Twilio's buffer and makes it echo every outstanding mark. */
  readonly clear: string;

  /** @param streamSid from `start`; nothing may be sent before it is known */
  constructor(streamSid: string) {
    const sid = JSON.stringify(streamSid);
    this.#mediaHead = `{"event":"media","streamSid":${sid},"media":{"payload":"`;
    this.#markHead = `{"event":"mark","streamSid":${sid},"mark":{"name":"`;
    this.clear = `{"event":"clear","streamSid":${sid}}`;
  }

  /** @param payload base64 of raw mu-law, without any header */
  media(payload: string): string {
    return this.#mediaHead + payload + `"}}`;
  }

  /** @param name ASCII letters, digits and `:` only, so that it needs no escaping */
  mark(name: string): string {
    return this.#markHead + name + `"}}`;
  }
}
