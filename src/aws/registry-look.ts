/** A look at the registry for the API, which may read it and never changes it. */
export interface RegistryLook {
  /** Whether ECR has a repository of this name, whoever made it. */
  readonly exists: (name: string) => Promise<boolean>;
  /** How many images a repository holds, counted up to `atMost`. */
  readonly countImages: (name: string, atMost: number) => Promise<number>;
}
