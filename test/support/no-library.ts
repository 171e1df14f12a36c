// Loaded before a program of Bun's: what it does where no C library can be called.
Object.assign((globalThis as unknown as { Bun: { FFI: object } }).Bun.FFI, {
  dlopen: () => {
    throw new Error('no library here');
  },
});
