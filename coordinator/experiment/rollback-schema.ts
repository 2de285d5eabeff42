/** The steps of `rollback`, as a file writes them. */
import { z } from 'zod';
import { httpMethods, isUnitName } from '../../proto/rollback-action.ts';

const unit = z.string().refine(isUnitName, 'must be the full name of a systemd unit, such as user-worker.service');

export const playbookName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, 'must be small letters, digits, ".", "_" and "-", at most 128 of them');

/** What a host does. */
const hostSteps = {
  systemd: z.strictObject({ restart: unit }).optional().meta({ description: 'Restart a unit on each host' }),
  http: z
    .strictObject({
      url: z
        .string()
        .max(2000)
        .regex(/^https?:\/\/[^/@]+(\/|$)/, 'must be an http:// or https:// address without a user in it'),
      method: z.enum(httpMethods).optional(),
    })
    .optional()
    .meta({ description: "A call from each host, to an address that the host's policy lists; POST unless said" }),
  exec: z
    .strictObject({
      program: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be a name of the host policy's list"),
      args: z.array(z.string().max(1024)).max(64).optional(),
    })
    .optional()
    .meta({ description: "A program that each host's policy lists, by its name there" }),
};

export const plainRollbackStep = z.strictObject(hostSteps);
export const rollbackStep = z.strictObject({
  ...hostSteps,
  playbook: playbookName.optional().meta({ description: 'The steps of a playbook of the catalog, by its name' }),
});

export type PlainRollbackStep = z.output<typeof plainRollbackStep>;
export type WrittenRollbackStep = z.output<typeof rollbackStep>;
