// node check_asyncapi.mjs FILE: whether AsyncAPI's own parser takes the document, with what it refers to.
import { readFileSync } from 'node:fs';
import { fromFile, Parser } from '@asyncapi/parser';

const file = process.argv[2];
readFileSync(file);  // says so when it is not there
// Advice is of severity 2 and more.
const { document, diagnostics } = await fromFile(new Parser(), file).parse();
const errors = diagnostics.filter((each) => each.severity <= 1);
for (const each of errors)
  console.error(`${file}:${each.range.start.line + 1}: ${each.message} (${each.path.join('.')})`);
if (!document || errors.length > 0) process.exit(1);
console.log(`${document.messages().length} messages, ${document.operations().length} operations`);
