/** Every source of labels: one line each. */
import { aws } from './aws.ts';
import { azure } from './azure.ts';
import { gce } from './gce.ts';
import type { LabelSource } from './label-source.ts';
import { machine } from './machine.ts';

export const labelSources: readonly LabelSource[] = [aws, gce, azure, machine];
