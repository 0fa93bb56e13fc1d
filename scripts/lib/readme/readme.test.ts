import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/temporary-folder.js'
import { exampleNamed } from './blocks.mjs'
import { play } from './play.mjs'

const fence = '```'

describe('exampleNamed', () => {
  it('takes the code block behind its mark as it is', () => {
    const markdown = `# Title\n\n${fence}ts\nother()\n${fence}\n\n<!-- example: server -->\n\n${fence}ts\none()\n\n  two()\n${fence}\n\n${fence}sh\nnpm i\n${fence}\n`
    expect(exampleNamed(markdown, 'server')).toBe('one()\n\n  two()\n')
  })

  it.each([
    ['there is no mark', `${fence}ts\nx\n${fence}\n`],
    ['text comes between', `<!-- example: server -->\ntext\n${fence}ts\nx\n${fence}\n`],
    ['there are two', `<!-- example: server -->\n${fence}ts\nx\n${fence}\n`.repeat(2)],
  ])('refuses when %s', (_what, markdown) => {
    expect(() => exampleNamed(markdown, 'server')).toThrow('"<!-- example: server -->"; it has ')
  })
})

describe('play', () => {
  const fixture = (name: string) =>
    fileURLToPath(new URL(`../../fixtures/readme/${name}.mjs`, import.meta.url))

  it('leads what the examples name to the issuer, the server and the page that are there', async () => {
    const shown = await play({ server: fixture('server'), client: fixture('client'), subject: 'ada' })
    const page = 'https://app.example.com'
    expect(shown).toEqual([page, 'https://id.example.com', 'ada', `hello ${page} /ws readme`])
  })

  it('fails with the output of an example that ends early', async () => {
    const folder = await temporaryFolder({ 'server.mjs': `console.log('so far'); process.exit(3)` })
    const playing = play({ server: join(folder, 'server.mjs'), client: fixture('client'), subject: 'ada' })
    await expect(playing).rejects.toThrow(/the README's server ended with 3 .*\nso far\n/)
  })
})
