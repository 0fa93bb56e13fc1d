import { generateKeyPairSync, sign } from 'node:crypto'

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const HOUR_MS = 3_600_000

/** A value in DER: type, length, content. */
function der(type: number, ...contents: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(contents.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([type, ...head]), content])
}

function objectId(hex: string): Buffer {
  return der(OBJECT_ID, Buffer.from(hex, 'hex'))
}

/** 20260131235959Z, without the century. */
function utcTime(at: number): Buffer {
  return der(
    UTC_TIME,
    `${new Date(at)
      .toISOString()
      .replace(/\.\d+|\D/g, '')
      .slice(2, 14)}Z`,
  )
}

/** Makes a certificate that its own key signed, and that key, in PEM: for a server that wants one, and no client. */
export function selfSigned(name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, objectId(ECDSA_WITH_SHA256))
  const whom = der(SEQUENCE, der(SET, der(SEQUENCE, objectId(COMMON_NAME), der(UTF8_STRING, name))))
  const now = Date.now()
  const signed = der(
    SEQUENCE,
    der(INTEGER, Buffer.from([1])),
    algorithm,
    whom,
    der(SEQUENCE, utcTime(now - HOUR_MS), utcTime(now + HOUR_MS)),
    whom,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', signed, privateKey))
  const text = der(SEQUENCE, signed, algorithm, signature).toString('base64')
  const lines = text.match(/.{1,64}/g) ?? []
  return [
    '-----BEGIN CERTIFICATE-----',
    ...lines,
    '-----END CERTIFICATE-----',
    String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  ].join('\n')
}
