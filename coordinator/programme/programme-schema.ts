/** The file of a programme, as it is written: what an organisation asks of every experiment. */
import { z } from 'zod';
import { stages } from '../../proto/stage.ts';
import { duration } from '../experiment/quantity-schema.ts';
import { probeKinds } from '../probes/kinds.ts';

const hourMs = 3_600_000;
const yearMs = 366 * 24 * hourMs;
const word = z.string().min(1).max(255);
const recipeName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be small letters, digits and hyphens');
const path = z
  .string()
  .max(4095)
  .refine((text) => /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/.test(text), 'must be an absolute path without ..');

const recipe = z.strictObject({
  http: probeKinds.http.written.optional().meta({ description: 'It answers well' }),
  file: z
    .strictObject({
      path,
      contains: word.optional(),
      newerThan: duration({ minimum: 1000, maximum: yearMs }).optional(),
    })
    .optional()
    .meta({ description: "A file on the coordinator's machine is there, and is as it should be" }),
});

export const programmeSchema = z
  .strictObject({
    apiVersion: z.literal('leash/v1'),
    kind: z.literal('Programme'),
    promotion: z
      .strictObject({ within: duration({ minimum: hourMs, maximum: yearMs }).optional() })
      .optional()
      .meta({ description: 'How long a pass in the stage before counts; 720h unless said' }),
    drills: z
      .strictObject({ within: duration({ minimum: hourMs, maximum: yearMs }).optional() })
      .optional()
      .meta({ description: 'How long the drill of an abort rule counts before production; 720h unless said' }),
    catalogMetadata: z
      .strictObject({ from: z.enum(stages) })
      .optional()
      .meta({
        description: 'The first stage in which a file must say all that a catalog entry says; staging unless said',
      }),
    recipes: z.record(recipeName, recipe).optional(),
    observability: z
      .array(recipeName)
      .max(20)
      .optional()
      .meta({ description: 'Recipes: a scrape is healthy, traces arrive' }),
    liveIncident: z
      .strictObject({ flag: path.optional(), recipes: z.array(recipeName).max(20).optional() })
      .optional()
      .meta({ description: 'Nothing starts while the flag is there, or a recipe is not good' }),
    onCall: z
      .strictObject({ name: word.optional(), file: path.optional() })
      .optional()
      .meta({ description: 'Who is called when it goes wrong: a name, or a file whose first line is one' }),
    scope: z
      .array(z.record(word, z.string().min(1).max(255)))
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Labels of hosts that are approved beforehand: namespaces, clusters, accounts' }),
    traceLink: z
      .string()
      .max(2000)
      .regex(/^https?:\/\/.*\{runId\}/, 'must be an address with {runId} in it')
      .optional()
      .meta({ description: 'Where the traces of a run are' }),
  })
  .meta({ title: 'Leash programme', description: 'leash serve --programme FILE' });

export type WrittenProgramme = z.output<typeof programmeSchema>;

export function programmeJsonSchema(): unknown {
  return z.toJSONSchema(programmeSchema, { target: 'draft-2020-12', io: 'input' });
}
