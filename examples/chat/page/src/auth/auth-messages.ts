import { isNumber, isObject, isString } from '../wire/guards.js'

/** Answer of `/auth/login` and `/auth/refresh`. */
export interface TokenResponse {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

/** Answer of `/auth/me`. */
export interface User {
  readonly user_id: string
  readonly email: string
  readonly name: string
}

export function isTokenResponse(value: unknown): value is TokenResponse {
  return (
    isObject(value) &&
    isString(value.access_token) &&
    isString(value.refresh_token) &&
    isNumber(value.expires_in)
  )
}

export function isUser(value: unknown): value is User {
  return isObject(value) && isString(value.user_id) && isString(value.email) && isString(value.name)
}
