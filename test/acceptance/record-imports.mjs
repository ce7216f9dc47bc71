// Loaded before a process's own modules: records its imports in the file that IMPORTS_ASKED names.
import { register } from 'node:module';

const file = process.env.IMPORTS_ASKED;
if (file !== undefined) register('./record-imports-hooks.mjs', import.meta.url, { data: { file } });
