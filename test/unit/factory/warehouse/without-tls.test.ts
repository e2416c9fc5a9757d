import { expect, test } from 'vitest';
import { isInsecure } from '../../../../src/factory/warehouse/without-tls.ts';

const ENGINE = JSON.stringify({
  IndexConfigs: { 'docker.io': { Secure: true }, 'warehouse:5000': { Secure: false } },
  InsecureRegistryCIDRs: ['10.1.0.0/16', '::1/128', '127.0.0.0/8'],
});

test.each([
  ['127.0.0.1:5000', ['127.0.0.1'], ENGINE, true],
  ['localhost:5000', ['::1'], ENGINE, true],
  ['warehouse:5000', [], ENGINE, true],
  ['warehouse:5001', ['10.2.0.1'], ENGINE, false],
  ['near', ['10.1.2.3'], ENGINE, true],
  ['docker.io', ['127.0.0.1'], ENGINE, false],
  ['localhost', ['127.0.0.1'], '', true],
  ['warehouse:5000', ['10.1.2.3'], '', false],
  ['unknown', [], 'null', false],
])('docker takes %s at %j without TLS by %j: %s', (host, addresses, json, insecure) => {
  expect(isInsecure(host, addresses, json)).toBe(insecure);
});
