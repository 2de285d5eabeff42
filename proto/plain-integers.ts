/**
 * 64-bit integers as plain numbers, not as Long objects. Imported before the generated codec, which asks when it is loaded:
 * otherwise a field that is not set would still be a Long.
 */
import protobuf from 'protobufjs/minimal.js';

(protobuf.util as { Long?: unknown }).Long = undefined;
protobuf.configure();
