import type { HttpToolSettings } from "../../src/businesses/business.ts";

/** A request that the endpoint got. */
export interface ToolRequest {
  headers: Headers;
  body: string;
}

/** An HTTP tool's other end: answers each request with the JSON of what `answer` gives, or resolves to, after a while. */
export class ToolEndpoint implements AsyncDisposable {
  readonly requests: ToolRequest[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  constructor(answer: (request: ToolRequest) => unknown, delayMs = 0) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const body = await request.text();
        const received = { headers: request.headers, body };
        this.requests.push(received);
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        return Response.json(await answer(received));
      },
    );
  }

  /** The host and port, as `PRIVATE_HOSTS` has them. */
  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  /** A tool that asks this endpoint, as a business file has it. */
  fields(name: string): Pick<HttpToolSettings, "name" | "description" | "parameters" | "url"> {
    const { description, parameters, url } = this.tool(name);
    return { name, description, parameters, url };
  }

  /** A tool that leads here. */
  tool(name: string, differences: Partial<HttpToolSettings> = {}): HttpToolSettings {
    return {
      name,
      description: "Looks something up.",
      parameters: { type: "object", properties: { id: { type: "string" } } },
      url: `http://${this.host}/${name}`,
      headers: {},
      signingSecret: undefined,
      timeoutMs: 5_000,
      ...differences,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
