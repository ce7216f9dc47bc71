import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileCommands } from './file-commands.ts';
import { runProcess } from './process.ts';
import type { StepResult, StepSurroundings } from './step.ts';
import type { ScriptStep } from './workflow-file.ts';

/**
 * Runs a `run:` script as GitHub's runner does: from a file, by a bash that reads no start-up files.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
 */
export async function runScript(step: ScriptStep, surroundings: StepSurroundings): Promise<StepResult> {
  const { folder, workspace, env, log } = surroundings;
  const files = fileCommands(folder);
  const script = join(folder, 'script.sh');
  writeFileSync(script, step.run);
  const code = await runProcess([...shellOf(step), script], {
    cwd: workspace,
    env: { ...env, ...files.variables },
    onLine: log.line,
  });
  if (code !== 0) log.line(`::error::Process completed with exit code ${code}.`);
  const { env: left, summary } = files.read();
  return { succeeded: code === 0, env: left, summary };
}

function shellOf({ name, shell }: ScriptStep): readonly string[] {
  switch (shell) {
    case 'bash':
      return ['bash', '--noprofile', '--norc', '-eo', 'pipefail'];
    case undefined:
      return ['bash', '-e'];
    default:
      throw new Error(`${name} wants the shell ${shell}, which is not played.`);
  }
}
