import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import { isUsable } from '../../scripts/python-tool.ts';

const environment = `${t.testdir()}/environment`;
const path = `${environment}/bin/tool`;

function write(content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

t.test(
  'a Python tool is used only where it runs what is beside it: one in a copied checkout is installed again',
  async (t) => {
    t.notOk(isUsable(environment, path), 'what is not there');
    write(`#!${environment}/bin/python3\nimport tool\n`);
    t.ok(isUsable(environment, path), 'its own interpreter');
    write(`#!/bin/sh\n'''exec' "${environment}/bin/python3" "$0" "$@"\n' '''\nimport tool\n`);
    t.ok(isUsable(environment, path), 'its own interpreter, whose path is too long for the first line');
    write('#!/elsewhere/environment/bin/python3\nimport tool\n');
    t.notOk(isUsable(environment, path), 'the interpreter of the checkout that it was copied from');
    write(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
    t.ok(isUsable(environment, path), 'a binary');
  },
);
