import cliProgress from 'cli-progress'

/** Shows how far long work is; silent unless the output is a terminal or `always` is set. */
export interface Progress {
  advance(done: number): void
  stop(): void
}

/** A bar on standard error. */
export function progressBar(label: string, total: number): Progress {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${label}: ${total}\n`)
    return { advance() {}, stop() {} }
  }
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% {value}/{total} {eta_formatted}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stream: process.stderr,
  })
  bar.start(total, 0)
  return { advance: (done) => bar.increment(done), stop: () => bar.stop() }
}
