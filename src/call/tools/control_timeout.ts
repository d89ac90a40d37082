/**
 * How long a tool that acts on the call itself may take, in milliseconds. It first waits until the caller has heard what
 * was said, which takes as long as it takes to say; then come a few seconds of Twilio's REST API.
 */
export const CONTROL_TIMEOUT_MS = 60_000;
