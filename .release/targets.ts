/** A machine that a native build is made for. */
export interface Target {
  /** As file names have it: `linux-x64-musl`. */
  name: string;
  /** The npm package with Bun's executable for it. */
  base: string;
  /** What Debian calls the processor; null where no .deb is made. */
  debian: string | null;
}

/** All machines that a native build is made for. Bun 1.4.5 for x64 needs SSE 4.2, and runs on processors without AVX. */
export const targets: readonly Target[] = [
  { name: 'linux-x64', base: '@oven/bun-linux-x64', debian: 'amd64' },
  { name: 'linux-arm64', base: '@oven/bun-linux-aarch64', debian: 'arm64' },
  { name: 'linux-x64-musl', base: '@oven/bun-linux-x64-musl', debian: null },
  { name: 'linux-arm64-musl', base: '@oven/bun-linux-aarch64-musl', debian: null },
];
