import { readdirSync, readFileSync } from 'node:fs'

/** CPU that all threads of a process have used so far, in ns, as the Linux scheduler counts it. */
export function processCpuNs(pid: number): number {
  let sum = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // The thread has ended between the two calls.
    }
  }
  return sum
}

/** CPU that this process has used so far, in ns, garbage collection and compilation included. */
export function ownCpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}
