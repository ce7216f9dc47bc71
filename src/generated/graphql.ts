/** Generated from schema/*.graphql by `npm run generate`. */

export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A time in UTC, RFC 3339, such as `2026-11-24T12:00:00.000Z`. */
  DateTime: { input: string; output: string; }
  /** Any JSON value, such as an AWS policy document. */
  JSON: { input: unknown; output: unknown; }
};

/** An AWS account that may pull. */
export type AccessAccount = {
  readonly __typename?: 'AccessAccount';
  /** Its twelve digits. */
  readonly accountId: Scalars['String']['output'];
  /** Whether it may push too. */
  readonly canWrite: Scalars['Boolean']['output'];
  /** What it is, such as `aws-koa-dev`. */
  readonly description: Scalars['String']['output'];
};

/** An AWS account that is to pull. */
export type AccessAccountInput = {
  /** Its twelve digits, as a string: leading zeros count. */
  readonly accountId: Scalars['String']['input'];
  /** Whether it may push too. */
  readonly canWrite: Scalars['Boolean']['input'];
  /** What it is, such as `aws-koa-dev`. */
  readonly description: Scalars['String']['input'];
};

/** Which AWS accounts may pull every repository of a department. */
export type AccountAccess = {
  readonly __typename?: 'AccountAccess';
  /** The accounts. */
  readonly accounts: ReadonlyArray<AccessAccount>;
  /** The department that it belongs to. */
  readonly department?: Maybe<Department>;
  /** Id of the department that it belongs to. */
  readonly departmentId: Scalars['String']['output'];
  /** Whether every principal of the AWS organisation may pull. */
  readonly organisationPull: Scalars['Boolean']['output'];
  /** The operation that is bringing a change of it into AWS, if any. */
  readonly pendingOperation?: Maybe<Operation>;
  /** Counts its changes; pass it as `ifMatch` to change just what you have read. */
  readonly revision: Scalars['Int']['output'];
  /** When it was last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** Why the department's account access is not applied to a repository. */
export type AccountAccessRefusal = {
  readonly __typename?: 'AccountAccessRefusal';
  /** What AWS said. */
  readonly detail: Scalars['String']['output'];
  /** The operation that could not apply it. */
  readonly operationId: Scalars['ID']['output'];
};

/** An AWS account. */
export type AccountPrincipal = {
  readonly __typename?: 'AccountPrincipal';
  /** Its twelve digits. */
  readonly accountId: Scalars['String']['output'];
  /** What it is. */
  readonly description: Scalars['String']['output'];
};

/** Whether a caller may make a mutation. */
export type AllowedCommand = {
  readonly __typename?: 'AllowedCommand';
  /** Whether it is allowed. */
  readonly allowed: Scalars['Boolean']['output'];
  /** The rule that it follows from. */
  readonly because: Scalars['String']['output'];
  /** The mutation. */
  readonly command: Scalars['String']['output'];
  /** The department that it is about, if it is about one. */
  readonly department?: Maybe<Scalars['String']['output']>;
};

/** One link of an audit chain. */
export type AuditEvent = {
  readonly __typename?: 'AuditEvent';
  /** For `accepted`: the words by which the caller said that a wide effect is meant. */
  readonly acknowledged?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** The command. */
  readonly action: Scalars['String']['output'];
  /** The AWS calls that were made. */
  readonly awsCalls?: Maybe<ReadonlyArray<AwsCall>>;
  /** For `accepted`: what the change reaches, as the caller was shown it. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The verified claims of who asked; the token only by its SHA-256. */
  readonly caller?: Maybe<Scalars['JSON']['output']>;
  /** The chain that it belongs to. */
  readonly chain: Scalars['String']['output'];
  /** How the event moved the desired state; `null` when it did not. In their order, the changes of a chain give the department as it is. */
  readonly change?: Maybe<ReadonlyArray<EntityChange>>;
  /** The department itself. */
  readonly department?: Maybe<Department>;
  /** The department that it concerns. */
  readonly departmentId?: Maybe<Scalars['String']['output']>;
  /** For `beginAuditLogExport` and `exportAuditLog`: the export's number. */
  readonly exportNumber?: Maybe<Scalars['Int']['output']>;
  /** SHA-256 over `prev` and the canonical JSON (RFC 8785) of the event without `hash`, in hex. */
  readonly hash: Scalars['String']['output'];
  /** For the platform's `anchorChains`, `beginAuditLogExport` and `exportAuditLog`: where all chains stood. */
  readonly heads?: Maybe<ReadonlyArray<ChainHead>>;
  /** Chain and sequence number, such as `koa/17`. */
  readonly id: Scalars['ID']['output'];
  /** For `accepted` and `denied`: what was asked for; of what is long, its beginning. */
  readonly input?: Maybe<Scalars['JSON']['output']>;
  /** For a refusal that stands for several of one caller, with one command and one code. The rest of the event is the last one's. */
  readonly joined?: Maybe<JoinedRefusals>;
  /** For `exportAuditLog`: the manifest that was written. */
  readonly manifest?: Maybe<ExportManifest>;
  /** The operation itself. */
  readonly operation?: Maybe<Operation>;
  /** Id of the operation. */
  readonly operationId?: Maybe<Scalars['String']['output']>;
  /** What came of it. */
  readonly outcome: AuditOutcome;
  /** The AWS changes that it means. */
  readonly plan?: Maybe<ReadonlyArray<Change>>;
  /** Hash of the event before; 64 zeros for the first. */
  readonly prev: Scalars['String']['output'];
  /** Why it was refused or failed. */
  readonly reason?: Maybe<OperationError>;
  /** Which members the event may have; `null` for version 1, which had no `change`. */
  readonly schemaVersion?: Maybe<Scalars['Int']['output']>;
  /** Its number in the chain. */
  readonly seq: Scalars['Int']['output'];
  /** `change` is what there is, and not what is new. */
  readonly snapshot?: Maybe<AuditSnapshot>;
  /** Where the request came from. */
  readonly source?: Maybe<Scalars['JSON']['output']>;
  /** What it is about. */
  readonly subject?: Maybe<Subject>;
  /** When it happened. */
  readonly time: Scalars['DateTime']['output'];
  /** The department's version that it made. */
  readonly version?: Maybe<Scalars['Int']['output']>;
};

/** A page of audit events. */
export type AuditEventConnection = {
  readonly __typename?: 'AuditEventConnection';
  /** The audit events of this page, each with its cursor. */
  readonly edges: ReadonlyArray<AuditEventEdge>;
  /** The audit events of this page. */
  readonly nodes: ReadonlyArray<AuditEvent>;
  /** The page's position in the list. */
  readonly pageInfo: PageInfo;
};

/** An edge in a list of audit events. */
export type AuditEventEdge = {
  readonly __typename?: 'AuditEventEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: AuditEvent;
};

/** Which events come first. */
export type AuditOrder =
  /** The newest. */
  | 'newest'
  /** The oldest. */
  | 'oldest';

/** What came of a request. */
export type AuditOutcome =
  /** It was accepted and is on its way. */
  | 'accepted'
  /** It was refused. */
  | 'denied'
  /** It could not be applied, or not everywhere; `reason` says why. */
  | 'failed'
  /** It is still on its way; the event holds the AWS calls so far. */
  | 'progressed'
  /** Applied in AWS. */
  | 'succeeded';

/** A part of what a department has. */
export type AuditSnapshot = {
  readonly __typename?: 'AuditSnapshot';
  /** Whether the snapshot is complete with it. */
  readonly isLast: Scalars['Boolean']['output'];
  /** Which part; the first leaves nothing of what the chain told before. */
  readonly part: Scalars['Int']['output'];
};

/** A call that was made on AWS. */
export type AwsCall = {
  readonly __typename?: 'AwsCall';
  /** The call, such as `ecr:CreateRepository`. */
  readonly action: Scalars['String']['output'];
  /** AWS's id of the request. */
  readonly awsRequestId?: Maybe<Scalars['String']['output']>;
  /** What AWS said, up to 500 characters. */
  readonly detail?: Maybe<Scalars['String']['output']>;
  /** SHA-256 of the document that was written, in canonical form. */
  readonly digest?: Maybe<Scalars['String']['output']>;
  /** How long it took, in milliseconds. */
  readonly durationMs: Scalars['Float']['output'];
  /** The name of AWS's exception. */
  readonly error?: Maybe<Scalars['String']['output']>;
  /** `ok` or `error`. */
  readonly outcome: Scalars['String']['output'];
  /** On what. */
  readonly resource: Scalars['String']['output'];
};

/** The AWS organisation: every principal in it. */
export type AwsOrganisationPrincipal = {
  readonly __typename?: 'AwsOrganisationPrincipal';
  /** Its id. */
  readonly organisationId: Scalars['String']['output'];
};

/** Where an audit chain stood. */
export type ChainHead = {
  readonly __typename?: 'ChainHead';
  /** The chain. */
  readonly chain: Scalars['String']['output'];
  /** Hash of its last event. */
  readonly hash: Scalars['String']['output'];
  /** Number of its last event. */
  readonly seq: Scalars['Int']['output'];
};

/** One AWS call, with what it replaces and what it writes. */
export type Change = {
  readonly __typename?: 'Change';
  /** The call, such as `ecr:CreateRepository`. */
  readonly action: Scalars['String']['output'];
  /** `null` when there will be nothing. */
  readonly after?: Maybe<Scalars['JSON']['output']>;
  /** `null` when there was nothing. */
  readonly before?: Maybe<Scalars['JSON']['output']>;
  /** For a fan-out, on how many resources. */
  readonly count?: Maybe<Scalars['Int']['output']>;
  /** What it does to access; `narrow` comes before `widen`. */
  readonly direction: ChangeDirection;
  /** The repository's or the role's name; `*` for each repository of a fan-out. */
  readonly resource: Scalars['String']['output'];
};

/** What a change does to access. */
export type ChangeDirection =
  /** It takes access away. */
  | 'narrow'
  /** Neither. */
  | 'neutral'
  /** It must exist first. */
  | 'prerequisite'
  /** It gives access. */
  | 'widen';

/** Input of `createDepartment`. */
export type CreateDepartmentInput = {
  /** Acknowledgements that confirm that a wide effect is intended; the error `acknowledgement-required` says which are needed. */
  readonly acknowledge?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Its name, for people. */
  readonly displayName: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its id: 2 to 32 lower-case letters, digits and single hyphens. */
  readonly id: Scalars['String']['input'];
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Workflows that may manage it. */
  readonly managers?: InputMaybe<ReadonlyArray<ManagerRuleInput>>;
  /** When given, the names of its repositories must start with `<namespace>/`. */
  readonly namespace?: InputMaybe<Scalars['String']['input']>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name of its first push role; `<id>-github-ecr-access` if not given. */
  readonly roleName?: InputMaybe<Scalars['String']['input']>;
  /** Whether any of its workflows may create a repository and grant itself. */
  readonly selfService?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `createDepartment`. */
export type CreateDepartmentPayload = {
  readonly __typename?: 'CreateDepartmentPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** Current state; for a dry run, the resulting state. */
  readonly department?: Maybe<Department>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `createGrant`. */
export type CreateGrantInput = {
  /** Acknowledgements that confirm that a wide effect is intended; the error `acknowledgement-required` says which are needed. */
  readonly acknowledge?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The department whose repositories it is about. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The only environment that may push. */
  readonly environment?: InputMaybe<Scalars['String']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The GitHub organisation's login, or a pattern with `*`. */
  readonly organisation: Scalars['String']['input'];
  /** Whether pull requests may push. */
  readonly pullRequests?: InputMaybe<Scalars['Boolean']['input']>;
  /** The refs that may push, exact or with one trailing `*`. */
  readonly refs?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The ECR repositories that it may push to. */
  readonly repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The GitHub repository's name without its owner, or a pattern with `*`. */
  readonly repository: Scalars['String']['input'];
  /** The immutable id of an exact repository; not needed for your own. */
  readonly repositoryId?: InputMaybe<Scalars['String']['input']>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `createGrant`. */
export type CreateGrantPayload = {
  readonly __typename?: 'CreateGrantPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** Current state; for a dry run, the resulting state. */
  readonly grant?: Maybe<Grant>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `createRepository`. */
export type CreateRepositoryInput = {
  /** The department that it is to belong to. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** How images are to be encrypted; fixed from then on. */
  readonly encryption?: InputMaybe<EncryptionInput>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Whether tags can be moved; `IMMUTABLE` if not given. */
  readonly imageTagMutability?: InputMaybe<ImageTagMutability>;
  /** Tags, with `*`, that are excepted; only for the two `…_WITH_EXCLUSION`. */
  readonly imageTagMutabilityExclusionFilters?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A lifecycle policy document, or the name of a preset. */
  readonly lifecyclePolicy?: InputMaybe<Scalars['JSON']['input']>;
  /** Its name. */
  readonly name: Scalars['String']['input'];
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether images are scanned when they are pushed. */
  readonly scanOnPush?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `createRepository`. */
export type CreateRepositoryPayload = {
  readonly __typename?: 'CreateRepositoryPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
  /** Current state; for a dry run, the resulting state. */
  readonly repository?: Maybe<Repository>;
};

/** Input of `deleteDepartment`. */
export type DeleteDepartmentInput = {
  /** The department. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `deleteDepartment`. */
export type DeleteDepartmentPayload = {
  readonly __typename?: 'DeleteDepartmentPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** `null`: it is gone. For a dry run as it would be. */
  readonly department?: Maybe<Department>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `deleteOrganisation`. */
export type DeleteOrganisationInput = {
  /** The department. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** The organisation's login. */
  readonly login: Scalars['String']['input'];
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `deleteOrganisation`. */
export type DeleteOrganisationPayload = {
  readonly __typename?: 'DeleteOrganisationPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** `null`: it is gone. For a dry run as it would be. */
  readonly organisation?: Maybe<Organisation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `deleteRepository`. */
export type DeleteRepositoryInput = {
  /** Acknowledgements that confirm that a wide effect is intended; the error `acknowledgement-required` says which are needed. */
  readonly acknowledge?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Delete the images too. */
  readonly force?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Its name. */
  readonly name: Scalars['String']['input'];
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `deleteRepository`. */
export type DeleteRepositoryPayload = {
  readonly __typename?: 'DeleteRepositoryPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
  /** `null`: it is gone. For a dry run as it would be. */
  readonly repository?: Maybe<Repository>;
};

/** The owner of repositories, account access and push roles. */
export type Department = {
  readonly __typename?: 'Department';
  /** Which AWS accounts may pull. */
  readonly accountAccess?: Maybe<AccountAccess>;
  /** What was asked, by whom, and what came of it. */
  readonly auditEvents?: Maybe<AuditEventConnection>;
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** Its name, for people. */
  readonly displayName: Scalars['String']['output'];
  /** Which GitHub repositories may push. */
  readonly grants?: Maybe<GrantConnection>;
  /** Its id, such as `koa`. */
  readonly id: Scalars['ID']['output'];
  /** Workflows that may manage it. */
  readonly managers: ReadonlyArray<ManagerRule>;
  /** When set, the names of its repositories start with `<namespace>/`. */
  readonly namespace?: Maybe<Scalars['String']['output']>;
  /** The GitHub organisations whose workflows may act for it. */
  readonly organisations?: Maybe<OrganisationConnection>;
  /** The operation that is bringing a change of it into AWS, if any. */
  readonly pendingOperation?: Maybe<Operation>;
  /** The IAM roles that its workflows assume. */
  readonly pushRoles?: Maybe<PushRoleConnection>;
  /** Its ECR repositories. */
  readonly repositories?: Maybe<RepositoryConnection>;
  /** Counts its changes; pass it as `ifMatch` to change just what you have read. */
  readonly revision: Scalars['Int']['output'];
  /** Name of its first push role. */
  readonly roleName: Scalars['String']['output'];
  /** Whether any of its workflows may create a repository and grant itself. */
  readonly selfService: Scalars['Boolean']['output'];
  /** When it was last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
};


/** The owner of repositories, account access and push roles. */
export type DepartmentAuditEventsArgs = {
  action?: InputMaybe<Scalars['String']['input']>;
  actorRepositoryId?: InputMaybe<Scalars['String']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  order?: InputMaybe<AuditOrder>;
  outcome?: InputMaybe<AuditOutcome>;
  subject?: InputMaybe<Scalars['String']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  wait?: InputMaybe<Scalars['Int']['input']>;
};


/** The owner of repositories, account access and push roles. */
export type DepartmentGrantsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The owner of repositories, account access and push roles. */
export type DepartmentOrganisationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The owner of repositories, account access and push roles. */
export type DepartmentPushRolesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The owner of repositories, account access and push roles. */
export type DepartmentRepositoriesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of departments. */
export type DepartmentConnection = {
  readonly __typename?: 'DepartmentConnection';
  /** The departments of this page, each with its cursor. */
  readonly edges: ReadonlyArray<DepartmentEdge>;
  /** The departments of this page. */
  readonly nodes: ReadonlyArray<Department>;
  /** The page's position in the list. */
  readonly pageInfo: PageInfo;
};

/** An edge in a list of departments. */
export type DepartmentEdge = {
  readonly __typename?: 'DepartmentEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: Department;
};

/** A caller's role in a department. */
export type DepartmentRole = {
  readonly __typename?: 'DepartmentRole';
  /** The rule that it follows from. */
  readonly because: Scalars['String']['output'];
  /** The department itself. */
  readonly department?: Maybe<Department>;
  /** The department's id. */
  readonly id: Scalars['ID']['output'];
  /** platform, manager, member or unknown. */
  readonly role: Scalars['String']['output'];
};

/** How images are encrypted. */
export type Encryption = {
  readonly __typename?: 'Encryption';
  /** By what. */
  readonly encryptionType: EncryptionType;
  /** The KMS key, where it is not the default one. */
  readonly kmsKey?: Maybe<Scalars['String']['output']>;
};

/** How images are to be encrypted. */
export type EncryptionInput = {
  /** By what. */
  readonly encryptionType: EncryptionType;
  /** The KMS key, where it is not to be the default one. */
  readonly kmsKey?: InputMaybe<Scalars['String']['input']>;
};

/** What encrypts images. */
export type EncryptionType =
  /** ECR's own key. */
  | 'AES256'
  /** A KMS key. */
  | 'KMS'
  /** Two layers with a KMS key. */
  | 'KMS_DSSE';

/** How an event moved one entity of the desired state. */
export type EntityChange = {
  readonly __typename?: 'EntityChange';
  /** The whole of it after; `null` when there is none. */
  readonly after?: Maybe<Scalars['JSON']['output']>;
  /** The whole of it before; `null` when there was none. */
  readonly before?: Maybe<Scalars['JSON']['output']>;
  /** Its name within the department. */
  readonly id: Scalars['String']['output'];
  /** In a snapshot, of what waits for AWS: the operation; `before` is then what is applied. */
  readonly operation?: Maybe<Scalars['String']['output']>;
  /** Its noun: `department`, `organisation`, `account-access`, `repository`, `access-in-place`, `grant` or `push-role`. */
  readonly type: Scalars['String']['output'];
};

/** What an export of the audit log wrote. */
export type ExportManifest = {
  readonly __typename?: 'ExportManifest';
  /** Where the manifest is. */
  readonly key: Scalars['String']['output'];
  /** Its SHA-256, in hex. */
  readonly sha256: Scalars['String']['output'];
};

/** The right of a GitHub repository, or a pattern of them, to push. */
export type Grant = {
  readonly __typename?: 'Grant';
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The workflow that asked for it. */
  readonly createdBy: Scalars['String']['output'];
  /** The department that it belongs to. */
  readonly department?: Maybe<Department>;
  /** Id of the department that it belongs to. */
  readonly departmentId: Scalars['String']['output'];
  /** The only environment that may push. */
  readonly environment?: Maybe<Scalars['String']['output']>;
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** The GitHub organisation, or a pattern. */
  readonly organisation: Scalars['String']['output'];
  /** The operation that is bringing a change of it into AWS, if any. */
  readonly pendingOperation?: Maybe<Operation>;
  /** Whether pull requests may push. */
  readonly pullRequests: Scalars['Boolean']['output'];
  /** The IAM role that its workflows assume. */
  readonly pushRole?: Maybe<PushRole>;
  /** ARN of that role; it never changes. */
  readonly pushRoleArn: Scalars['String']['output'];
  /** Name of the IAM role that its workflows assume. */
  readonly pushRoleName: Scalars['String']['output'];
  /** The refs that may push; `null` for all branches and tags. */
  readonly refs?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** The ECR repositories that it may push to; `null` for all of the department's. */
  readonly repositories?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** The GitHub repository, or a pattern. */
  readonly repository: Scalars['String']['output'];
  /** Its immutable id. */
  readonly repositoryId?: Maybe<Scalars['String']['output']>;
  /** Counts its changes; pass it as `ifMatch` to change just what you have read. */
  readonly revision: Scalars['Int']['output'];
  /** When it was last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** The GitHub Actions file to paste. */
  readonly workflow?: Maybe<Workflow>;
};


/** The right of a GitHub repository, or a pattern of them, to push. */
export type GrantWorkflowArgs = {
  repository?: InputMaybe<Scalars['String']['input']>;
};

/** A page of grants. */
export type GrantConnection = {
  readonly __typename?: 'GrantConnection';
  /** The grants of this page, each with its cursor. */
  readonly edges: ReadonlyArray<GrantEdge>;
  /** The grants of this page. */
  readonly nodes: ReadonlyArray<Grant>;
  /** The page's position in the list. */
  readonly pageInfo: PageInfo;
};

/** An edge in a list of grants. */
export type GrantEdge = {
  readonly __typename?: 'GrantEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: Grant;
};

/** Workflows that may push by a grant. */
export type GrantPusher = {
  readonly __typename?: 'GrantPusher';
  /** The environment that it is narrowed to. */
  readonly environment?: Maybe<Scalars['String']['output']>;
  /** The grant's id. */
  readonly grant: Scalars['ID']['output'];
  /** The GitHub organisation, or a pattern. */
  readonly organisation: Scalars['String']['output'];
  /** The role that they assume. */
  readonly pushRoleArn: Scalars['String']['output'];
  /** The refs that it is narrowed to. */
  readonly refs?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** The GitHub repository, or a pattern. */
  readonly repository: Scalars['String']['output'];
  /** Its immutable id. */
  readonly repositoryId?: Maybe<Scalars['String']['output']>;
};

/** Whether tags can be moved: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
export type ImageTagMutability =
  /** Tags cannot be moved. */
  | 'IMMUTABLE'
  /** Tags cannot be moved, those that the filters match can. */
  | 'IMMUTABLE_WITH_EXCLUSION'
  /** Tags can be moved. */
  | 'MUTABLE'
  /** Tags can be moved, those that the filters match cannot. */
  | 'MUTABLE_WITH_EXCLUSION';

/** Refusals that share an event. */
export type JoinedRefusals = {
  readonly __typename?: 'JoinedRefusals';
  /** How many; 1 for one that could be written only later. */
  readonly count: Scalars['Int']['output'];
  /** When the first of them was. */
  readonly first: Scalars['DateTime']['output'];
  /** When the last of them was. */
  readonly last: Scalars['DateTime']['output'];
};

/** Workflows of one GitHub repository, narrowed to a ref or an environment, that may manage a department. */
export type ManagerRule = {
  readonly __typename?: 'ManagerRule';
  /** An exact environment. */
  readonly environment?: Maybe<Scalars['String']['output']>;
  /** A ref, exact or with one trailing `*`. */
  readonly ref?: Maybe<Scalars['String']['output']>;
  /** `owner/name`, for people; never used to authorise. */
  readonly repository?: Maybe<Scalars['String']['output']>;
  /** The GitHub repository's immutable id. */
  readonly repositoryId: Scalars['String']['output'];
};

/** A rule that makes a workflow a manager: a `repositoryId` with a `ref` or an `environment`. */
export type ManagerRuleInput = {
  /** An exact environment. */
  readonly environment?: InputMaybe<Scalars['String']['input']>;
  /** A ref, exact or with one trailing `*`. */
  readonly ref?: InputMaybe<Scalars['String']['input']>;
  /** `owner/name`, for people to read. */
  readonly repository?: InputMaybe<Scalars['String']['input']>;
  /** The GitHub repository's immutable id. */
  readonly repositoryId: Scalars['String']['input'];
};

/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * For the platform team. Makes the department and its push role.
   * The id of a deleted department is reserved. To give it out again needs `acknowledge: ["reused-id"]`; the audit events and operations
   * from before then stay the platform's, and nobody of the new department sees them.
   */
  readonly createDepartment?: Maybe<CreateDepartmentPayload>;
  /** Lets a GitHub repository push. Without `repositories` to all of the department's, future ones included. */
  readonly createGrant?: Maybe<CreateGrantPayload>;
  /** Creates an ECR repository. For managers, and for other workflows of the department where self-service is switched on. */
  readonly createRepository?: Maybe<CreateRepositoryPayload>;
  /** For the platform team. Refused while the department has repositories or grants. */
  readonly deleteDepartment?: Maybe<DeleteDepartmentPayload>;
  /** For the platform team. Refused while a grant names the organisation. */
  readonly deleteOrganisation?: Maybe<DeleteOrganisationPayload>;
  /** Deletes a repository. With images only with `force`, `ifMatch` and `acknowledge: ["deletes-images"]`. */
  readonly deleteRepository?: Maybe<DeleteRepositoryPayload>;
  /** For the platform team. Replaces the whole list; `ifMatch` is required. */
  readonly putAccountAccess?: Maybe<PutAccountAccessPayload>;
  /** For the platform team. Registers a GitHub organisation; grants whose pattern it matches become wider, and are listed. */
  readonly putOrganisation?: Maybe<PutOrganisationPayload>;
  /** Brings the AWS resources of an operation that is over to what the state says now, for the platform team; the state stays as it is. */
  readonly replayOperation?: Maybe<ReplayOperationPayload>;
  /** Revokes a grant. New sessions stop at once; with `revokeSessions` the living ones of its role too. */
  readonly revokeGrant?: Maybe<RevokeGrantPayload>;
  /** For the platform team. Only the given fields change; `managers` replaces the whole list. */
  readonly updateDepartment?: Maybe<UpdateDepartmentPayload>;
  /** Narrows or widens a grant; only the given fields change. `refs: null` and `environment: null` take a narrowing away. */
  readonly updateGrant?: Maybe<UpdateGrantPayload>;
  /** Changes the settings of a repository; only the given fields. `lifecyclePolicy: null` removes the policy. */
  readonly updateRepository?: Maybe<UpdateRepositoryPayload>;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationCreateDepartmentArgs = {
  input: CreateDepartmentInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationCreateGrantArgs = {
  input: CreateGrantInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationCreateRepositoryArgs = {
  input: CreateRepositoryInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationDeleteDepartmentArgs = {
  input: DeleteDepartmentInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationDeleteOrganisationArgs = {
  input: DeleteOrganisationInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationDeleteRepositoryArgs = {
  input: DeleteRepositoryInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationPutAccountAccessArgs = {
  input: PutAccountAccessInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationPutOrganisationArgs = {
  input: PutOrganisationInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationReplayOperationArgs = {
  input: ReplayOperationInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationRevokeGrantArgs = {
  input: RevokeGrantInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationUpdateDepartmentArgs = {
  input: UpdateDepartmentInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationUpdateGrantArgs = {
  input: UpdateGrantInput;
};


/** Everything that can be changed. Without `dryRun` the answer comes when the change is applied in AWS, usually within a second or two. */
export type MutationUpdateRepositoryArgs = {
  input: UpdateRepositoryInput;
};

/** One accepted mutation on its way into AWS. */
export type Operation = {
  readonly __typename?: 'Operation';
  /** How often it was begun. */
  readonly attempts: Scalars['Int']['output'];
  /** The mutation. */
  readonly command: Scalars['String']['output'];
  /** AWS resources done. */
  readonly completed: Scalars['Int']['output'];
  /** When it was accepted. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The department that it belongs to. */
  readonly department?: Maybe<Department>;
  /** Id of the department that it belongs to. */
  readonly departmentId: Scalars['String']['output'];
  /** What became of the state; `null` while it is pending. */
  readonly ending?: Maybe<OperationEnding>;
  /** Why it failed. */
  readonly error?: Maybe<OperationError>;
  /** When it ended. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Its id. */
  readonly id: Scalars['ID']['output'];
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
  /** For a change of all repositories: those that could not be changed. */
  readonly refused?: Maybe<RefusedRepositories>;
  /** How far it has come. */
  readonly status: OperationStatus;
  /** What it changes. */
  readonly subject: Subject;
  /** AWS resources to do. */
  readonly total: Scalars['Int']['output'];
  /** The department's version that it made; operations are applied in this order. */
  readonly version: Scalars['Int']['output'];
};

/** What became of the state when an operation ended. */
export type OperationEnding =
  /** It failed, and what it takes away stays taken away: going back would have given access again that it had taken. */
  | 'closed'
  /** What it meant is the state; if it failed, AWS is not there everywhere. */
  | 'done'
  /** All is as it was before. */
  | 'undone';

/** Why an operation failed. */
export type OperationError = {
  readonly __typename?: 'OperationError';
  /** A code of the error catalogue. */
  readonly code: Scalars['String']['output'];
  /** What happened. */
  readonly detail: Scalars['String']['output'];
};

/** How far an operation has come. */
export type OperationStatus =
  /** It could not be applied, or not everywhere; `ending` says what became of it. */
  | 'failed'
  /** On its way. */
  | 'pending'
  /** It is applied in AWS. */
  | 'succeeded';

/** A GitHub organisation that is registered for a department. */
export type Organisation = {
  readonly __typename?: 'Organisation';
  /** When it was registered. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The department that it belongs to. */
  readonly department?: Maybe<Department>;
  /** Id of the department that it belongs to. */
  readonly departmentId: Scalars['String']['output'];
  /** As GitHub spells it. */
  readonly login: Scalars['String']['output'];
  /** Its immutable numeric id; what callers are matched by. */
  readonly ownerId: Scalars['String']['output'];
  /** The operation that is bringing a change of it into AWS, if any. */
  readonly pendingOperation?: Maybe<Operation>;
  /** Counts its changes; pass it as `ifMatch` to change just what you have read. */
  readonly revision: Scalars['Int']['output'];
  /** Registered for several departments: then only manager rules count in it. */
  readonly shared: Scalars['Boolean']['output'];
  /** When it was last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
};

/** A page of organisations. */
export type OrganisationConnection = {
  readonly __typename?: 'OrganisationConnection';
  /** The organisations of this page, each with its cursor. */
  readonly edges: ReadonlyArray<OrganisationEdge>;
  /** The organisations of this page. */
  readonly nodes: ReadonlyArray<Organisation>;
  /** The page's position in the list. */
  readonly pageInfo: PageInfo;
};

/** An edge in a list of organisations. */
export type OrganisationEdge = {
  readonly __typename?: 'OrganisationEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: Organisation;
};

/** A page's position in its list. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Cursor to pass as `after` for the next page. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether there are more after this page. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether there are items before: there are after a cursor. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the page's first item. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** Who may pull: an account, or the whole AWS organisation. */
export type Puller = AccountPrincipal | AwsOrganisationPrincipal;

/** A page of those who may pull. */
export type PullerConnection = {
  readonly __typename?: 'PullerConnection';
  /** Those of this page, each with its cursor. */
  readonly edges: ReadonlyArray<PullerEdge>;
  /** Those of this page. */
  readonly nodes: ReadonlyArray<Puller>;
  /** Where the page stands in the list. */
  readonly pageInfo: PageInfo;
};

/** One of those who may pull, and its place in the list. */
export type PullerEdge = {
  readonly __typename?: 'PullerEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: Puller;
};

/** An IAM role that workflows assume to push. */
export type PushRole = {
  readonly __typename?: 'PushRole';
  /** Its ARN; it never changes. */
  readonly arn: Scalars['String']['output'];
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The department that it belongs to. */
  readonly department?: Maybe<Department>;
  /** Id of the department that it belongs to. */
  readonly departmentId: Scalars['String']['output'];
  /** Ids of the grants whose workflows assume it. */
  readonly grants: ReadonlyArray<Scalars['ID']['output']>;
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** The operation that is bringing a change of it into AWS, if any. */
  readonly pendingOperation?: Maybe<Operation>;
  /** The repositories of a `named` role. */
  readonly repositories?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Counts its changes; pass it as `ifMatch` to change just what you have read. */
  readonly revision: Scalars['Int']['output'];
  /** Whether it is for all of the department's repositories or for named ones. */
  readonly scope: PushRoleScope;
  /** Sessions issued before this time are denied. */
  readonly sessionsRevokedBefore?: Maybe<Scalars['DateTime']['output']>;
  /** How full its trust policy is. */
  readonly trustPolicy: TrustPolicySize;
};

/** A page of push roles. */
export type PushRoleConnection = {
  readonly __typename?: 'PushRoleConnection';
  /** The push roles of this page, each with its cursor. */
  readonly edges: ReadonlyArray<PushRoleEdge>;
  /** The push roles of this page. */
  readonly nodes: ReadonlyArray<PushRole>;
  /** The page's position in the list. */
  readonly pageInfo: PageInfo;
};

/** An edge in a list of push roles. */
export type PushRoleEdge = {
  readonly __typename?: 'PushRoleEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: PushRole;
};

/** What a push role is for. */
export type PushRoleScope =
  /** All of the department's repositories. */
  | 'department'
  /** Named repositories. */
  | 'named';

/** Who may push: workflows by a grant, or an account whose administrators decide who in it may. */
export type Pusher = AccountPrincipal | GrantPusher;

/** A page of those who may push. */
export type PusherConnection = {
  readonly __typename?: 'PusherConnection';
  /** Those of this page, each with its cursor. */
  readonly edges: ReadonlyArray<PusherEdge>;
  /** Those of this page. */
  readonly nodes: ReadonlyArray<Pusher>;
  /** Where the page stands in the list. */
  readonly pageInfo: PageInfo;
};

/** One of those who may push, and its place in the list. */
export type PusherEdge = {
  readonly __typename?: 'PusherEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: Pusher;
};

/** Input of `putAccountAccess`. */
export type PutAccountAccessInput = {
  /** The whole list: an account that is left out loses its access. */
  readonly accounts: ReadonlyArray<AccessAccountInput>;
  /** The department. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Whether every principal of the AWS organisation may pull. */
  readonly organisationPull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `putAccountAccess`. */
export type PutAccountAccessPayload = {
  readonly __typename?: 'PutAccountAccessPayload';
  /** Current state; for a dry run, the resulting state. */
  readonly accountAccess?: Maybe<AccountAccess>;
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `putOrganisation`. */
export type PutOrganisationInput = {
  /** Acknowledgements that confirm that a wide effect is intended; the error `acknowledgement-required` says which are needed. */
  readonly acknowledge?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The department. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** The login as GitHub spells it. */
  readonly login: Scalars['String']['input'];
  /** The organisation's immutable numeric id. */
  readonly ownerId: Scalars['String']['input'];
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether it belongs to several departments. */
  readonly shared?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `putOrganisation`. */
export type PutOrganisationPayload = {
  readonly __typename?: 'PutOrganisationPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** Current state; for a dry run, the resulting state. */
  readonly organisation?: Maybe<Organisation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type Query = {
  readonly __typename?: 'Query';
  /** The audit trail of all departments. For the platform team. */
  readonly auditEvents?: Maybe<AuditEventConnection>;
  /** One department. */
  readonly department?: Maybe<Department>;
  /** The departments that you may see. */
  readonly departments?: Maybe<DepartmentConnection>;
  /** One grant. */
  readonly grant?: Maybe<Grant>;
  /** One operation. */
  readonly operation?: Maybe<Operation>;
  /** One registered organisation. */
  readonly organisation?: Maybe<Organisation>;
  /** One repository, by its whole name. */
  readonly repository?: Maybe<Repository>;
  /** Who the service takes you for, what you may do, and why. */
  readonly whoami?: Maybe<Whoami>;
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryAuditEventsArgs = {
  action?: InputMaybe<Scalars['String']['input']>;
  actorRepositoryId?: InputMaybe<Scalars['String']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  department?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  order?: InputMaybe<AuditOrder>;
  outcome?: InputMaybe<AuditOutcome>;
  subject?: InputMaybe<Scalars['String']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  wait?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryDepartmentArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryDepartmentsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryGrantArgs = {
  department: Scalars['String']['input'];
  id: Scalars['ID']['input'];
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryOperationArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryOrganisationArgs = {
  department: Scalars['String']['input'];
  login: Scalars['String']['input'];
};


/** Everything that can be read. Each field answers as its REST twin does, with the same rules and error codes. */
export type QueryRepositoryArgs = {
  name: Scalars['String']['input'];
};

/** Repositories that an operation could not change. */
export type RefusedRepositories = {
  readonly __typename?: 'RefusedRepositories';
  /** How many. */
  readonly count: Scalars['Int']['output'];
  /** The first of them. */
  readonly first: ReadonlyArray<RefusedRepository>;
};

/** A repository that an operation could not change. */
export type RefusedRepository = {
  readonly __typename?: 'RefusedRepository';
  /** What AWS said. */
  readonly detail: Scalars['String']['output'];
  /** Its name. */
  readonly repository: Scalars['String']['output'];
};

/** Input of `replayOperation`. */
export type ReplayOperationInput = {
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its id. */
  readonly id: Scalars['ID']['input'];
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `replayOperation`. */
export type ReplayOperationPayload = {
  readonly __typename?: 'ReplayOperationPayload';
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** Everything that should be in AWS, in order; what is there already is not written again. */
  readonly plan: ReadonlyArray<Change>;
  /** The operation that was replayed. */
  readonly replayed?: Maybe<Operation>;
};

/** An ECR repository of a department. */
export type Repository = {
  readonly __typename?: 'Repository';
  /**
   * Why the department's account access is not applied to this repository, if it is not: then `pushers` and `pullers` name the
   * accounts that its policy still has.
   */
  readonly accountAccessRefusal?: Maybe<AccountAccessRefusal>;
  /** Its ARN. */
  readonly arn: Scalars['String']['output'];
  /** When it was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The department that it belongs to. */
  readonly department?: Maybe<Department>;
  /** Id of the department that it belongs to. */
  readonly departmentId: Scalars['String']['output'];
  /** How images are encrypted; fixed at creation. */
  readonly encryption: Encryption;
  /** Whether tags can be moved. */
  readonly imageTagMutability: ImageTagMutability;
  /** Tags, with `*`, that are excepted. */
  readonly imageTagMutabilityExclusionFilters: ReadonlyArray<Scalars['String']['output']>;
  /** The lifecycle policy document, if any. */
  readonly lifecyclePolicy?: Maybe<Scalars['JSON']['output']>;
  /** Its name, unique in the account. */
  readonly name: Scalars['String']['output'];
  /** The operation that is bringing a change of it into AWS, if any. */
  readonly pendingOperation?: Maybe<Operation>;
  /** How many may pull. */
  readonly pullerCount: Scalars['Int']['output'];
  /** Who may pull. */
  readonly pullers?: Maybe<PullerConnection>;
  /** How many may push: grants that cover it, and accounts. */
  readonly pusherCount: Scalars['Int']['output'];
  /** Who may push: accounts, then workflows by their grants. */
  readonly pushers?: Maybe<PusherConnection>;
  /** Counts its changes; pass it as `ifMatch` to change just what you have read. */
  readonly revision: Scalars['Int']['output'];
  /** Whether images are scanned when they are pushed. */
  readonly scanOnPush: Scalars['Boolean']['output'];
  /** When it was last changed. */
  readonly updatedAt: Scalars['DateTime']['output'];
  /** The image, without a tag, as docker uses it. */
  readonly uri: Scalars['String']['output'];
};


/** An ECR repository of a department. */
export type RepositoryPullersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** An ECR repository of a department. */
export type RepositoryPushersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of repositories. */
export type RepositoryConnection = {
  readonly __typename?: 'RepositoryConnection';
  /** The repositories of this page, each with its cursor. */
  readonly edges: ReadonlyArray<RepositoryEdge>;
  /** The repositories of this page. */
  readonly nodes: ReadonlyArray<Repository>;
  /** The page's position in the list. */
  readonly pageInfo: PageInfo;
};

/** An edge in a list of repositories. */
export type RepositoryEdge = {
  readonly __typename?: 'RepositoryEdge';
  /** Pass it as `after` to go on from here. */
  readonly cursor: Scalars['String']['output'];
  /** The item itself. */
  readonly node: Repository;
};

/** Input of `revokeGrant`. */
export type RevokeGrantInput = {
  /** Its department. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its id. */
  readonly id: Scalars['ID']['input'];
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
  /** Deny the living sessions of its role too. */
  readonly revokeSessions?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `revokeGrant`. */
export type RevokeGrantPayload = {
  readonly __typename?: 'RevokeGrantPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** `null`: it is gone. For a dry run as it would be. */
  readonly grant?: Maybe<Grant>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
  /** Until when sessions issued before may still work, counted from when AWS had the change; `null` while it is pending, and for a dry run. */
  readonly sessionsValidUntil?: Maybe<Scalars['DateTime']['output']>;
};

/** What an operation changes, or an event is about. */
export type Subject = {
  readonly __typename?: 'Subject';
  /** Its id within the department. */
  readonly id: Scalars['String']['output'];
  /** department, organisation, account-access, repository or grant. */
  readonly type: Scalars['String']['output'];
};

/** The size of a trust policy as IAM counts it, in characters without whitespace. */
export type TrustPolicySize = {
  readonly __typename?: 'TrustPolicySize';
  /** What it has. */
  readonly characters: Scalars['Int']['output'];
  /** What it may have. */
  readonly quota: Scalars['Int']['output'];
  /** What is left. */
  readonly room: Scalars['Int']['output'];
};

/** Input of `updateDepartment`. */
export type UpdateDepartmentInput = {
  /** Acknowledgements that confirm that a wide effect is intended; the error `acknowledgement-required` says which are needed. */
  readonly acknowledge?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The department. */
  readonly department: Scalars['String']['input'];
  /** Its name, for people. */
  readonly displayName?: InputMaybe<Scalars['String']['input']>;
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Workflows that may manage it: the whole list. */
  readonly managers?: InputMaybe<ReadonlyArray<ManagerRuleInput>>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether any of its workflows may create a repository and grant itself. */
  readonly selfService?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `updateDepartment`. */
export type UpdateDepartmentPayload = {
  readonly __typename?: 'UpdateDepartmentPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** Current state; for a dry run, the resulting state. */
  readonly department?: Maybe<Department>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `updateGrant`. */
export type UpdateGrantInput = {
  /** Acknowledgements that confirm that a wide effect is intended; the error `acknowledgement-required` says which are needed. */
  readonly acknowledge?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Its department. */
  readonly department: Scalars['String']['input'];
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The only environment that may push. */
  readonly environment?: InputMaybe<Scalars['String']['input']>;
  /** Its id. */
  readonly id: Scalars['ID']['input'];
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Whether pull requests may push. */
  readonly pullRequests?: InputMaybe<Scalars['Boolean']['input']>;
  /** The refs that may push, exact or with one trailing `*`. */
  readonly refs?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The ECR repositories that it may push to, where it names some already. */
  readonly repositories?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `updateGrant`. */
export type UpdateGrantPayload = {
  readonly __typename?: 'UpdateGrantPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** Current state; for a dry run, the resulting state. */
  readonly grant?: Maybe<Grant>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
};

/** Input of `updateRepository`. */
export type UpdateRepositoryInput = {
  /** Check everything and answer the plan, but write nothing. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Unique key for this change, 1 to 64 visible ASCII characters: repeating the request with it returns the first answer. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The `revision` that you have read; refused if it is no longer current. */
  readonly ifMatch?: InputMaybe<Scalars['String']['input']>;
  /** Whether tags can be moved. */
  readonly imageTagMutability?: InputMaybe<ImageTagMutability>;
  /** Tags, with `*`, that are excepted; only for the two `…_WITH_EXCLUSION`. */
  readonly imageTagMutabilityExclusionFilters?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A lifecycle policy document, the name of a preset, or `null` to remove it. */
  readonly lifecyclePolicy?: InputMaybe<Scalars['JSON']['input']>;
  /** Its name. */
  readonly name: Scalars['String']['input'];
  /** Do not wait for AWS; follow the operation instead. */
  readonly respondAsync?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether images are scanned when they are pushed. */
  readonly scanOnPush?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Result of `updateRepository`. */
export type UpdateRepositoryPayload = {
  readonly __typename?: 'UpdateRepositoryPayload';
  /** Who and what it reaches beyond the thing itself. */
  readonly blastRadius?: Maybe<Scalars['JSON']['output']>;
  /** The operation that brings it into AWS; `null` for a dry run. */
  readonly operation?: Maybe<Operation>;
  /** The AWS changes that it means, in their order. */
  readonly plan: ReadonlyArray<Change>;
  /** Current state; for a dry run, the resulting state. */
  readonly repository?: Maybe<Repository>;
};

/** Who the service takes you for. */
export type Whoami = {
  readonly __typename?: 'Whoami';
  /** Each mutation, and whether you may make it. */
  readonly allowed: ReadonlyArray<AllowedCommand>;
  /** Why. */
  readonly because: Scalars['String']['output'];
  /** The claims of your token that count. */
  readonly caller: Scalars['JSON']['output'];
  /** Your role in each department that you may see. */
  readonly departments: ReadonlyArray<DepartmentRole>;
  /** Whether a run of this event may change anything. */
  readonly mutationsAllowed: Scalars['Boolean']['output'];
  /** The widest of your roles: platform, manager, member or unknown. */
  readonly role?: Maybe<Scalars['String']['output']>;
};

/** A GitHub Actions file for a grant. */
export type Workflow = {
  readonly __typename?: 'Workflow';
  /** Where to put it. */
  readonly fileName: Scalars['String']['output'];
  /** The same as a JSON document. */
  readonly json: Scalars['JSON']['output'];
  /** The image that it pushes. */
  readonly repository: Scalars['String']['output'];
  /** Its text. */
  readonly yaml: Scalars['String']['output'];
};
