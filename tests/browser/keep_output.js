// Runs in a page before its own scripts: keeps what the page sends to the loudspeaker, whatever in it does.
globalThis.kept = { rate: 0, chunks: [] };

const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (...to) {
  if (to[0] instanceof AudioDestinationNode) {
    const tap = this.context.createScriptProcessor(16384, 1, 1);
    tap.onaudioprocess = ({ inputBuffer }) => {
      globalThis.kept.chunks.push(
        Array.from(inputBuffer.getChannelData(0), (value) => Math.round(32767 * value)),
      );
    };
    globalThis.kept.rate = this.context.sampleRate;
    connect.call(this, tap);
    connect.call(tap, to[0]);
  }
  return connect.apply(this, to);
};
