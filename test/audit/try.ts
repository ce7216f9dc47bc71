import { histories, differences } from '/work/wt-story/test/audit/histories.ts';
const n = Number(process.argv[2] ?? 10),
  first = Number(process.argv[3] ?? 1);
const began = Date.now();
let bad = 0;
const seen = new Map<string, number>();
for await (const history of histories(n, first)) {
  const wrong = differences(history);
  for (const e of history.events) {
    const k = `${e.action} ${e.outcome}${e.reason ? ' ' + e.reason.code : ''}`;
    seen.set(k, (seen.get(k) ?? 0) + 1);
  }
  if (wrong.length > 0) {
    bad++;
    if (bad < 6)
      console.log(
        wrong
          .slice(0, 3)
          .map((w) => w.slice(0, 1500))
          .join('\n'),
      );
  }
}
console.log(n, 'histories', bad, 'bad', (Date.now() - began) / n, 'ms each');
console.log(JSON.stringify([...seen].sort()));
process.exit(0);
