import type { Server } from 'node:http'

/**
 * Starts to listen, and gives the port. What fails before rejects; what fails later is handed to `onError`, since an
 * `error` event that nobody hears would end the process.
 */
export function listen(
  server: Server,
  place: { readonly port: number; readonly host: string },
  onError: (error: unknown) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: place.port, host: place.host }, () => {
      server.on('error', onError)
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : place.port)
    })
  })
}
