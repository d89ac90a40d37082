import assert from "node:assert/strict";
import { fromClose, fromConnectFailure } from "../../../src/model/openai/connect.ts";
import { type ErrorKind, fromApi } from "../../../src/model/realtime_error.ts";

const codes: [code: string, kind: ErrorKind][] = [
  ["invalid_event", "benign"],
  ["invalid_value", "benign"],
  ["unknown_parameter", "benign"],
  ["conversation_already_has_active_response", "benign"],
  ["response_cancel_not_active", "benign"],
  ["input_audio_buffer_commit_empty", "benign"],
  ["item_retrieve_invalid_item_id", "benign"],
  ["a_code_of_next_year", "benign"],
  ["session_expired", "retryable"],
  ["rate_limit_exceeded", "retryable"],
  ["server_error", "retryable"],
  ["invalid_api_key", "fatal"],
  ["insufficient_quota", "fatal"],
  ["model_not_found", "fatal"],
  ["account_deactivated", "fatal"],
  ["beta_api_shape_disabled", "fatal"],
];

for (const [code, kind] of codes) {
  Deno.test(`fromApi() takes ${code} for ${kind}`, () => {
    const error = fromApi({ type: "invalid_request_error", code, message: "What happened.", param: null });
    assert.deepEqual([error.kind, error.code, error.message], [kind, code, "What happened."]);
  });
}

Deno.test("fromApi() goes by the type where there is no code, and names the parameter at fault", () => {
  const error = fromApi({ type: "server_error", code: null, message: "Try again.", param: "session.voice" });
  assert.deepEqual([error.kind, error.code], ["retryable", "server_error"]);
  assert.equal(error.message, "Try again. (at session.voice)");
  assert.deepEqual([fromApi({}).kind, fromApi({}).code], ["benign", "unknown"]);
});

const types: [type: string, kind: ErrorKind, code: string][] = [
  ["insufficient_quota", "fatal", "insufficient_quota"],
  ["invalid_api_key", "fatal", "invalid_api_key"],
  ["authentication_error", "fatal", "authentication_error"],
  ["permission_error", "fatal", "permission_error"],
  ["tokens", "retryable", "rate_limit_exceeded"],
  ["rate_limit_error", "retryable", "rate_limit_exceeded"],
  ["rate_limit_exceeded", "retryable", "rate_limit_exceeded"],
  ["invalid_request_error", "benign", "invalid_request_error"],
];

for (const [type, kind, code] of types) {
  Deno.test(`fromApi() takes an error of type ${type} without a code for ${kind}`, () => {
    for (const none of [null, undefined, ""]) {
      const error = fromApi({ type, code: none, message: "What happened." });
      assert.deepEqual([error.kind, error.code], [kind, code]);
    }
  });
}

const closeCodes: [kind: ErrorKind, codes: number[]][] = [
  ["retryable", [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013]],
  ["fatal", [3000, 4000]],
];

for (const [kind, codes] of closeCodes) {
  for (const code of codes) {
    Deno.test(`fromClose() takes close code ${code} for ${kind}`, () => {
      assert.deepEqual([fromClose(code, "").kind, fromClose(code, "").code], [kind, "realtime_closed"]);
    });
  }
}

Deno.test("fromClose() takes the API's own code out of the reason", () => {
  const key = fromClose(3000, "invalid_request_error.invalid_api_key");
  assert.deepEqual([key.kind, key.code], ["fatal", "invalid_api_key"]);
  const shape = fromClose(4000, "invalid_request_error.beta_api_shape_disabled");
  assert.deepEqual([shape.kind, shape.code], ["fatal", "beta_api_shape_disabled"]);
  const expired = fromClose(4000, "invalid_request_error.session_expired");
  assert.deepEqual([expired.kind, expired.code], ["retryable", "session_expired"]);
});

const statuses: [status: number, kind: ErrorKind, code: string][] = [
  [400, "fatal", "realtime_refused"],
  [401, "fatal", "invalid_api_key"],
  [403, "fatal", "realtime_refused"],
  [404, "fatal", "model_not_found"],
  [408, "retryable", "realtime_refused"],
  [429, "retryable", "rate_limit_exceeded"],
  [500, "retryable", "realtime_refused"],
  [503, "retryable", "realtime_overloaded"],
];

for (const [status, kind, code] of statuses) {
  Deno.test(`fromConnectFailure() takes HTTP ${status} for ${kind}`, () => {
    const error = fromConnectFailure(
      `NetworkError: failed to connect to WebSocket: Invalid status code: ${status}`,
    );
    assert.deepEqual([error.kind, error.code], [kind, code]);
  });
}

Deno.test("fromConnectFailure() takes a connection that never was for retryable", () => {
  const error = fromConnectFailure("tcp connect error: Connection refused (os error 111)");
  assert.deepEqual([error.kind, error.code], ["retryable", "realtime_unreachable"]);
});
