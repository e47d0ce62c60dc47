import { passLargeBodies } from './large-bodies.ts';

// pnpm bench:bodies [MiB]: the same as the test, by default with 1 GiB each way. Linux.
const mebibyte = 1024 * 1024;
const size = Number(process.argv[2] ?? 1024) * mebibyte;
const inMebibytes = (bytes: number): number => Math.round(bytes / mebibyte);
const { uploaded, downloaded, before, peak, seconds } = await passLargeBodies(size);
console.log(
  `${inMebibytes(uploaded)} MiB up, ${inMebibytes(downloaded)} MiB down in ${seconds.toFixed(1)} s; memory at most ${inMebibytes(before)} MiB before, ${inMebibytes(peak)} MiB after`,
);
if (uploaded !== size || downloaded !== size || peak > 256 * mebibyte) process.exitCode = 1;
