export default { test: { setupFiles: ['../../../matchers/vitest.mjs'], include: ['*.test.mjs'] } }
