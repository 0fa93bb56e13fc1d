import type { AuthStore } from '../src/auth/auth-store.js'

/** Hands every call on to the store that is the present one at that moment. */
export function forwardingAuthStore(present: () => AuthStore): AuthStore {
  return {
    adoptKeys: (keys) => present().adoptKeys(keys),
    addUser: (user) => present().addUser(user),
    findUserByEmail: (email) => present().findUserByEmail(email),
    findUser: (subject) => present().findUser(subject),
    openLogin: (login, now) => present().openLogin(login, now),
    findLogin: (id, now) => present().findLogin(id, now),
    rotateLogin: (id, generation, now) => present().rotateLogin(id, generation, now),
    endLogins: (target) => present().endLogins(target),
    forgetLogins: (subject, ids) => present().forgetLogins(subject, ids),
    noteLogout: (subject, at) => present().noteLogout(subject, at),
    lastLogout: (subject) => present().lastLogout(subject),
  }
}
