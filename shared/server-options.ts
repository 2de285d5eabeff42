/** What every gRPC server behind a front door allows its callers. */
import type { ServerOptions } from '@grpc/grpc-js';
import { limitCalls, nameOfPeer } from './front-door.ts';
import { limitMetadata } from './metadata-limit.ts';
import { type Refusal, tellRefusals } from './refusal-records.ts';

const streamsPerConnectionMax = 32;
/**
 * A connection whose other end vanished without a word would keep its place for ever, and a link that flaps would soon
 * have taken every place that its address has.
 */
const askEveryMs = 10_000;
const answerWithinMs = 5000;

/**
 * @param messageBytesMax of one message, after it was unpacked.
 * @param onRefused told of each call that was answered with a "no".
 */
export function serverOptions(messageBytesMax: number, onRefused?: (refusal: Refusal) => void): ServerOptions {
  return {
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_concurrent_streams': streamsPerConnectionMax,
    'grpc.keepalive_time_ms': askEveryMs,
    'grpc.keepalive_timeout_ms': answerWithinMs,
    'grpc.enable_channelz': 0,
    interceptors: [limitCalls, limitMetadata, ...(onRefused ? [tellRefusals(nameOfPeer, onRefused)] : [])],
  };
}
