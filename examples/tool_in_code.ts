// A server whose model can do something of yours: here, look up an order.
//
//   PUBLIC_URL=https://voice.example.com OPENAI_API_KEY=sk-… TWILIO_AUTH_TOKEN=… \
//     deno run --permission-set=server examples/tool_in_code.ts

import { AppError, createServer, defineTool, loadConfig } from "../src/mod.ts";

const ORDERS: Readonly<Record<string, string>> = {
  "1001": "shipped on Monday, arrives tomorrow",
  "1002": "being packed",
};

const lookUpOrder = defineTool({
  name: "look_up_order",
  description: "Tells where an order is. Ask the caller for the order number first.",
  parameters: {
    type: "object",
    properties: { orderNumber: { type: "string", description: "Four digits." } },
    required: ["orderNumber"],
  },
  timeoutMs: 3_000,
  run({ orderNumber }, { businessId, from }) {
    console.log(`${businessId}: ${from} asks for order ${orderNumber}`);
    const status = ORDERS[orderNumber];
    // The words of an AppError are for the model, which passes them on. Of any other error it only learns that there was one.
    if (status === undefined) throw new AppError("no_order", `There is no order ${orderNumber}.`);
    return { status };
  },
});

const config = loadConfig(); // from the environment
await using server = await createServer({
  config,
  businesses: [{
    name: "Acme Tea",
    numbers: ["+15550100000"],
    instructions: "You answer the telephone of a tea shop. Say where orders are.",
    tools: { builtIn: ["end_call"] },
  }],
  tools: [lookUpOrder],
});
const http = Deno.serve({ port: config.port, hostname: config.host }, server.fetch);

Deno.addSignalListener("SIGTERM", async () => {
  await server.drain(); // lets calls end, for at most DRAIN_SECONDS
  await http.shutdown();
});
await http.finished;
