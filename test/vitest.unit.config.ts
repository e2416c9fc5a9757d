import { defineConfig } from 'vitest/config';

/** These need neither root nor packages: `npm run test:unit`. A separate worker per file cost a third of their time. */
export default defineConfig({
  test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000, isolate: false },
});
