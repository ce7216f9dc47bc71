// Loaded into each function before its code (NODE_OPTIONS=--import=…): writes every file that the function loads into the file that
// LOADED_FILES names, a line each.
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const file = process.env.LOADED_FILES;
if (file !== undefined)
  registerHooks({
    load(url, context, next) {
      appendFileSync(file, `${url}\n`);
      return next(url, context);
    },
  });
