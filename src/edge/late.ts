// What no login needs of the runtime's library. The Node build is one file, and loads what its parts import by name when
// it starts, whichever of them it will need; these are loaded when the first of those parts is.

export const { spawn, spawnSync } = await import('node:child_process');
export const { signals } = (await import('node:os')).constants;
export const { setImmediate, setTimeout: delay } = await import('node:timers/promises');
