import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ROOT, testFiles } from './files.ts';

t.test('no test file limits its own time: what it promises holds on a machine of any speed', async (t) => {
  const { together, alone } = testFiles();
  const limited = [...together, ...alone].filter((file) =>
    /^\s*t\.setTimeout\(|\{ timeout: \d/m.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  t.strictSame(limited, [], 'a test that hangs is ended by .taprc’s time-out');
});
