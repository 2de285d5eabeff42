/** The commands of `leash`, in the order of its help: only the one that is asked for is loaded, so that a halt starts at once. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import type { Programs } from './programs.ts';

type AddCommand = (program: Command, context: CliContext, programs: Programs) => void;

export const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  demo: async () => (await import('./demo-command.ts')).addDemoCommand,
  serve: async () => (await import('./serve-command.ts')).addServeCommand,
  hosts: async () => (await import('./hosts-command.ts')).addHostsCommand,
  ps: async () => (await import('./ps-command.ts')).addPsCommand,
  plan: async () => (await import('./plan-command.ts')).addPlanCommand,
  'why-not': async () => (await import('./why-not-command.ts')).addWhyNotCommand,
  run: async () => (await import('./run-command.ts')).addRunCommand,
  submit: async () => (await import('./submit-command.ts')).addSubmitCommand,
  approve: async () => (await import('./approve-command.ts')).addApproveCommand,
  approvals: async () => (await import('./approvals-command.ts')).addApprovalsCommand,
  intent: async () => (await import('./intent-command.ts')).addIntentCommand,
  start: async () => (await import('./start-command.ts')).addStartCommand,
  runs: async () => (await import('./runs-command.ts')).addRunsCommand,
  show: async () => (await import('./show-command.ts')).addShowCommand,
  watch: async () => (await import('./watch-command.ts')).addWatchCommand,
  abort: async () => (await import('./abort-command.ts')).addAbortCommand,
  report: async () => (await import('./report-command.ts')).addReportCommand,
  catalog: async () => (await import('./catalog-command.ts')).addCatalogCommand,
  learn: async () => (await import('./learn-command.ts')).addLearnCommand,
  promote: async () => (await import('./promote-command.ts')).addPromoteCommand,
  rehearse: async () => (await import('./rehearse-command.ts')).addRehearseCommand,
  halt: async () => (await import('./halt-command.ts')).addHaltCommand,
  doctor: async () => (await import('./doctor-command.ts')).addDoctorCommand,
  drill: async () => (await import('./drill-command.ts')).addDrillCommand,
  rearm: async () => (await import('./rearm-command.ts')).addRearmCommand,
  resolve: async () => (await import('./resolve-command.ts')).addResolveCommand,
  audit: async () => (await import('./audit-command.ts')).addAuditCommand,
  login: async () => (await import('./login-command.ts')).addLoginCommand,
  whoami: async () => (await import('./whoami-command.ts')).addWhoamiCommand,
  can: async () => (await import('./can-command.ts')).addCanCommand,
  ca: async () => (await import('./ca-command.ts')).addCaCommand,
  'join-token': async () => (await import('./join-token-command.ts')).addJoinTokenCommand,
  token: async () => (await import('./token-command.ts')).addTokenCommand,
  schema: async () => (await import('./schema-command.ts')).addSchemaCommand,
};
