module.exports = { rootDir: __dirname, setupFilesAfterEnv: ['../../../matchers/jest.js'], testMatch: ['**/*.test.cjs'] }
