import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  derBitString,
  derBoolean,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../../src/signing/der.ts';

const hex = (bytes: Buffer): string => bytes.toString('hex');

test('integers are not negative and have no needless zeros', () => {
  assert.equal(hex(derInteger(Uint8Array.of(0))), '020100');
  assert.equal(hex(derInteger(Uint8Array.of())), '020100');
  assert.equal(hex(derInteger(Uint8Array.of(0, 0, 1))), '020101');
  assert.equal(hex(derInteger(Uint8Array.of(0x7f))), '02017f');
  assert.equal(hex(derInteger(Uint8Array.of(0x80))), '02020080');
});

test('object identifiers', () => {
  assert.equal(hex(derOid('2.16.840.1.101.3.4.2.1')), '0609608648016503040201');
  assert.equal(hex(derOid('1.2.840.10045.4.3.2')), '06082a8648ce3d040302');
});

test('lengths of one byte and of more', () => {
  assert.equal(hex(derOctetString(Buffer.alloc(127))).slice(0, 4), '047f');
  assert.equal(hex(derOctetString(Buffer.alloc(128))).slice(0, 6), '048180');
  assert.equal(hex(derOctetString(Buffer.alloc(256))).slice(0, 8), '04820100');
  assert.equal(hex(derOctetString(Buffer.alloc(65_536))).slice(0, 10), '0483010000');
});

test('the rest', () => {
  assert.equal(hex(derSequence(derNull(), derBoolean(true), derBoolean(false))), '300805000101ff010100');
  assert.equal(hex(derBitString(Uint8Array.of(1))), '03020001');
});
