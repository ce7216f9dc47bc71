/**
 * A stand-in for docker where no engine runs: what the generated workflow asks docker for, by `skopeo` and a folder in OCI's image layout. The
 * image is of one layer, the working copy; its Dockerfile is not carried out. Everything else is refused.
 *
 * `DOCKER_STAND_IN` is the folder of its images and logins; `DOCKER_STAND_IN_PROXY` and `DOCKER_STAND_IN_CERTIFICATE` lead to the registry.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeLayout } from '../../scripts/oci-layout.ts';

/** As docker's own errors end. */
const DOCKER_FAILED = 125;

const state = process.env['DOCKER_STAND_IN'] ?? '';
const authFile = join(state, 'config.json');

function skopeo(args: readonly string[]): number {
  const [command = '', ...rest] = args;
  const env = {
    ...process.env,
    HTTPS_PROXY: process.env['DOCKER_STAND_IN_PROXY'],
    SSL_CERT_FILE: process.env['DOCKER_STAND_IN_CERTIFICATE'],
  };
  const authentication = ['--authfile', authFile];
  return spawnSync('skopeo', [command, ...authentication, ...rest], { env, stdio: 'inherit' }).status ?? DOCKER_FAILED;
}

function layoutOf(reference: string): string {
  return join(state, 'images', encodeURIComponent(reference));
}

function say(text: string): void {
  process.stderr.write(`docker stand-in (skopeo, no engine): ${text}\n`);
}

function build(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { provenance: { type: 'string' }, label: { type: 'string', multiple: true }, tag: { type: 'string' } },
    allowPositionals: true,
  });
  const [context, ...more] = positionals;
  if (values.provenance !== 'false' || values.tag === undefined || context === undefined || more.length > 0)
    return refused('build', args);
  if (!existsSync(join(context, 'Dockerfile'))) {
    say('failed to read dockerfile: open Dockerfile: no such file or directory');
    return 1;
  }
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const layer = execFileSync('tar', ['-c', ...same, '-C', context, '.']);
  const labels = Object.fromEntries(
    (values.label ?? []).map((label) => [label.slice(0, label.indexOf('=')), label.slice(label.indexOf('=') + 1)]),
  );
  const digest = writeLayout(layoutOf(values.tag), layer, { labels });
  say(`built ${values.tag} as ${digest}: one layer, the working copy`);
  return 0;
}

function logIn(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { username: { type: 'string', short: 'u' }, password: { type: 'string', short: 'p' } },
    allowPositionals: true,
  });
  const [server = '', ...more] = positionals;
  if (values.username === undefined || values.password === undefined || more.length > 0) return refused('login', []);
  return skopeo(['login', '-u', values.username, '-p', values.password, hostOf(server)]);
}

function hostOf(server: string): string {
  return server.replace(/^https:\/\//, '').replace(/\/$/, '');
}

function tag([from = '', to = '', ...more]: readonly string[]): number {
  if (to === '' || more.length > 0) return refused('tag', [from, to, ...more]);
  cpSync(layoutOf(from), layoutOf(to), { recursive: true });
  return 0;
}

function push([reference = '', ...more]: readonly string[]): number {
  if (more.length > 0 || !existsSync(layoutOf(reference))) return refused('push', [reference, ...more]);
  return skopeo(['copy', '--insecure-policy', `oci:${layoutOf(reference)}:image`, `docker://${reference}`]);
}

/** The configuration of an image, which is what buildx prints for an image of one platform. */
function inspect(args: readonly string[]): number {
  const [tools, command, option, format, reference, ...more] = args;
  const isKnown =
    tools === 'imagetools' && command === 'inspect' && option === '--format' && format === '{{json .Image}}';
  if (!isKnown || reference === undefined || more.length > 0) return refused('buildx', args);
  return skopeo(['inspect', '--config', `docker://${reference}`]);
}

function refused(command: string, args: readonly string[]): number {
  say(`${command} ${args.join(' ')} is not known here`);
  return DOCKER_FAILED;
}

function main([command = '', ...args]: readonly string[]): number {
  mkdirSync(join(state, 'images'), { recursive: true });
  switch (command) {
    case 'build':
      return build(args);
    case 'buildx':
      return inspect(args);
    case 'login':
      return logIn(args);
    case 'logout':
      return skopeo(['logout', hostOf(args[0] ?? '')]);
    case 'push':
      return push(args);
    case 'tag':
      return tag(args);
    default:
      return refused(command, args);
  }
}

process.exitCode = main(process.argv.slice(2));
