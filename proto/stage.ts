/** How close to users a host or an experiment is. A host's own policy says its stage; an experiment must name the same. */
export const stages = ['development', 'staging', 'production-lite', 'production-full'] as const;

export type Stage = (typeof stages)[number];

export function isStage(value: string): value is Stage {
  return (stages as readonly string[]).includes(value);
}

export const tiers = ['P0', 'P1', 'P2', 'P3'] as const;

export type Tier = (typeof tiers)[number];
