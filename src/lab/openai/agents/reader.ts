import type { AgentOutput, AgentRequest } from "../agent.ts";
import { spokenTones } from "../audio/tone.ts";
import { itemText } from "../items.ts";

/**
 * What any agent says that is told to read aloud, beside the conversation: the text that it is given, word by
 * word, as tones. Undefined for any other request.
 */
export function readAloud({ isInConversation, config, items }: AgentRequest): AgentOutput[] | undefined {
  const [item] = items;
  if (isInConversation || !/\bread aloud\b/i.test(config.instructions) || item?.type !== "message") return;
  const text = itemText(item);
  return text ? [{ kind: "speech", clip: spokenTones(text), transcript: text }] : undefined;
}
