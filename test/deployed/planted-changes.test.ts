import t from 'tap';
import { withWhatTheyBuildOn } from './checks/all.ts';
import { editedBy, PLANTED_CHANGES } from './planted-changes.ts';

t.test('each planted change still changes the module, and names a check that can find it', async (t) => {
  for (const change of PLANTED_CHANGES) {
    t.doesNotThrow(() => editedBy(change), change.name);
    t.ok(withWhatTheyBuildOn([change.check]).length > 0, change.name);
  }
  const names = PLANTED_CHANGES.map(({ name }) => name);
  t.equal(new Set(names).size, names.length, 'each by a name of its own');
});
