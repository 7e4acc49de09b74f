import { statSync } from 'node:fs'
import { recomputeFolder } from './golden/recompute.ts'

// npm run golden -- DIR: recomputes the fixtures of a folder; prints one JSON document.
const [folder, ...rest] = process.argv.slice(2)
const isFolder =
  folder !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true

if (!isFolder || rest.length > 0) {
  console.error('usage: npm run golden -- DIR   (DIR holds fixtures like those of test/golden)')
  process.exitCode = 2
} else {
  const report = recomputeFolder(folder)
  console.log(JSON.stringify(report, null, 2))
  process.exitCode = report.ok ? 0 : 1
}
