// A web application of your own that also answers the telephone, on one port.
//
//   PUBLIC_URL=https://shop.example.com OPENAI_API_KEY=sk-… TWILIO_AUTH_TOKEN=… \
//     deno run --permission-set=server examples/in_another_application.ts

import { type CallRecord, createServer, loadConfig } from "../src/mod.ts";

const config = loadConfig();
const lastCalls: Pick<CallRecord, "business" | "durationMs" | "reason">[] = [];

await using telephone = await createServer({
  config,
  businesses: [{
    name: "Corner Shop",
    numbers: ["+15550100000"],
    instructions: "You answer the telephone of a corner shop.",
  }],
  onCallEnded({ business, durationMs, reason }) {
    lastCalls.push({ business, durationMs, reason });
    if (lastCalls.length > 10) lastCalls.shift();
  },
  // Its events go where those of your application go.
  log: (level, event, attributes) =>
    console.log(JSON.stringify({ part: "telephone", level, event, ...attributes })),
});

const http = Deno.serve({ port: config.port, hostname: config.host }, (request, info) => {
  switch (new URL(request.url).pathname) {
    case "/":
      return new Response("Open from 9 to 18.\n");
    case "/last-calls":
      return Response.json(lastCalls);
  }
  if (telephone.handles(request)) return telephone.fetch(request, info);
  return new Response("Not here.\n", { status: 404 });
});

Deno.addSignalListener("SIGTERM", async () => {
  await telephone.drain();
  await http.shutdown();
});
await http.finished;
