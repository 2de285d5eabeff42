/** One thread that never sleeps. */
process.stdout.write('ready\n', () => {
  for (;;) Math.sqrt(Math.random());
});
