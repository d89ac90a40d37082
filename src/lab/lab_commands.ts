import type { Commands } from "../cli/commands.ts";

export { loadTelephone } from "./telephone/load_telephone.ts";

/** The commands of the laboratory: what tries and measures a server, and is never part of one. */
export const LAB_COMMANDS: Commands = {
  demo: {
    about: "place one simulated call through this program, without any account",
    load: async () => (await import("./demo/demo_command.ts")).demo,
  },
  try: {
    about: "talk to your agent by a browser's microphone, without any account",
    load: async () => (await import("./try/try_command.ts")).tryOut,
  },
  call: {
    about: "place simulated calls against a running server",
    load: async () => {
      const [{ call }, { readFields }, { readEnvironment }] = await Promise.all([
        import("./call/call_command.ts"),
        import("../config/config.ts"),
        import("../config/environment.ts"),
      ]);
      const {
        host,
        port,
        publicUrl,
        twilioAuthToken: authToken,
        twilioAccountSid: accountSid,
        adminToken,
        dataDir,
        twilioApiUrl,
      } = readFields(readEnvironment()).raw;
      return (argv) =>
        call(argv, { host, port, publicUrl, authToken, accountSid, adminToken, dataDir, twilioApiUrl });
    },
  },
  capacity: {
    about: "measure how many calls this machine holds",
    load: async () => (await import("./capacity/capacity_command.ts")).capacity,
  },
  soak: {
    about: "hold calls for a long time and judge whether memory grows",
    load: async () => (await import("./soak/soak_command.ts")).soak,
  },
  emulate: {
    about: "run a simulated Realtime API, for development without a key",
    load: async () => (await import("./emulate/emulate_command.ts")).emulate,
  },
};
