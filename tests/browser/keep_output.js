// Runs in a page before its own scripts: keeps what the page sends to the loudspeaker, whatever in it does, and what it
// has of the microphone.
globalThis.kept = { rate: 0, chunks: [], contexts: new Set(), tracks: [] };

// Of localhost and https alone.
const devices = navigator.mediaDevices;
if (devices) {
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    globalThis.kept.tracks.push(...stream.getTracks());
    return stream;
  };
}

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
    globalThis.kept.contexts.add(this.context);
    connect.call(this, tap);
    connect.call(tap, to[0]);
  }
  return connect.apply(this, to);
};
