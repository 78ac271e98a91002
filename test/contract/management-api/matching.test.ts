import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from './matching.ts';
import { answeredBody, label, RECORDING } from './recording.ts';

test('every recorded answer is like itself', () => {
  for (const entry of RECORDING) {
    assert.equal(difference(answeredBody(entry), answeredBody(entry)), undefined, label(entry));
  }
});

test('other ids, addresses and sizes are alike', () => {
  assert.equal(
    difference('{"a":"10.0.0.1:7000","b":"9.5 KiB"}', '{"a":"127.0.0.1:7000","b":"0 bytes"}'),
    undefined,
  );
  const one = '{"3b6b4e95-e753-3523-9097-ec94daf190b5":["10.0.0.1"]}';
  const other = '{"d03783d7-b468-3c1a-82f1-8e30b2edde8b":["10.0.0.2","10.0.0.3"]}';
  assert.equal(difference(one, other), undefined);
});

test('another word, a missing field and one too many are differences', () => {
  assert.match(difference('OK', 'Fine') ?? '', /"Fine" instead of "OK"/);
  assert.match(difference('{"a":"x","b":"y"}', '{"a":"x"}') ?? '', /without b/);
  assert.match(difference('{"a":"x"}', '{"a":"x","b":"y"}') ?? '', /b was not recorded/);
  assert.equal(difference('[{"a":"x"}]', '[{"a":"x","b":"y"}]', true), undefined);
  assert.match(difference('{"a":"x"}', '{"a":"y","b":"y"}', true) ?? '', /"y" instead of "x"/);
  assert.match(difference('{"a":"true"}', '{"a":true}') ?? '', /true instead of "true"/);
  assert.match(difference('[]', '["a"]') ?? '', /1 elements/);
  assert.match(difference('["a","b"]', '["a","c"]') ?? '', /"c" instead of "a"/);
});
