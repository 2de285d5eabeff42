/**
 * The one door to the generated codec. 64-bit integers decode to plain numbers, not to Long objects: everything of
 * ours that is 64 bits wide (ticks, bytes, epochs, wall milliseconds) is checked to be a safe integer where it is parsed.
 */
import './plain-integers.ts';

export { google, grpc, leash } from './generated/codec.js';
