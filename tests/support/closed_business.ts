import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";

/** A business that is closed, and takes messages. */
export function closedBusiness(records: Partial<Business["records"]> = {}): Partial<Business> {
  return {
    id: "acme",
    hours: {
      timeZone: "UTC",
      week: Array(7).fill([]),
      days: {},
      afterHours: { action: "say", words: "We are closed.", voicemail: true, forwardTo: undefined },
    },
    records: { ...DEFAULT_BUSINESS.records, ...records },
  };
}
