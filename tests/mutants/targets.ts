const ADMISSION = [
  "tests/admission/admission_test.ts",
  "tests/admission/admission_gates_test.ts",
  "tests/admission/admission_reservation_test.ts",
  "tests/admission/drain_test.ts",
];

/** The files whose mutants must not survive, and the tests that kill them: state machines, codecs, and what lets in. */
export const TARGETS: Record<string, readonly string[]> = {
  "src/admission/admission.ts": ADMISSION,
  "src/admission/call_slots.ts": ["tests/admission/call_slots_test.ts", ...ADMISSION],
  "src/admission/gates.ts": [
    "tests/admission/lag_gate_test.ts",
    "tests/admission/memory_gate_test.ts",
    "tests/admission/descriptor_gate_test.ts",
  ],
  "src/admission/day_limits.ts": ["tests/admission/day_limits_test.ts"],
  "src/audio/base64.ts": ["tests/audio/base64_test.ts"],
  "src/audio/ring_buffer.ts": ["tests/audio/ring_buffer_test.ts"],
  "src/call/conversation/barge_in.ts": ["tests/call/conversation/barge_in_test.ts"],
  "src/call/conversation/goodbye.ts": ["tests/call/conversation/goodbye_test.ts"],
  "src/call/conversation/backchannels.ts": ["tests/call/conversation/backchannels_test.ts"],
  "src/call/conversation/open_interruption.ts": ["tests/call/conversation/open_interruption_test.ts"],
  "src/call/conversation/response_sequencer.ts": [
    "tests/call/conversation/response_sequencer_test.ts",
    "tests/call/conversation/response_retry_test.ts",
    "tests/call/conversation/handover_test.ts",
  ],
  "src/call/playback/playback_buffer.ts": ["tests/call/playback/playback_buffer_test.ts"],
  "src/call/playback/playback_ledger.ts": ["tests/call/playback"],
  "src/call/tools/tool_runner.ts": [
    "tests/call/tools/tool_runner_test.ts",
    "tests/call/tools/tool_runner_property_test.ts",
  ],
  "src/carrier/twilio/inbound_track.ts": ["tests/carrier/twilio/media_stream_gap_test.ts"],
  "src/carrier/twilio/media_scan.ts": ["tests/carrier/twilio/media_scan_test.ts"],
  "src/carrier/twilio/media_stream.ts": [
    "tests/carrier/twilio/media_stream_start_test.ts",
    "tests/carrier/twilio/media_stream_malformed_test.ts",
    "tests/carrier/twilio/media_stream_gap_test.ts",
    "tests/carrier/twilio/media_stream_quiet_test.ts",
    "tests/carrier/twilio/media_stream_backlog_test.ts",
    "tests/carrier/twilio/media_stream_end_test.ts",
  ],
  "src/carrier/twilio/signature.ts": ["tests/carrier/twilio/signature_test.ts"],
  "src/carrier/twilio/stream_token.ts": ["tests/carrier/twilio/stream_token_test.ts"],
  "src/carrier/twilio/stream_check.ts": ["tests/carrier/twilio/stream_check_test.ts"],
  "src/cli/init/week_hours.ts": ["tests/cli/init/week_hours_test.ts"],
  "src/config/env_file.ts": ["tests/config/env_file_test.ts"],
  "src/model/openai/delta_scan.ts": ["tests/model/openai/delta_scan_test.ts"],
  "src/util/deadline_queue.ts": ["tests/util/deadline_queue_test.ts"],
  "src/util/expiring_map.ts": ["tests/util/expiring_map_test.ts"],
  "src/util/flood_gate.ts": ["tests/util/flood_gate_test.ts"],
};
