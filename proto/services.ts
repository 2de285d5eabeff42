/** The gRPC services as grpc-js wants them, over the generated codec. One line a method. */
import type { MethodDefinition } from '@grpc/grpc-js';
import { grpc, leash } from './codec.ts';

const v1 = leash.v1;

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

interface Shape {
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
}

function method<Request, Reply>(
  path: string,
  request: Codec<Request>,
  reply: Codec<Reply>,
  shape: Shape = {},
): MethodDefinition<Request, Reply> {
  return {
    path,
    requestStream: shape.requestStream ?? false,
    responseStream: shape.responseStream ?? false,
    requestSerialize: (value) => Buffer.from(request.encode(value).finish()),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (value) => Buffer.from(reply.encode(value).finish()),
    responseDeserialize: (bytes) => reply.decode(bytes),
  };
}

const answers: Shape = { responseStream: true };
const both: Shape = { requestStream: true, responseStream: true };

const a = '/leash.v1.Agent/';
export const agentService = {
  describe: method(`${a}Describe`, v1.DescribeRequest, v1.DescribeReply),
  listProcesses: method(`${a}ListProcesses`, v1.ListProcessesRequest, v1.ListProcessesReply, answers),
  plan: method(`${a}Plan`, v1.PlanRequest, v1.PlanReply),
  inject: method(`${a}Inject`, v1.InjectRequest, v1.InjectReply),
  renew: method(`${a}Renew`, v1.RenewRequest, v1.RenewReply),
  restore: method(`${a}Restore`, v1.RestoreRequest, v1.RestoreReply),
  halt: method(`${a}Halt`, v1.HaltRequest, v1.HaltReply),
  rearm: method(`${a}Rearm`, v1.RearmRequest, v1.RearmReply),
  observe: method(`${a}Observe`, v1.ObserveRequest, v1.ObserveReply),
  watch: method(`${a}Watch`, v1.WatchRequest, v1.Event, answers),
  act: method(`${a}Act`, v1.ActRequest, v1.ActReply),
  session: method(`${a}Session`, v1.SessionRequest, v1.SessionReply, both),
} as const;

export type AgentMethod = keyof typeof agentService;

const c = '/leash.v1.Coordinator/';
export const coordinatorService = {
  listHosts: method(`${c}ListHosts`, v1.ListHostsRequest, v1.ListHostsReply),
  listFleetProcesses: method(`${c}ListFleetProcesses`, v1.ListFleetProcessesRequest, v1.FleetProcesses, answers),
  planExperiment: method(`${c}PlanExperiment`, v1.ExperimentFile, v1.ExperimentPlan),
  submit: method(`${c}Submit`, v1.SubmitRequest, v1.Run),
  submitDrill: method(`${c}SubmitDrill`, v1.SubmitDrillRequest, v1.Run),
  start: method(`${c}Start`, v1.StartRequest, v1.Run),
  abort: method(`${c}Abort`, v1.AbortRequest, v1.Run),
  listRuns: method(`${c}ListRuns`, v1.ListRunsRequest, v1.ListRunsReply),
  getRun: method(`${c}GetRun`, v1.GetRunRequest, v1.Run),
  watchRuns: method(`${c}WatchRuns`, v1.WatchRunsRequest, v1.RunEvent, answers),
  haltFleet: method(`${c}HaltFleet`, v1.HaltFleetRequest, v1.HaltFleetReply),
  rearmFleet: method(`${c}RearmFleet`, v1.RearmFleetRequest, v1.RearmFleetReply),
  resolve: method(`${c}Resolve`, v1.ResolveRequest, v1.ResolveReply),
  promote: method(`${c}Promote`, v1.PromoteRequest, v1.PromoteReply),
  learn: method(`${c}Learn`, v1.LearnRequest, v1.Run),
  rehearse: method(`${c}Rehearse`, v1.ExperimentFile, v1.RehearseReply),
  approve: method(`${c}Approve`, v1.ApproveRequest, v1.ListApprovalsReply),
  listApprovals: method(`${c}ListApprovals`, v1.ListApprovalsRequest, v1.ListApprovalsReply),
  whoAmI: method(`${c}WhoAmI`, v1.WhoAmIRequest, v1.WhoAmIReply),
  can: method(`${c}Can`, v1.CanRequest, v1.CanReply),
} as const;

export type CoordinatorMethod = keyof typeof coordinatorService;

const health = grpc.health.v1;
export const healthService = {
  check: method('/grpc.health.v1.Health/Check', health.HealthCheckRequest, health.HealthCheckResponse),
  watch: method('/grpc.health.v1.Health/Watch', health.HealthCheckRequest, health.HealthCheckResponse, answers),
} as const;

const r1 = grpc.reflection.v1;
export const reflectionService = {
  serverReflectionInfo: method(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    r1.ServerReflectionRequest,
    r1.ServerReflectionResponse,
    both,
  ),
} as const;

/** The older name of the same protocol, which most tools still ask for first. */
export const reflectionAlphaService = {
  serverReflectionInfo: method(
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    r1.ServerReflectionRequest,
    r1.ServerReflectionResponse,
    both,
  ),
} as const;
