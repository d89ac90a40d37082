// Linear memory of the kernel: fixed working areas shared by all calls, then one small slot per call.
// Every working area has slack behind it, because the filters compute four samples at a time and may read
// and write up to three samples more than were asked for.

/** Longest filters: 144 taps at 24 kHz, that is 48 per branch at 8 kHz. */
const MAX_DOWN_TAPS: usize = 144;
const MAX_UP_TAPS: usize = MAX_DOWN_TAPS / 3;
const SLACK: usize = 64;

/**
 * Mu-law bytes that one call of `up` can take. A multiple of 3, so that base64 decodes into it in whole
 * groups.
 */
export const UP_CAPACITY: usize = 8208;
/** PCM16 bytes that one call of `down` can take; a multiple of 3 again. */
export const DOWN_CAPACITY: usize = 12288;

/**
 * i16[2][taps / 3]: branches 0 and 1 of the 8 to 24 kHz filter, newest tap last. Branch 2 is a pure delay.
 */
export const UP_COEFFICIENTS: usize = 1024;
/** i16[taps]: the 24 to 8 kHz filter, newest tap last. */
export const DOWN_COEFFICIENTS: usize = UP_COEFFICIENTS + 2 * MAX_UP_TAPS * 2;

/**
 * Mu-law in. The call's own last bytes are copied right before it, so that the stream lies there in one
 * piece.
 */
export const UP_INPUT: usize = DOWN_COEFFICIENTS + MAX_DOWN_TAPS * 2 + SLACK;
/** The same stream, history included, as 14-bit linear i16. */
export const UP_SAMPLES: usize = UP_INPUT + UP_CAPACITY + SLACK;
/** PCM16 out, 6 bytes for each mu-law byte. */
export const UP_OUTPUT: usize = UP_SAMPLES + (MAX_UP_TAPS + UP_CAPACITY) * 2 + SLACK;

/** PCM16 in, at any byte: the history before it also carries an incomplete triple and an odd byte. */
export const DOWN_INPUT: usize = UP_OUTPUT + UP_CAPACITY * 6 + SLACK + MAX_DOWN_TAPS * 2;
/** Mu-law out. */
export const DOWN_OUTPUT: usize = DOWN_INPUT + DOWN_CAPACITY + SLACK;

/** The first slot. */
export const SLOTS: usize = (DOWN_OUTPUT + DOWN_CAPACITY / 6 + SLACK + 15) & ~15;
