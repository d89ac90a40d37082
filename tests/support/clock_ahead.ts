// Preloaded into a process of its own (`deno run --preload`), this sets its clock five seconds ahead.

const epoch = Date.now;
Date.now = () => epoch() + 5_000;
