// Lets @asyncapi/parser judge protocol/asyncapi.yaml, and ajv every example of protocol/schema against the payload of
// its message; spoilt examples must be refused.
//   node asyncapi.mjs NPM_DIR ASYNCAPI_FILE SCHEMA_DIR
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [npmDir, file, schemaDir] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(npmDir), 'anything.js'));
const { Parser } = require('@asyncapi/parser');
const Ajv = require('ajv').default;

const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
const errors = diagnostics.filter((each) => each.severity === 0);
for (const each of errors) console.error(`${each.path.join('/')}: ${each.message}`);
assert.equal(errors.length, 0, 'the parser finds errors');
assert.ok(document, 'the parser gives no document');

const ajv = new Ajv({ strict: true, allErrors: true, strictRequired: false });
ajv.addVocabulary(['x-max-bytes', 'x-known-values']);
// What the parser adds to a schema is not JSON schema.
const plain = (value) => {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('x-parser-'))
      .map(([key, each]) => [key, plain(each)]),
  );
};

const seen = new Set();
for (const message of document.components().messages().all()) {
  const [, direction, type] = /^(client|server)_(.+)$/.exec(message.id());
  const validate = ajv.compile(plain(message.payload().json()));
  const example = JSON.parse(readFileSync(path.join(schemaDir, direction, `${type}.json`), 'utf8'));
  const name = `${direction}/${type}`;
  assert.ok(validate(example), `${name}: ${ajv.errorsText(validate.errors)}`);
  for (const required of message.payload().json().required) {
    const { [required]: gone, ...spoilt } = example;
    assert.ok(gone !== undefined, `${name} has no ${required}`);
    assert.ok(!validate(spoilt), `${name} passes without ${required}`);
    assert.ok(!validate({ ...example, [required]: null }), `${name} passes with a null ${required}`);
  }
  assert.ok(validate({ ...example, of_next_year: [1] }), `${name}: unknown fields must be tolerated`);
  seen.add(`${name}.json`);
}

const present = ['client', 'server'].flatMap((direction) =>
  readdirSync(path.join(schemaDir, direction)).map((each) => `${direction}/${each}`),
);
assert.deepEqual([...seen].sort(), present.sort(), 'messages and examples are the same set');
assert.equal(document.allChannels().all()[0].address(), '/v1/socket');
console.log(`${seen.size} messages, each with an example that fits`);
