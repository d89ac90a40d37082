// Preloaded into a server, this throws where nobody catches it, each time that the process gets SIGUSR2: what a
// library that the server uses may do.

Deno.addSignalListener("SIGUSR2", () => {
  void Promise.reject(new Error("Nobody waits for this."));
  setTimeout(() => {
    throw new Error("Nobody catches this.");
  });
});
