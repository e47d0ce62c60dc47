import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';

// Another process on one file: ends each session whose id it is sent, and confirms it.
const store = openSqliteStore({ file: process.argv[2] ?? '' });
process.on('message', (id) => {
  store.remove(String(id));
  process.send?.(id);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
