/** A small valid file, to change one thing in. */
export const validFile = `apiVersion: leash/v1
kind: Experiment
metadata: { name: user-service-pause, owner: platform-team@example.com, labels: { service: user-service } }
goal: Restarts preserve in-flight work
hypothesis: p95 stays under 1.3 times the baseline
stage: staging
blastRadius: { hosts: 1, processesPerHost: 1, tiers: [P2, P3] }
targets:
  hosts: { labels: { app: user-service }, mode: one }
  processes: { name: user-worker, mode: one }
preconditions:
  - probe: canary
probes:
  canary: { http: { url: "http://127.0.0.1:8080/health" }, every: 1s }
baseline: 60s
steadyState:
  - canary.latencyP95Ms < 1.3 * baseline.canary.latencyP95Ms
method:
  - { fault: process.kill, signal: SIGTERM, grace: 10s, consent: irreversible, expect: { respawnWithin: 30s } }
  - wait: 5s
  - { fault: process.pause, for: 2m, reselect: true }
abort:
  - { when: canary.errorRatio > 0.2 or not canary.up, for: 3s }
recovery: 30s
runbook: https://wiki.example.com/runbooks/user-worker
`;

/** The file with one text replaced. @throws Error when the text is not in it: a test must change something. */
export function changed(from: string | RegExp, to: string): string {
  const text = validFile.replace(from, to);
  if (text === validFile) throw new Error(`nothing to change: ${String(from)}`);
  return text;
}
