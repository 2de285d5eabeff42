/** Where a host can learn labels of itself from. Each is asked only when somebody says so, and only then. */

export type Labels = Readonly<Record<string, string>>;

/** One question to the metadata service of a cloud, which answers on a link-local address without a certificate. */
export interface MetadataQuestion {
  readonly path: string;
  readonly method?: 'GET' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
}

export interface MetadataAnswer {
  readonly text: string;
  header(name: string): string | null;
}

export interface MetadataService {
  /** @returns undefined for a "no". @throws Error when nobody answers in time. */
  ask(question: MetadataQuestion): Promise<MetadataAnswer | undefined>;
}

export interface LabelSource {
  /** What `--labels-from` takes. */
  readonly name: string;
  /** One of which at most one is there. */
  readonly isCloud: boolean;
  readonly summary: string;
  /** @returns undefined where the host is none of its kind. @throws Error when nobody answers in time. */
  read(metadata: MetadataService): Promise<Labels | undefined>;
}
